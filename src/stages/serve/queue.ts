/**
 * What waits for its proof, first come, first served, over the pools of all models.
 *
 * A proof is noted in its batch's journal before anybody sees it: whatever ends the process, it is there once or is made
 * again. A worker that dies is given another try; a disk that cannot be written is waited for.
 */
import { availableParallelism } from 'node:os'
import { WriteError } from '../../artifacts/store.js'
import { InternalError, messageOf } from '../../base/errors.js'
import type { BackendChoice } from '../../prover/backend.js'
import { openPool, type Pool } from '../../workers/pool.js'
import { failureOf } from '../prove.js'
import type { Served } from './models.js'
import type { Accepted, State } from './state.js'
import { closeOf, type Live, openOf, proveSample, type Status, toLive } from './turn.js'

export type QueueEvent =
  | { readonly kind: 'changed'; readonly id: string; readonly sample: number; readonly status: Status }
  | {
      readonly kind: 'proven'
      readonly model: string
      readonly id: string
      readonly sample: number
      readonly milliseconds: number
    }
  | {
      readonly kind: 'failed'
      readonly model: string
      readonly id: string
      readonly sample: number
      readonly reason: string
    }
  | { readonly kind: 'trouble'; readonly reason: string }

export type QueueOptions = {
  readonly state: State
  /** Cores to use; by default all. */
  readonly threads?: number | undefined
  readonly backend?: BackendChoice | undefined
  /** Milliseconds that one proof may take. */
  readonly patience: number
  readonly emit: (event: QueueEvent) => void
}

export type Queue = {
  readonly options: QueueOptions
  /** Proofs at a time. */
  readonly threads: number
  readonly lives: Map<string, Live>
  readonly items: Item[]
  readonly running: Map<Item, Promise<void>>
  readonly pools: Map<Served, Pool>
  stopped: boolean
  /** Why nothing can be written down, while that is so. */
  trouble: string | undefined
  pause: NodeJS.Timeout | undefined
  /** Milliseconds of a proof, of late. */
  pace: number
}
type Item = { readonly live: Live; readonly sample: number }

const ATTEMPTS = 3
/** How long to wait for a disk that cannot be written. */
const PAUSE_MS = 2_000
/** Workers are kept: what memory starting them anew takes does not all come back. */
const IDLE_MS = 3_600_000

export function openQueue(options: QueueOptions): Queue {
  const threads = options.threads ?? availableParallelism()
  const parts = { lives: new Map(), items: [], running: new Map(), pools: new Map() }
  return { options, threads, ...parts, stopped: false, trouble: undefined, pause: undefined, pace: 1_000 }
}

/** Samples that have no proof yet. */
export function waiting({ items, running }: Queue): number {
  return items.length + running.size
}

/** The sample's, of requests that are not done. */
export function statusOf({ lives }: Queue, id: string, sample: number): Status | undefined {
  return lives.get(id)?.statuses[sample]
}

/** How many are before it. */
export function placeOf({ items, running }: Queue, id: string, sample: number): number | undefined {
  const at = items.findIndex((item) => item.live.id === id && item.sample === sample)
  return at < 0 ? undefined : at + running.size
}

/** Until there will be room for so many more, as far as can be told. */
export function secondsFor({ pace, threads }: Queue, samples: number): number {
  return Math.max(1, Math.ceil((samples * pace) / threads / 1_000))
}

export function add(queue: Queue, accepted: Accepted, model: Served): void {
  const live = toLive(queue.options.state, accepted, model)
  queue.lives.set(live.id, live)
  const left = live.statuses.flatMap((status, sample) => (status === 'queued' ? [{ live, sample }] : []))
  // killed between the last proof and the end of the request: the last sample is looked at again
  queue.items.push(...(left.length > 0 ? left : [{ live, sample: live.statuses.length - 1 }]))
  next(queue)
}

/** Gives up what is under way; it is made again after the next start. */
export async function closeQueue(queue: Queue): Promise<void> {
  queue.stopped = true
  clearTimeout(queue.pause)
  await Promise.all([...queue.pools.values()].map((pool) => pool.close()))
  await Promise.all(queue.running.values())
  await Promise.all([...queue.lives.values()].map(closeOf))
}

function next(queue: Queue): void {
  const { items, running, threads } = queue
  while (!queue.stopped && queue.pause === undefined && running.size < threads && items.length > 0) {
    const item = items.shift()!
    const ended = turn(queue, item).then(() => {
      running.delete(item)
      next(queue)
    })
    running.set(item, ended)
  }
}

/** Never rejects. */
async function turn(queue: Queue, item: Item): Promise<void> {
  try {
    await prove(queue, item)
    queue.trouble = undefined
  } catch (error) {
    if (queue.stopped) return
    if (error instanceof WriteError) return wait(queue, item, error)
    await again(queue, item, error).catch((cause: unknown) => wait(queue, item, cause))
  }
}

async function prove(queue: Queue, item: Item): Promise<void> {
  const { live, sample } = item
  const { state, patience, emit } = queue.options
  const opened = await openOf(state, live)
  const pool = () => {
    change(queue, item, 'proving')
    return poolOf(queue, live.model)
  }
  const milliseconds = await proveSample(live, sample, opened, { pool, patience })
  if (milliseconds !== undefined) {
    queue.pace = 0.8 * queue.pace + 0.2 * milliseconds
    emit({ kind: 'proven', model: live.model.id, id: live.id, sample, milliseconds })
  }
  await end(queue, item, 'proven')
}

function poolOf({ pools, options }: Queue, model: Served): Pool {
  const { threads, backend } = options
  const pool =
    pools.get(model) ??
    openPool(model.dir, { threads, backend, scheme: model.manifest.scheme, idle: IDLE_MS })
  pools.set(model, pool)
  return pool
}

/** Another try at the end of the queue, or what the client is told in place of a proof. */
async function again(queue: Queue, item: Item, error: unknown): Promise<void> {
  const { live, sample } = item
  const { state, emit } = queue.options
  live.attempts[sample]!++
  if (live.attempts[sample]! < ATTEMPTS) {
    change(queue, item, 'queued')
    queue.items.push(item)
    return
  }
  const failure = error instanceof Error ? error : new InternalError(messageOf(error))
  await (await openOf(state, live)).journal.fail(sample, '', failureOf(failure))
  emit({ kind: 'failed', model: live.model.id, id: live.id, sample, reason: failure.message })
  await end(queue, item, 'failed')
}

function wait(queue: Queue, item: Item, error: unknown): void {
  queue.trouble = messageOf(error)
  queue.options.emit({ kind: 'trouble', reason: queue.trouble })
  change(queue, item, 'queued')
  queue.items.unshift(item)
  clearTimeout(queue.pause)
  queue.pause = setTimeout(() => {
    queue.pause = undefined
    next(queue)
  }, PAUSE_MS)
}

/** Of one sample, and of the request where it was the last. */
async function end(queue: Queue, item: Item, status: 'proven' | 'failed'): Promise<void> {
  const { live, sample } = item
  const others = live.statuses.filter((_, at) => at !== sample)
  if (others.every((one) => one === 'proven' || one === 'failed')) {
    await closeOf(live)
    await queue.options.state.settle(live.id, [status, ...others].includes('failed') ? 'failed' : 'done')
    queue.lives.delete(live.id)
  }
  change(queue, item, status)
}

function change({ options }: Queue, { live, sample }: Item, status: Status): void {
  if (live.statuses[sample] === status) return
  live.statuses[sample] = status
  options.emit({ kind: 'changed', id: live.id, sample, status })
}
