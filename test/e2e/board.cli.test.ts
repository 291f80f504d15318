/** Asking, answering and being paid, from the command line, with real proofs of a compiled model. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readManifest } from '../../src/artifacts/manifest.js'
import { type Anvil, startAnvil } from '../../src/chain/anvil.js'
import { answerOf as answerOnChain, creditOf, requestOf, ZERO_ADDRESS } from '../../src/chain/board.js'
import { deployContract } from '../../src/chain/deploy.js'
import { type Chain, Contract, connect, type Signer } from '../../src/chain/provider.js'
import { boardSources } from '../../src/chain/solidity/board-contracts.js'
import { sharedVerifier } from '../../src/chain/solidity/model-contracts.js'
import { factsOf } from '../../src/chain/solidity/model-facts.js'
import type { Hex } from '../../src/chain/types.js'
import { fulfilRequest } from '../../src/stages/board/fulfil.js'
import { type AskOptions, askBoard } from '../../src/stages/board/request.js'
import { mined } from '../helpers/chain-calls.js'
import { answer, tempDir, zkonnx } from '../helpers/cli.js'
import { type Market, openMarket, smallModel } from '../helpers/market.js'
import { compileCached, testContracts } from '../helpers/solidity.js'

// each runs the command line several times
const deep = test.runIf(process.env.ZKONNX_DEEP)
const dir = tempDir()
let anvil: Anvil
let chain: Chain
let signer: Signer
let market: Market
let open: string
let hashed: string

beforeAll(async () => {
  anvil = await startAnvil()
  chain = await connect(anvil.url)
  signer = await chain.provider.getSigner(0)
  open = await smallModel(dir, 'open')
  hashed = await smallModel(dir, 'hashed', { disclose: { inputs: 'hashed', salt: true } })
  market = await openMarket(chain, signer, [open, hashed])
})
afterAll(async () => {
  chain?.close()
  await anvil?.stop()
  rmSync(dir, { recursive: true, force: true })
})

const onBoard = () => ['--rpc', anvil.url, '--board', market.boards[0]!, '--json']
const ask = (model: string, ...more: string[]) =>
  zkonnx(
    dir,
    'request',
    model,
    ...onBoard(),
    '--model-id',
    String(market.modelIds.get(join(dir, model))),
    ...more,
  )
const fulfil = (id: string, model: string, ...more: string[]) =>
  zkonnx(dir, 'fulfil', id, '--model', model, ...onBoard(), ...more)
const sample = (i: number) => ['--input', 'samples.npz', '--sample', String(i)]
const errorOf = (ran: Awaited<ReturnType<typeof zkonnx>>) => ({
  code: ran.code,
  name: answer<{ error?: { name: string } }>(ran).error?.name,
})
const idOf = async (asked: ReturnType<typeof ask>) => {
  const ran = await asked
  expect(ran).toMatchObject({ code: 0 })
  return answer<{ id: Hex }>(ran).id
}

test('a request is made, fulfilled, and its bounty withdrawn', async () => {
  const id = await idOf(ask('open', ...sample(3), '--bounty', '0.25'))
  expect(await requestOf(chain, market.boards[0]!, id)).toMatchObject({
    state: 'open',
    bounty: 250n * 10n ** 15n,
  })
  const fulfilled = await fulfil(id, 'open')
  expect(fulfilled).toMatchObject({ code: 0 })
  const done = answer<{ beneficiary: string; credit: string; integer: { integers: number[] }[] }>(fulfilled)
  expect(done).toMatchObject({ beneficiary: await signer.getAddress(), credit: String(250n * 10n ** 15n) })
  const stored = await answerOnChain(chain, market.boards[0]!, id)
  expect(stored.map(Number)).toEqual(done.integer[0]!.integers)
  const to = `0x${'ab'.repeat(20)}`
  expect(await zkonnx(dir, 'withdraw', ...onBoard(), '--to', to)).toMatchObject({ code: 0 })
  expect(await chain.provider.getBalance(to)).toBe(250n * 10n ** 15n)
  expect(errorOf(await zkonnx(dir, 'withdraw', ...onBoard()))).toEqual({ code: 1, name: 'Chain.RevertError' })
  expect(errorOf(await fulfil(id, 'open'))).toEqual({ code: 1, name: 'Board.NotOpenError' })
})

deep('the input can be given as signals', async () => {
  const first = answer<{ input: string[] }>(await ask('open', ...sample(4), '--bounty', '1'))
  const id = await idOf(
    zkonnx(
      ...([dir, 'request', ...onBoard(), '--model-id', String(market.modelIds.get(open))] as const),
      ...first.input.flatMap((signal) => ['--signal', signal]),
      ...['--bounty', '1', '--within', '60'],
    ),
  )
  expect(
    await fulfil(id, 'open', '--prover', 'zkonnx', '--beneficiary', `0x${'cd'.repeat(20)}`),
  ).toMatchObject({ code: 0 })
  expect(await creditOf(chain, market.boards[0]!, ZERO_ADDRESS, `0x${'cd'.repeat(20)}`)).toBe(10n ** 18n)
})

describe('an input behind a commitment', () => {
  deep('is told to everybody', async () => {
    const id = await idOf(ask('hashed', ...sample(0), '--bounty', '1', '--reveal'))
    expect(await fulfil(id, 'hashed')).toMatchObject({ code: 0 })
  })

  test('is kept for one prover', async () => {
    const id = await idOf(ask('hashed', ...sample(1), '--bounty', '1', '--keep', 'held'))
    expect(readdirSync(join(dir, 'held'))).toHaveLength(1)
    const refused = await fulfil(id, 'hashed')
    expect(errorOf(refused)).toEqual({ code: 2, name: 'Board.UnprovableInputError' })
    expect(await fulfil(id, 'hashed', '--inputs', 'held')).toMatchObject({ code: 0 })
  })
})

test('a bounty in a token is allowed, taken, and comes back after the deadline', async () => {
  const contracts = compileCached({
    ...(await boardSources()),
    ...(await sharedVerifier()),
    ...testContracts(),
  })
  const compiled = contracts.get('Token')!
  const { address: token } = await deployContract(chain, signer, compiled, [])
  const contract = new Contract(token, [...compiled.abi], signer)
  const own = await signer.getAddress()
  await mined(contract.getFunction('mint').send(own, 1000n))
  const id = await idOf(ask('open', ...sample(0), '--bounty', '70', '--token', token, '--within', '100'))
  expect(await contract.getFunction('balanceOf').staticCall(own)).toBe(930n)
  const early = await zkonnx(dir, 'reclaim', id, ...onBoard())
  expect(errorOf(early)).toEqual({ code: 1, name: 'Chain.RevertError' })
  await chain.provider.send('evm_increaseTime', [200])
  await chain.provider.send('evm_mine', [])
  expect(errorOf(await fulfil(id, 'open'))).toEqual({ code: 1, name: 'Board.NotOpenError' })
  expect(await zkonnx(dir, 'reclaim', id, ...onBoard())).toMatchObject({ code: 0 })
  expect(await zkonnx(dir, 'withdraw', ...onBoard(), '--token', token)).toMatchObject({ code: 0 })
  expect(await contract.getFunction('balanceOf').staticCall(own)).toBe(1000n)
})

const NONE: Hex = `0x${'77'.repeat(32)}`
const onChain = () => ({ chain, embedded: false, signer: async () => signer })
const asking = (changes: Partial<AskOptions> = {}) =>
  askBoard(
    {
      ...{ board: market.boards[0]!, modelId: market.modelIds.get(open)!, bounty: 1n },
      deadline: { within: 60n },
      input: { dir: open, file: join(dir, 'samples.npz') },
      ...changes,
    },
    onChain(),
  )

test.each<[string, () => Promise<unknown>, string]>([
  [
    'a sample that is not there',
    () => asking({ input: { dir: open, file: join(dir, 'samples.npz'), sample: 99 } }),
    'Board.NoSuchSampleError',
  ],
  [
    'a commitment that nobody could open',
    () =>
      asking({
        input: { dir: hashed, file: join(dir, 'samples.npz') },
        modelId: market.modelIds.get(hashed)!,
      }),
    'Board.UnopenedError',
  ],
  [
    'the id of another model',
    () => asking({ modelId: market.modelIds.get(hashed)! }),
    'Board.OtherModelError',
  ],
  [
    'a request that does not exist',
    () => fulfilRequest({ dir: open, board: market.boards[0]!, request: NONE }, onChain()),
    'Board.NoRequestError',
  ],
  [
    'a folder that is no model',
    () => fulfilRequest({ dir: join(dir, 'held'), board: market.boards[0]!, request: NONE }, onChain()),
    'Manifest.NotCompiledError',
  ],
])('%s is refused before anything is sent', async (_what, run, name) => {
  const before = await chain.provider.getBlockNumber()
  await expect(run()).rejects.toMatchObject({ name })
  expect(await chain.provider.getBlockNumber()).toBe(before)
})

test.each([
  [['--input', 'samples.npz', '--signal', '1', '--bounty', '1'], 'Cli.InputChoiceError'],
  [['--input', 'samples.npz', '--bounty', 'much'], 'Cli.BountyError'],
])('%s is refused at the command line', async (args, name) => {
  expect(errorOf(await ask('open', ...args))).toEqual({ code: 2, name })
})

describe('without board and id', () => {
  const registered = async (changes: object = {}) => {
    const { modelId } = factsOf(await readManifest(open))
    const file = {
      ...{ format: 'zkonnx-registration/1', chainId: String(chain.id), embedded: false, modelId },
      ...{ id: String(market.modelIds.get(open)), publisher: await signer.getAddress() },
      ...{ registry: market.registry, ledger: NONE.slice(0, 42), verifier: market.verifier, setup: 'dev' },
      ...{ board: market.boards[0], ...changes },
    }
    writeFileSync(join(open, 'registration.json'), JSON.stringify(file))
  }
  const input = () => ({ dir: open, file: join(dir, 'samples.npz') })
  const plain = () => askBoard({ bounty: 1n, deadline: { within: 60n }, input: input() }, onChain())

  test('the registration in the folder says both', async () => {
    await registered()
    const made = await plain()
    expect(made).toMatchObject({ board: market.boards[0], modelId: market.modelIds.get(open) })
    expect(await requestOf(chain, market.boards[0]!, made.id)).toMatchObject({ state: 'open', bounty: 1n })
  })

  test('a registration on another chain is not taken for one on this', async () => {
    await registered({ chainId: '5' })
    await expect(plain()).rejects.toMatchObject({ name: 'Board.OtherChainError' })
  })

  test('a model that is not registered, or signals alone, are refused', async () => {
    rmSync(join(open, 'registration.json'))
    await expect(plain()).rejects.toMatchObject({ name: 'Chain.NotRegisteredError' })
    const signals = askBoard({ bounty: 1n, deadline: { within: 60n }, input: { signals: ['1'] } }, onChain())
    await expect(signals).rejects.toMatchObject({ name: 'Board.NoModelIdError' })
  })
})

test('what opens an input says no more than the input', () => {
  const [file] = readdirSync(join(dir, 'held'))
  const kept = JSON.parse(readFileSync(join(dir, 'held', file!), 'utf8'))
  expect(Object.keys(kept)).toEqual(['format', 'salt', 'inputs'])
})
