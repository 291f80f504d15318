/**
 * The prover's node. It looks at the chain again and again, brings what it knows up to date, and does what follows from
 * that: stop proofs that came too late, look after its transactions, send what is proven, prove what pays. Nothing is
 * remembered beside the state, so that starting anew, or after a reorganisation, is the same as going on.
 */

import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { BaseError } from '../../base/errors.js'
import { registryOf } from '../../chain/board.js'
import type { BoardEvent } from '../../chain/board-events.js'
import type { Keystore } from '../../chain/keystore.js'
import {
  askChainId,
  type Chain,
  connect,
  isLocal,
  NoAnswerError,
  OutOfFundsError,
  RpcError,
  reach,
  signerFor,
  WrongChainError,
} from '../../chain/provider.js'
import { sharedBoards } from '../board/place.js'
import type { WatchEvent } from './events.js'
import { follow, MovedError } from './follow.js'
import { closeJobs, dropOvertaken, startJobs } from './jobs.js'
import { type Models, openModels } from './models.js'
import type { Node } from './node.js'
import { collect, sendReady } from './send.js'
import { settle } from './settle.js'
import { lockState, type Mark, readState, stateText, writeState } from './state.js'
import { type Tally, tally } from './tally.js'
import type { Terms } from './worth.js'

export type WatchOptions = {
  readonly rpc: string
  readonly models: readonly string[]
  /** Default: the one that all share, for the registries that the models are registered in. */
  readonly boards?: readonly string[]
  /** The file that remembers. */
  readonly state: string
  readonly keystore?: Keystore | undefined
  /** Who is credited. Default: who signs. */
  readonly beneficiary?: string
  /** A folder with what opens commitments. */
  readonly inputs?: string
  /** The first block to read when nothing is remembered. Default: 0 on local chains, else 50,000 blocks back. */
  readonly from?: number
  /** In wei; 0 by default. */
  readonly margin?: bigint
  readonly prices?: ReadonlyMap<string, bigint>
  /** Seconds that must be left before a deadline, beside those of proving. */
  readonly lead?: number
  /** Withdraw ether that the signing account is credited with, once it is as much. */
  readonly collect?: bigint
  readonly threads?: number
  readonly confirmations?: number
  /** Milliseconds between two looks at the chain. */
  readonly poll?: number
  /** Milliseconds that a proof which came too late has to end by itself. Default: 3,000. */
  readonly grace?: number
  readonly on?: (event: WatchEvent) => void
  readonly signal: AbortSignal
}

/**
 * Runs until the signal is aborted, and returns what it did. Throws what opening models, the state and the key throws,
 * `NoContractError` for a board that is none, and `WriteError` when it can no longer remember; a chain that is away is
 * waited for.
 */
export async function watch(options: WatchOptions): Promise<Tally> {
  const models = await openModels(options.models)
  const counted = tally()
  const emit = (event: WatchEvent) => {
    counted.add(event)
    options.on?.(event)
  }
  const { signal } = options
  const patience = patient(options.rpc, emit, signal)
  const chain = await patience.get(() => connect(options.rpc, { timeoutMs: TIMEOUT, signal }))
  const underWay = chain === undefined ? 0 : await locked(options, { chain, models, patience, emit })
  const sum = counted.sum(underWay)
  emit({ kind: 'stopped', ...sum })
  return sum
}

async function locked(options: WatchOptions, setting: Setting): Promise<number> {
  try {
    const unlock = await lockState(options.state)
    return await run(options, setting).finally(unlock)
  } finally {
    setting.chain.close()
  }
}

type Setting = {
  readonly chain: Chain
  readonly models: Models
  readonly patience: Patience
  readonly emit: (event: WatchEvent) => void
}

/** Returns how many transactions are under way at the end. */
async function run(options: WatchOptions, { chain, models, patience, emit }: Setting): Promise<number> {
  const { signal, state: path } = options
  const boards = options.boards ?? (await sharedBoards(options.models))
  const opened = await patience.get(async () => {
    const signer = await signerFor(chain, { keystore: options.keystore })
    // a board that is none is found out now
    for (const board of boards) await registryOf(chain, board)
    const newest = await reach(chain, () => chain.provider.getBlockNumber())
    return { signer, address: await signer.getAddress(), newest }
  })
  if (opened === undefined) return 0
  const { signer, address, newest } = opened
  const state = await readState(path, {
    chainId: chain.id,
    account: address,
    boards,
    models: models.served.map(({ own }) => own.modelId),
  })
  const from = options.from ?? (isLocal(chain.id) ? 0 : Math.max(0, newest - LOOK_BACK))
  let saved = ''
  const save = async () => {
    const text = stateText(state)
    if (text !== saved) await writeState(path, text)
    saved = text
  }
  const clock = alarm()
  const node: Node = {
    ...{ account: { chain, signer, address }, models, state, save, emit, wake: clock.ring },
    beneficiary: options.beneficiary ?? address,
    terms: termsOf(options, chain),
    threads: options.threads ?? availableParallelism(),
    inputs: options.inputs,
    confirmations: options.confirmations ?? CONFIRMATIONS,
    ...{ pools: new Map(), jobs: new Map(), ready: new Map(), said: new Map() },
    ...{ late: new Set(), later: new Map(), refused: new Set(), grace: options.grace ?? GRACE },
  }
  await save()
  emit({
    ...{ kind: 'started', chainId: chain.id, account: address, beneficiary: node.beneficiary },
    ...{ boards, models: models.served.map(({ own }) => own.manifest.model.name) },
    ...{ block: (state.marks.at(-1)?.number ?? from - 1) + 1, underWay: state.outbox.length },
  })
  const poll = options.poll ?? (isLocal(chain.id) ? 200 : 2_000)
  try {
    while (!signal.aborted) {
      await patience.get(() => step(node, from, options.collect))
      await clock.wait(poll, signal)
    }
  } finally {
    await patience.end()
    await closeJobs(node)
  }
  await save()
  return state.outbox.filter(({ mined }) => mined === undefined).length
}

