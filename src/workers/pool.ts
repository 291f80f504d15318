/**
 * The worker pool, the only door to piscina, and the one place that spends the machine's cores: one worker a core, and
 * inside a worker everything single-threaded.
 */
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Piscina } from 'piscina'
import { BaseError, messageOf } from '../base/errors.js'
import { silenceTelemetry } from '../onnx/telemetry.js'
import type { Failure, Outcome, Reply, Task, WorkerData } from './messages.js'

export type Pool = {
  readonly threads: number
  /** Throws `SampleError` where this sample fails, for whatever reason; other samples go on. */
  run(task: Task, signal?: AbortSignal): Promise<Outcome>
  /** Ends the workers; tasks under way are given up. */
  close(): Promise<void>
}

export type PoolOptions = {
  /** Workers; by default one a core. */
  readonly threads?: number | undefined
  /** How many tasks there will be: no more workers than that are started. */
  readonly tasks?: number
  /** The module that the workers run; by default the one that predicts and proves. */
  readonly entry?: string
}

/** A pool over one compiled model's folder. Workers start with the first tasks. */
export function openPool(dir: string, options: PoolOptions = {}): Pool {
  const threads = Math.max(1, Math.min(options.threads ?? availableParallelism(), options.tasks ?? Infinity))
  silenceTelemetry()
  const piscina = new Piscina<Task, Reply>({
    filename: options.entry ?? workerFile(),
    workerData: { dir, mod: 'data:,' } satisfies WorkerData,
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: 2_000,
    concurrentTasksPerWorker: 1,
  })
  return {
    threads,
    async run(task, signal) {
      const reply = await dispatch(piscina, task, signal)
      if ('failed' in reply) throw new SampleError(task.sample.index, reply.failed)
      return reply.done
    },
    close: () => piscina.destroy(),
  }
}

async function dispatch(piscina: Piscina<Task, Reply>, task: Task, signal?: AbortSignal): Promise<Reply> {
  try {
    return await piscina.run(task, signal === undefined ? {} : { signal })
  } catch (error) {
    if (signal?.aborted) throw new CancelledError(task.sample.index)
    return { failed: { name: 'Worker', message: `The worker died: ${messageOf(error)}`, fault: 'internal' } }
  }
}

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
