/** The prover's node on a chain that does everything chains do; with ZKONNX_DEEP its rarer turns too. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { readManifest } from '../../src/artifacts/manifest.js'
import { BOARD } from '../../src/chain/abi-board.js'
import { type Anvil, startAnvil } from '../../src/chain/anvil.js'
import { creditOf, requestOf, ZERO_ADDRESS } from '../../src/chain/board.js'
import { askedOf } from '../../src/chain/board-events.js'
import { type Chain, connect, type Signer } from '../../src/chain/provider.js'
import { proofWords } from '../../src/chain/solidity/points.js'
import type { Hex } from '../../src/chain/types.js'
import { answerOf, openModel, taskOf } from '../../src/stages/board/answer.js'
import { provableInput } from '../../src/stages/board/inputs.js'
import { type AskOptions, askBoard } from '../../src/stages/board/request.js'
import type { WatchOptions } from '../../src/stages/watch/watch.js'
import { openPool } from '../../src/workers/pool.js'
import { until } from '../helpers/chain.js'
import { mined } from '../helpers/chain-calls.js'
import { tempDir } from '../helpers/cli.js'
import { type Market, openMarket, registerModel, smallModel } from '../helpers/market.js'
import { anvilKeystore, anvilWallet, type Running, startWatch } from '../helpers/watch.js'

// each starts a node with a worker of its own, which takes seconds
const deep = test.runIf(process.env.ZKONNX_DEEP)
const dir = tempDir()
const BOUNTY = 10n ** 16n
/** What pays at any fee of these tests. */
const RICHEST = 10n ** 18n
/** Fees that get into any block of these tests. */
const RICH = { maxFeePerGas: 10n ** 12n, maxPriorityFeePerGas: 10n ** 11n }
let anvil: Anvil
let chain: Chain
let asker: Signer
let market: Market
let model: string
let node: Running | undefined
let account = 0

beforeAll(async () => {
  anvil = await startAnvil()
  chain = await connect(anvil.url)
  asker = await chain.provider.getSigner(0)
  model = await smallModel(dir, 'open')
  market = await openMarket(chain, asker, [model], 2)
})
afterAll(async () => {
  chain?.close()
  await anvil?.stop()
  rmSync(dir, { recursive: true, force: true })
})

// each test's node is new to the chain
beforeEach(async () => {
  account++
  await rpc('anvil_setBalance', anvilWallet(account).address, `0x${RICHEST.toString(16)}`)
})
afterEach(async () => {
  await node?.stop()
  node = undefined
  await rpc('evm_setAutomine', true)
  await cheapBlock()
})

const rpc = (method: string, ...args: unknown[]) => chain.provider.send(method, args)
const stateFile = (of = account) => join(dir, `state-${of}.json`)
const start = async (options: Partial<WatchOptions> = {}, on?: Parameters<typeof startWatch>[1]) => {
  const keystore = await anvilKeystore(dir, account)
  const from = await chain.provider.getBlockNumber()
  const common = { rpc: anvil.url, models: [model], boards: market.boards, state: stateFile() }
  node = startWatch({ ...common, from, keystore, ...options }, on)
  return node
}
const ask = async (changes: Partial<AskOptions> = {}, sample = 0): Promise<Hex> => {
  const options: AskOptions = {
    ...{ board: market.boards[0]!, modelId: market.modelIds.get(model)!, bounty: BOUNTY },
    deadline: { within: 10_000n },
    input: { dir: model, file: join(dir, 'samples.npz'), sample },
    ...changes,
  }
  return (await askBoard(options, { chain, embedded: false, signer: async () => asker })).id
}
const stateOf = async (id: Hex, board = 0) => (await requestOf(chain, market.boards[board]!, id)).state
const creditOfNode = (board = 0, of = account) =>
  creditOf(chain, market.boards[board]!, ZERO_ADDRESS, anvilWallet(of).address)

