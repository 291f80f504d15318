/**
 * Two nodes, each a process of its own, race on twenty requests, while the chain is restarted and one of them is killed
 * twice: every request is fulfilled once, and no bounty is lost or paid twice.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BOARD } from '../../src/chain/abi-board.js'
import { answerOf, creditOf, requestOf, ZERO_ADDRESS } from '../../src/chain/board.js'
import { boardEvents } from '../../src/chain/board-events.js'
import { type Chain, connect, type Signer } from '../../src/chain/provider.js'
import type { Hex } from '../../src/chain/types.js'
import { askBoard } from '../../src/stages/board/request.js'
import { until } from '../helpers/chain.js'
import { MAIN, tempDir, zkonnx } from '../helpers/cli.js'
import { type LastingAnvil, lastingAnvil } from '../helpers/lasting-anvil.js'
import { type Market, openMarket, smallModel } from '../helpers/market.js'
import { anvilWallet } from '../helpers/watch.js'

const REQUESTS = 20
const BOUNTY = 10n ** 16n
const dir = tempDir()
let anvil: LastingAnvil
let chain: Chain
let asker: Signer
let market: Market
let model: string

beforeAll(async () => {
  if (!process.env.ZKONNX_DEEP) return
  anvil = await lastingAnvil(dir, 0.25)
  await anvil.start()
  chain = await connect(anvil.url)
  asker = await chain.provider.getSigner(0)
  model = await smallModel(dir, 'open')
  market = await openMarket(chain, asker, [model])
})
const nodes: ProverProcess[] = []
afterAll(async () => {
  for (const { process } of nodes) process.kill('SIGKILL')
  chain?.close()
  await anvil?.stop()
  rmSync(dir, { recursive: true, force: true })
})

type Line = { kind: string; request?: Hex; transaction?: Hex; nonce?: number }
type ProverProcess = { readonly process: ChildProcess; readonly lines: Line[]; readonly errors: () => string }

/** Starts the command with an account of anvil's, or again with what it remembers. */
function startProver(account: number): ProverProcess {
  const args = ['watch', '--rpc', anvil.url, '--models', model, '--board', market.boards[0]!]
  const options = ['--state', join(dir, `state-${account}.json`), '--threads', '1', '--poll', '50', '--json']
  const child = spawn(process.execPath, [MAIN, ...args, ...options], {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ZKONNX_PRIVATE_KEY: anvilWallet(account).privateKey },
  })
  const lines: Line[] = []
  createInterface({ input: child.stdout! }).on('line', (line) => lines.push(JSON.parse(line)))
  let errors = ''
  child.stderr!.on('data', (text) => {
    errors += text
  })
  const prover = { process: child, lines, errors: () => errors }
  nodes.push(prover)
  return prover
}

async function has(prover: ProverProcess, kind: string): Promise<void> {
  const end = performance.now() + 25_000
  await until(() => {
    const said = `${prover.errors()} after ${JSON.stringify(prover.lines.slice(-20))}`
    if (prover.process.exitCode !== null) throw new Error(`the node ended: ${said}`)
    if (performance.now() > end) throw new Error(`the node never said "${kind}": ${said}`)
    return prover.lines.some((line) => line.kind === kind)
  })
}

async function kill(prover: ProverProcess): Promise<void> {
  if (prover.process.exitCode !== null) throw new Error(`the node ended: ${prover.errors()}`)
  const gone = once(prover.process, 'exit')
  prover.process.kill('SIGKILL')
  await within('killing a node', gone)
}

/** Fails with what the nodes said last, where something takes too long. */
async function within<T>(what: string, promise: Promise<T>): Promise<T> {
  const late = new AbortController()
  const limit = sleep(40_000, undefined, { signal: late.signal }).then(() => {
    const said = nodes.map(({ lines, errors }) => `${errors()} ${JSON.stringify(lines.slice(-8))}`)
    throw new Error(`${what} takes too long; the nodes said ${said.join('\n')}`)
  })
  limit.catch(() => {})
  try {
    return await Promise.race([promise, limit])
  } finally {
    late.abort()
  }
}

async function ask(i: number): Promise<Hex> {
  const { id } = await askBoard(
    {
      ...{ board: market.boards[0]!, modelId: market.modelIds.get(model)!, bounty: BOUNTY + BigInt(i) },
      deadline: { within: 100_000n },
      input: { dir: model, file: join(dir, 'samples.npz'), sample: i % 12 },
    },
    { chain, embedded: false, signer: async () => asker },
  )
  return id
}

async function askAll(from: number, to: number): Promise<Hex[]> {
  const ids: Hex[] = []
  for (let i = from; i < to; i++) ids.push(await within(`request ${i}`, ask(i)))
  return ids
}