/** Milliseconds that the chain may take for an answer, and a step for its end when the node is stopped. */
const [TIMEOUT, LAST_STEP] = [10_000, 1_000]
const GRACE = 3_000
const LOOK_BACK = 50_000
const CONFIRMATIONS = 12

function termsOf({ margin = 0n, prices = new Map(), lead }: WatchOptions, chain: Chain): Terms {
  return { margin, prices, lead: lead ?? (isLocal(chain.id) ? 2 : 30) }
}

/** One look at the chain, and what follows from it. */
async function step(node: Node, from: number, least: bigint | undefined): Promise<void> {
  const { chain } = node.account
  const wanted = async ({ board, asked }: BoardEvent & { kind: 'requested' }) =>
    (await node.models.find(chain, board, asked.modelId)) !== undefined
  const { head, back } = await follow(chain, node.state, { from, wanted })
  if (back !== undefined) node.emit({ kind: 'reorganised', block: back })
  dropOvertaken(node)
  await settle(node, head)
  const seconds = timeOn(head)
  await sendReady(node, head, seconds)
  if (least !== undefined) await collect(node, head, least)
  await startJobs(node, seconds)
  await node.save()
}

/** The chain's time: of its newest block, or now where that is later, unless the chain's clock is another. */
function timeOn({ timestamp }: Mark): number {
  const now = Date.now() / 1000
  return now - timestamp > 0 && now - timestamp < 3600 ? now : timestamp
}

/** Waits that can be cut short. */
function alarm() {
  let ring = () => {}
  return {
    ring: () => ring(),
    async wait(milliseconds: number, signal: AbortSignal): Promise<void> {
      const controller = new AbortController()
      ring = () => controller.abort()
      signal.addEventListener('abort', ring, { once: true })
      if (!signal.aborted) {
        await sleep(milliseconds, undefined, { signal: controller.signal }).catch(() => {})
      }
      signal.removeEventListener('abort', ring)
    },
  }
}

type Patience = {
  get<T>(action: () => Promise<T>): Promise<T | undefined>
  /** Waits for what was under way when the signal was aborted, but not for long. */
  end(): Promise<void>
}

const [FIRST_WAIT, LONGEST_WAIT] = [250, 30_000]

/**
 * Does something on the chain again and again until it succeeds, ever more seldom, and says once that the chain is away
 * and once that it is back. Returns nothing where the signal was aborted before.
 */
function patient(rpc: string, emit: (event: WatchEvent) => void, signal: AbortSignal): Patience {
  let chainId: bigint | undefined
  let last: Promise<unknown> = Promise.resolve()
  return {
    async end() {
      const late = new AbortController()
      const limit = sleep(LAST_STEP, undefined, { signal: late.signal }).catch(() => {})
      await Promise.race([last.catch(() => {}), limit])
      late.abort()
    },
    async get(action) {
      let since: number | undefined
      for (let wait = FIRST_WAIT; !signal.aborted; wait = Math.min(2 * wait, LONGEST_WAIT)) {
        try {
          if (since !== undefined) chainId = await sameChain(rpc, chainId, signal)
          const under = action()
          last = under
          const result = await stoppable(under, signal)
          if (since !== undefined) emit({ kind: 'back', seconds: (performance.now() - since) / 1000 })
          if (isChain(result)) chainId = result.id
          return result
        } catch (error) {
          if (signal.aborted) return undefined
          if (!isPassing(error)) throw error
          if (!(error instanceof MovedError) && since === undefined) {
            since = performance.now()
            emit({ kind: error instanceof NoAnswerError ? 'away' : 'trouble', reason: reasonOf(error) })
          }
        }
        await sleep(wait, undefined, { signal }).catch(() => {})
      }
      return undefined
    },
  }
}

async function sameChain(rpc: string, expected: bigint | undefined, signal: AbortSignal): Promise<bigint> {
  const id = await askChainId(rpc, TIMEOUT, signal)
  if (expected !== undefined && id !== expected) throw new WrongChainError(rpc, expected, id)
  return id
}

function isChain(value: unknown): value is Chain {
  return typeof value === 'object' && value !== null && 'provider' in value && 'url' in value
}

/** What can be over by itself. */
function isPassing(error: unknown): error is BaseError {
  return [NoAnswerError, RpcError, OutOfFundsError, WrongChainError].some((kind) => error instanceof kind)
}

function reasonOf(error: BaseError): string {
  return [error.message.split('\n')[0], ...error.details].join(' ').replace(/\s+/g, ' ')
}

/** The action, or nothing more of it once the signal is aborted. */
function stoppable<T>(action: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(new BaseError('Stopped.'))
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    action.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