/** A rival's proof of a request, made before it is needed. */
async function rivalAnswer(id: Hex) {
  const rival = await chain.provider.getSigner(0)
  const beneficiary = await rival.getAddress()
  const own = await openModel(model)
  const asked = await askedOf(chain, market.boards[0]!, id)
  const input = await provableInput(await readManifest(model), asked.input, { data: asked.data })
  const pool = openPool(model, { threads: 1 })
  const outcome = await pool.run(
    taskOf(asked, input, { chainId: chain.id, modelId: own.modelId, beneficiary }),
  )
  await pool.close()
  const answer = answerOf(asked, outcome, beneficiary, own.manifest)
  const args = [id, proofWords(answer.proof), answer.signals, beneficiary]
  const data = BOARD.encodeFunctionData('fulfil', args)
  return () => rival.sendTransaction({ to: market.boards[0]!, data, gasLimit: 600_000, ...RICH })
}

describe('a node', () => {
  test('fulfils what two boards ask, best bounty first, and is credited', async () => {
    await start()
    await node!.first('started')
    const ids = [await ask({ bounty: 2n * BOUNTY }), await ask({ board: market.boards[1]! }, 1)]
    for (const id of ids) await node!.first('fulfilled', ({ request }) => request === id)
    expect([await stateOf(ids[0]!), await stateOf(ids[1]!, 1)]).toEqual(['fulfilled', 'fulfilled'])
    expect([await creditOfNode(0), await creditOfNode(1)]).toEqual([2n * BOUNTY, BOUNTY])
    const sum = await node!.stop()
    expect(sum).toMatchObject({ fulfilled: 2, overtaken: 0, earned: 3n * BOUNTY, underWay: 0 })
    // what it was expected to cost, before anything was known, is near to what it did, and not below
    const [guessed, paid] = [node!.of('proving')[0]!, node!.of('fulfilled')[0]!]
    expect(Number(guessed.cost) / Number(paid.cost)).toBeGreaterThan(1)
    expect(Number(guessed.cost) / Number(paid.cost)).toBeLessThan(1.3)
  })

  test('takes what pays most first', async () => {
    const bounties = [1n, 3n, 2n].map((times) => times * BOUNTY)
    const from = await chain.provider.getBlockNumber()
    const ids: Hex[] = []
    for (const bounty of bounties) ids.push(await ask({ bounty }))
    await start({ from })
    await node!.first('fulfilled', ({ request }) => request === ids[0])
    expect(node!.of('fulfilled').map(({ request }) => request)).toEqual([ids[1], ids[2], ids[0]])
  })

  test('leaves what does not pay, says why once, and takes it when gas is cheaper', async () => {
    await start({ margin: BOUNTY / 2n })
    const poor = await ask({ bounty: BOUNTY / 2n })
    const { skip, reason } = await node!.first('skipped', ({ request }) => request === poor)
    expect(skip).toBe('unprofitable')
    expect(reason).toMatch(
      /its bounty, worth 0.005 ether, does not pay 0\.00\d+ of gas and a margin of 0.005/,
    )
    const token = await ask({ bounty: 1n, token: await aToken() })
    expect(await node!.first('skipped', ({ request }) => request === token)).toMatchObject({ skip: 'token' })
    const rich = await ask()
    await node!.first('fulfilled', ({ request }) => request === rich)
    expect(node!.of('skipped')).toHaveLength(2)
    expect([await stateOf(poor), await stateOf(token)]).toEqual(['open', 'open'])
  })

  deep('takes a token at the price that it was given', async () => {
    const token = await aToken()
    await start({ prices: new Map([[token.toLowerCase(), 10n ** 16n]]) })
    const [poor, rich] = [await ask({ bounty: 1000n, token }), await ask({ bounty: 10n ** 18n, token })]
    await node!.first('fulfilled', ({ request }) => request === rich)
    expect(await node!.first('skipped', ({ request }) => request === poor)).toMatchObject({
      skip: 'unprofitable',
    })
    expect(await creditOf(chain, market.boards[0]!, token, anvilWallet(account).address)).toBe(10n ** 18n)
  })

  test('leaves a request that is soon over, an input that is outside the domain, and other models', async () => {
    await start({ lead: 100 })
    const input = (await askedOf(chain, market.boards[0]!, await ask({ bounty: 1n }))).input
    const other = await registerModel(chain, asker, market, model, 'of other keys')
    const [late, outside] = [
      await ask({ deadline: { within: 50n } }),
      await ask({ input: { signals: [String(input[0]! | (0xffn << 32n))] } }),
    ]
    expect(await node!.first('skipped', ({ request }) => request === late)).toMatchObject({
      skip: 'deadline',
    })
    const { reason } = await node!.first('skipped', ({ request }) => request === outside)
    expect(reason).toMatch(/Public signal|outside its domain/)
    // an entry of its own about the same circuit is as good
    const same = await ask({ modelId: other })
    await node!.first('fulfilled', ({ request }) => request === same)
  })

  deep('withdraws once it was credited with enough', async () => {
    await start({ collect: 2n * BOUNTY })
    await ask()
    await node!.first('fulfilled')
    await ask()
    await node!.first('collected')
    expect(await creditOfNode()).toBe(0n)
    expect(node!.of('collecting')[0]).toMatchObject({ amount: 2n * BOUNTY })
  })

  test('is overtaken while it proves: it stops, and goes on with the next', async () => {
    const from = await chain.provider.getBlockNumber()
    const id = await ask()
    const hand = await rivalAnswer(id)
    // without grace, the worker is ended
    await start({ from, grace: 0 }, ({ kind }) => {
      if (kind === 'proving' && node!.of('proving').length === 1) void hand()
    })
    expect(await node!.first('overtaken')).toMatchObject({ request: id, while: 'proving' })
    const next = await ask()
    await node!.first('fulfilled', ({ request }) => request === next)
    expect(
      node!.events.filter((event) => 'request' in event && event.request === id).map(({ kind }) => kind),
    ).toEqual(['proving', 'overtaken'])
  })
})