// minutes where others use the machine
const deep = test.runIf(process.env.ZKONNX_DEEP)

deep('every request is fulfilled once, and every bounty paid once', async () => {
  const board = market.boards[0]!
  const ids = await askAll(0, 3)

  // killed when it has just handed a transaction over
  let first = startProver(1)
  await has(first, 'sent')
  await kill(first)
  first = startProver(1)
  const second = startProver(2)
  await Promise.all([has(first, 'started'), has(second, 'started')])
  ids.push(...(await askAll(3, 10)))

  // what was sent and not mined is lost with the chain's memory
  await within('stopping the chain', anvil.stop())
  await has(second, 'away')
  await within('starting the chain', anvil.start())
  await has(second, 'back')
  chain.close()
  chain = await connect(anvil.url)
  asker = await chain.provider.getSigner(0)
  ids.push(...(await askAll(10, 15)))

  // killed in the middle of whatever it does
  await kill(first)
  ids.push(...(await askAll(15, REQUESTS)))
  first = startProver(1)
  await has(first, 'started')

  const end = performance.now() + 60_000
  await until(async () => {
    if (performance.now() > end) throw new Error(JSON.stringify(nodes.map(({ lines }) => lines.slice(-10))))
    const states = await Promise.all(ids.map(async (id) => (await requestOf(chain, board, id)).state))
    return states.every((state) => state === 'fulfilled')
  })
  for (const prover of [first, second]) {
    const gone = once(prover.process, 'exit')
    prover.process.kill('SIGINT')
    expect(await within('stopping a node', gone)).toEqual([0, null])
    expect(prover.errors()).toBe('')
    expect(prover.lines.at(-1)!.kind).toBe('stopped')
  }

  const head = await chain.provider.getBlockNumber()
  const events = (await boardEvents(chain, [board], 0, head)).filter(({ kind }) => kind === 'fulfilled')
  expect(events.map(({ id }) => id).toSorted()).toEqual([...ids].toSorted())
  for (const id of ids) expect(await answerOf(chain, board, id)).toHaveLength(3)

  // each node sent at most one transaction that could fulfil a request, whether it came too late or not
  const handed = await fulfilments(head)
  expect(handed.length).toBeGreaterThanOrEqual(REQUESTS)
  expect(new Set(handed).size).toBe(handed.length)

  const total = ids.reduce((sum, _, i) => sum + BOUNTY + BigInt(i), 0n)
  const credits = await Promise.all(
    [1, 2].map((account) => creditOf(chain, board, ZERO_ADDRESS, anvilWallet(account).address)),
  )
  expect(credits[0]! + credits[1]!).toBe(total)
  expect(await chain.provider.getBalance(board)).toBe(total)
  for (const [i, credit] of credits.entries()) await withdrawn(i + 1, credit)
  expect(await chain.provider.getBalance(board)).toBe(0n)
})

/** `ACCOUNT REQUEST` of every transaction to the board that was mined. */
async function fulfilments(head: number): Promise<string[]> {
  const found: string[] = []
  for (let number = 0; number <= head; number++) {
    const block = await chain.provider.getBlock(number, true)
    for (const { from, data } of block!.prefetchedTransactions) {
      const call = BOARD.parseTransaction({ data })
      if (call?.name === 'fulfil') found.push(`${from} ${call.args.requestId}`)
    }
  }
  return found
}

/** A credit of nothing cannot be withdrawn. */
async function withdrawn(account: number, credit: bigint): Promise<void> {
  if (credit === 0n) return
  const to = `0x${'ab'.repeat(19)}0${account}`
  const env = process.env.ZKONNX_PRIVATE_KEY
  process.env.ZKONNX_PRIVATE_KEY = anvilWallet(account).privateKey
  try {
    const args = ['--rpc', anvil.url, '--board', market.boards[0]!, '--to', to]
    expect(await zkonnx(dir, 'withdraw', ...args)).toMatchObject({ code: 0 })
  } finally {
    if (env === undefined) delete process.env.ZKONNX_PRIVATE_KEY
    else process.env.ZKONNX_PRIVATE_KEY = env
  }
  expect(await chain.provider.getBalance(to)).toBe(credit)
}

deep('neither the key nor anything like it is in what the nodes remember or say', () => {
  for (const account of [1, 2]) {
    const key = anvilWallet(account).privateKey.slice(2)
    expect(readFileSync(join(dir, `state-${account}.json`), 'utf8')).not.toContain(key)
  }
  const said = nodes.map(({ lines, errors }) => JSON.stringify(lines) + errors()).join('\n')
  for (const account of [1, 2]) expect(said).not.toContain(anvilWallet(account).privateKey.slice(2))
})
