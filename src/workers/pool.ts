/** The worker pool, the only door to piscina. How many workers and threads there are is the budget's to say. */
import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Piscina } from 'piscina'
import { pathOf } from '../artifacts/paths.js'
import type { Scheme } from '../artifacts/scheme.js'
import { readShared } from '../artifacts/store.js'
import { BaseError, messageOf } from '../base/errors.js'
import { silenceTelemetry } from '../onnx/telemetry.js'
import { type BackendChoice, DEFAULT_BACKEND, prepareKey } from '../prover/backend.js'
import { keyFileOf } from '../prover/schemes.js'
import { type Budget, planBudget } from './budget.js'
import type { Failure, Order, Outcome, Reply, SharedKey, Task, WorkerData } from './messages.js'

export type Pool = {
  /** As many tasks as are worth handing over at a time. */
  readonly threads: number
  readonly budget: Budget
  /** Throws `SampleError` where this sample fails, for whatever reason; other samples go on. */
  run(task: Task, signal?: AbortSignal): Promise<Outcome>
  /** Ends the workers; tasks under way are given up. */
  close(): Promise<void>
}

export type PoolOptions = {
  /** Cores to use; by default all. */
  readonly threads?: number | undefined
  /** How many tasks there will be: with fewer than cores, each has all of them. */
  readonly tasks?: number | undefined
  readonly backend?: BackendChoice | undefined
  /** Milliseconds after which a worker with nothing to do ends; by default 2000. */
  readonly idle?: number
  /** By which the folder's circuit is proven; by default plain Groth16. */
  readonly scheme?: Scheme | undefined
  /** The module that the workers run; by default the one that predicts and proves. */
  readonly entry?: string
}

/** A pool over one compiled model's folder. Workers start with the first tasks; the key is read with the first proof. */
export function openPool(dir: string, options: PoolOptions = {}): Pool {
  const path = pathOf(dir, keyFileOf(options.scheme))
  const keyBytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  const budget = planBudget({ threads: options.threads, tasks: options.tasks, keyBytes })
  const piscina = startWorkers(dir, budget, options)
  const dispatch = dispatcher(piscina)
  let key: Promise<SharedKey> | undefined
  return {
    threads: budget.workers,
    budget,
    async run(task, signal) {
      if (task.kind === 'prove') key ??= readKey(path, budget, options)
      const reply = await dispatch({ ...task, key: await key }, signal)
      if ('failed' in reply) throw new SampleError(task.sample.index, reply.failed)
      return reply.done
    },
    close: () => piscina.destroy(),
  }
}

/**
 * Converted once where several workers will prove. What a worker takes of the memory that they then share stays taken
 * when it ends: not for pools that live on, and start workers again and again.
 */
async function readKey(
  path: string,
  { mode, workers }: Budget,
  { tasks, scheme, backend = DEFAULT_BACKEND }: PoolOptions,
): Promise<SharedKey> {
  const bytes = await readShared(path)
  const forMany = mode === 'throughput' && workers > 1 && tasks !== undefined
  const prepared = forMany
    ? await prepareKey(backend, { path, bytes: new Uint8Array(bytes) }, scheme)
    : undefined
  return { bytes, prepared }
}

function startWorkers(
  dir: string,
  { mode, workers, threads }: Budget,
  { entry, backend = DEFAULT_BACKEND, idle = 2_000 }: PoolOptions,
): Piscina<Order, Reply> {
  silenceTelemetry()
  return new Piscina<Order, Reply>({
    filename: entry ?? workerFile(),
    workerData: { dir, threads, backend, mod: 'data:,' } satisfies WorkerData,
    minThreads: 0,
    maxThreads: workers,
    idleTimeout: idle,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
    // with all cores on one proof, the next sample's witness fills the gaps
    concurrentTasksPerWorker: mode === 'latency' ? 2 : 1,
  })
}

/**
 * What is short-lived fills its space before it is collected: with more, workers take memory as a batch goes on, for no
 * gain in speed (measured).
 */
const YOUNG_MEGABYTES = 12

/**
 * Hands orders over. To stop one, piscina ends its worker: where that had another order under way, it is begun again.
 */
function dispatcher(piscina: Piscina<Order, Reply>) {
  let stopped = 0
  const stop = () => {
    stopped++
  }
  return async function dispatch(order: Order, signal?: AbortSignal): Promise<Reply> {
    const before = stopped
    // before piscina's own listener
    signal?.addEventListener('abort', stop)
    try {
      return await piscina.run(order, signal === undefined ? {} : { signal })
    } catch (error) {
      if (signal?.aborted) throw new CancelledError(order.sample.index)
      if (stopped !== before && messageOf(error) === ENDED) return dispatch(order, signal)
      return {
        failed: { name: 'Worker', message: `The worker died: ${messageOf(error)}`, fault: 'internal' },
      }
    } finally {
      signal?.removeEventListener('abort', stop)
    }
  }
}

/** What piscina says to orders whose worker it ended. */
const ENDED = 'Terminating worker thread'

/** Threads load plain JavaScript: from a source tree (tests), the built file is taken. */
function workerFile(): string {
  const here = import.meta.url
  return fileURLToPath(new URL(here.endsWith('.ts') ? '../../dist/workers/entry.js' : './entry.js', here))
}

export class SampleError extends BaseError {
  override name = 'Pool.SampleError'
  constructor(
    readonly sample: number,
    readonly failure: Failure,
  ) {
    super(`Sample ${sample}: ${failure.message}`, { fault: failure.fault })
  }
}

export class CancelledError extends BaseError {
  override name = 'Pool.CancelledError'
  constructor(readonly sample: number) {
    super(`Sample ${sample} was not finished: the work was cancelled.`)
  }
}