async function aToken(): Promise<string> {
  const { deployContract } = await import('../../src/chain/deploy.js')
  const { Contract } = await import('../../src/chain/provider.js')
  const compiled = market.contracts.get('Token')!
  const { address } = await deployContract(chain, asker, compiled, [])
  const token = new Contract(address, [...compiled.abi], asker)
  await mined(token.getFunction('mint').send(await asker.getAddress(), 10n ** 19n))
  return address
}

describe('transactions', () => {
  deep('of a request that another fulfilled first are taken back, and those behind them go on', async () => {
    const from = await chain.provider.getBlockNumber()
    const [first, second] = [await ask({ bounty: 2n * BOUNTY }), await ask()]
    const hand = await rivalAnswer(first)
    await rpc('evm_setAutomine', false)
    await start({ from })
    const sent = [await node!.first('sent', ({ request }) => request === first)]
    sent.push(await node!.first('sent', ({ request }) => request === second))
    expect(sent[1]!.nonce).toBe(sent[0]!.nonce + 1)
    await hand()
    await dearBlock()
    expect(await node!.first('overtaken')).toMatchObject({ request: first, while: 'sending' })
    expect(await stateOf(second)).toBe('open')
    await until(async () => (await pendingOf(sent[0]!.nonce)) !== sent[0]!.transaction)
    await rpc('evm_setAutomine', true)
    await cheapBlock()
    await node!.first('fulfilled', ({ request }) => request === second)
    expect(await node!.first('cancelled')).toMatchObject({ nonce: sent[0]!.nonce })
    expect(await creditOfNode()).toBe(BOUNTY)
  })

  deep('that lose to a richer one in a block cost gas, and are not repeated', async () => {
    const from = await chain.provider.getBlockNumber()
    const id = await ask()
    const hand = await rivalAnswer(id)
    await rpc('evm_setAutomine', false)
    await start({ from })
    await node!.first('sent')
    await hand()
    await rpc('evm_mine')
    await rpc('evm_setAutomine', true)
    const next = await ask()
    await node!.first('fulfilled', ({ request }) => request === next)
    expect(await stateOf(id)).toBe('fulfilled')
    expect(node!.of('sent').filter(({ request }) => request === id)).toHaveLength(1)
    expect(node!.of('reverted')).toMatchObject([{ request: id }])
    expect(await creditOfNode()).toBe(BOUNTY)
  })

  test('that are stuck get a higher fee under the same nonce', async () => {
    const from = await chain.provider.getBlockNumber()
    const id = await ask({ bounty: RICHEST })
    await rpc('evm_setAutomine', false)
    await start({ from })
    const sent = await node!.first('sent')
    for (let i = 0; i < 4; i++) await dearBlock()
    const replaced = await node!.first('replaced')
    expect(replaced).toMatchObject({ request: id, nonce: sent.nonce })
    await rpc('evm_setAutomine', true)
    await cheapBlock()
    await node!.first('fulfilled', ({ request }) => request === id)
    expect(await creditOfNode()).toBe(RICHEST)
  })

  deep('that were kept and then lost are sent again as they were, by the next run', async () => {
    const from = await chain.provider.getBlockNumber()
    const id = await ask()
    await rpc('evm_setAutomine', false)
    await start({ from })
    const { transaction } = await node!.first('sent')
    expect(await node!.stop()).toMatchObject({ fulfilled: 0, underWay: 1 })
    // as if it had never been sent
    await rpc('anvil_dropTransaction', transaction)
    await rpc('evm_setAutomine', true)
    await start({ from })
    expect(await node!.first('fulfilled')).toMatchObject({ request: id, transaction })
    expect(node!.of('started')[0]).toMatchObject({ underWay: 1 })
    expect(node!.of('proving')).toEqual([])
    expect(await creditOfNode()).toBe(BOUNTY)
  })

  deep('whose nonce another took are given up, and the request is fulfilled with the next', async () => {
    const from = await chain.provider.getBlockNumber()
    const id = await ask({ bounty: RICHEST })
    await rpc('evm_setAutomine', false)
    await start({ from })
    const { nonce } = await node!.first('sent')
    const own = anvilWallet(account).connect(chain.provider)
    await own.sendTransaction({ to: own.address, nonce, gasLimit: 21_000, ...RICH })
    await rpc('evm_mine')
    await rpc('evm_setAutomine', true)
    expect(await node!.first('displaced')).toMatchObject({ nonce })
    await node!.first('fulfilled', ({ request }) => request === id)
    expect(await creditOfNode()).toBe(RICHEST)
  })
})

/** The transaction of the node that waits under a nonce. */
async function pendingOf(nonce: number): Promise<string | undefined> {
  const { pending } = await rpc('txpool_content')
  const own = Object.entries(pending).find(
    ([address]) => address.toLowerCase() === anvilWallet(account).address.toLowerCase(),
  )
  return (own?.[1] as Record<string, { hash: string }> | undefined)?.[nonce]?.hash
}

/** A block so dear that no transaction of the node is in it. */
async function dearBlock(): Promise<void> {
  await rpc('anvil_setNextBlockBaseFeePerGas', `0x${(10n ** 11n).toString(16)}`)
  await rpc('evm_mine')
}

/** And one that takes what waits. */
async function cheapBlock(): Promise<void> {
  await rpc('anvil_setNextBlockBaseFeePerGas', `0x${(10n ** 9n).toString(16)}`)
  await rpc('evm_mine')
}

describe('a reorganisation', () => {
  test('that takes our fulfilment back: it is sent again, once', async () => {
    await start()
    await node!.first('started')
    const id = await ask()
    const before = await rpc('evm_snapshot')
    const paid = await node!.first('fulfilled')
    await rpc('evm_revert', before)
    await rpc('anvil_mine', '0x5')
    await node!.first('reorganised')
    expect(await node!.first('unmined')).toMatchObject({ transaction: paid.transaction })
    await node!.first('fulfilled', (event) => node!.of('fulfilled').indexOf(event) === 1)
    expect(node!.of('fulfilled').map(({ transaction }) => transaction)).toEqual([
      paid.transaction,
      paid.transaction,
    ])
    expect(await stateOf(id)).toBe('fulfilled')
    expect(await creditOfNode()).toBe(BOUNTY)
    expect(await node!.stop()).toMatchObject({ fulfilled: 1, earned: BOUNTY })
  })

  deep('that takes the request itself back: nothing of it is left, and the next is fulfilled', async () => {
    await start()
    await node!.first('started')
    const before = await rpc('evm_snapshot')
    const id = await ask()
    await node!.first('fulfilled')
    await rpc('evm_revert', before)
    await rpc('anvil_mine', '0x3')
    await node!.first('unmined')
    expect(await stateOf(id)).toBe('none')
    const next = await ask({ bounty: 3n * BOUNTY })
    await node!.first('fulfilled', ({ request }) => request === next)
    expect(await creditOfNode()).toBe(3n * BOUNTY)
  })

  deep('while the node is down is noticed when it starts again', async () => {
    await start()
    await node!.first('started')
    const before = await rpc('evm_snapshot')
    const id = await ask()
    await node!.first('fulfilled')
    await node!.stop()
    await rpc('evm_revert', before)
    const again = await ask({ bounty: 2n * BOUNTY })
    await start()
    await node!.first('reorganised')
    await node!.first('fulfilled', ({ request }) => request === again)
    expect(await stateOf(id)).toBe('none')
    expect(await creditOfNode()).toBe(2n * BOUNTY)
  })
})

test('a node is stopped while the chain is silent', async () => {
  const answers = new Set<() => void>()
  let silent = false
  const proxy = createServer(async (request, response) => {
    const body = await new Response(Readable.toWeb(request) as ReadableStream).text()
    if (silent) return answers.add(() => response.end())
    const headers = { 'content-type': 'application/json' }
    response.end(await (await fetch(anvil.url, { method: 'POST', headers, body })).text())
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  await start({ rpc: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` })
  await node!.first('started')
  silent = true
  await until(() => answers.size > 0)
  expect(await node!.stop()).toMatchObject({ underWay: 0 })
  // nothing of the node's holds a connection that would keep its process alive
  await new Promise<void>((resolve) => proxy.close(() => resolve()))
})

describe('starting', () => {
  test('with a wrong password is refused', async () => {
    const { path } = await anvilKeystore(dir, account)
    const keystore = { path, password: async () => 'wrong' }
    expect(await refused({ keystore })).toMatchObject({ name: 'Chain.WrongPasswordError', path })
  })

  test('before there is a chain: it waits, and says so once', async () => {
    const late = await startAnvil()
    await late.stop()
    await start({ rpc: late.url })
    await node!.first('away')
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect(node!.of('away')).toHaveLength(1)
    expect(await node!.stop()).toMatchObject({ fulfilled: 0 })
  })

  const refused = async (options: Partial<WatchOptions> = {}) => {
    await start(options)
    const error = await node!.first('stopped').catch((thrown: Error) => thrown)
    node = undefined
    return error
  }

  test.each<[string, (text: string) => string]>([
    ['cut', (text) => text.slice(0, 100)],
    ['of another form', () => '{"format":"zkonnx-watch/0"}'],
    ['empty', () => ''],
  ])('with a state file that is %s is refused, and the file stays', async (_what, damage) => {
    await start()
    await node!.first('started')
    await node!.stop()
    const damaged = damage(readFileSync(stateFile(), 'utf8'))
    writeFileSync(stateFile(), damaged)
    expect(await refused()).toMatchObject({ name: 'Watch.DamagedStateError', path: stateFile() })
    expect(readFileSync(stateFile(), 'utf8')).toBe(damaged)
    expect(existsSync(`${stateFile()}.lock`)).toBe(false)
    rmSync(stateFile())
  })

  test("with another account's file, with a file in use, or without a board is refused", async () => {
    await start()
    await node!.first('started')
    expect(
      await startWatch({ ...(await sameOptions()) })
        .first('stopped')
        .catch((e) => e),
    ).toMatchObject({
      name: 'Watch.LockedStateError',
      pid: process.pid,
    })
    await node!.stop()
    const used = stateFile()
    account++
    expect(await refused({ state: used })).toMatchObject({ name: 'Watch.OtherStateError' })
    const nobody = `0x${'99'.repeat(20)}`
    expect(await refused({ boards: [nobody] })).toMatchObject({ name: 'Chain.NoContractError' })
  })

  const sameOptions = async () => ({
    ...{ rpc: anvil.url, models: [model], boards: market.boards, state: stateFile() },
    keystore: await anvilKeystore(dir, account),
  })

  deep('with another board reads everything anew', async () => {
    const from = await chain.provider.getBlockNumber()
    const id = await ask({ board: market.boards[1]! })
    await start({ from, boards: [market.boards[0]!] })
    await node!.first('started')
    await new Promise((resolve) => setTimeout(resolve, 200))
    await node!.stop()
    expect(await stateOf(id, 1)).toBe('open')
    await start({ from })
    await node!.first('fulfilled', ({ request }) => request === id)
  })

  test('with a model whose requests nobody could answer is refused', async () => {
    const hidden = await smallModel(dir, 'hidden', { disclose: { inputs: 'private' } })
    expect(await refused({ models: [hidden] })).toMatchObject({ name: 'Watch.UnservableError' })
  })
})
