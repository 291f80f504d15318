/** Many samples over one pool: each ends as an outcome or as its own failure, and none stops the others. */
import { BaseError, messageOf } from '../base/errors.js'
import type { Outcome, Task } from './messages.js'
import type { Pool } from './pool.js'

export type Finished =
  | { readonly sample: number; readonly outcome: Outcome }
  | { readonly sample: number; readonly error: Error }

/** A sample that needs no work: it passes in its turn. */
export type Given<T> = { readonly sample: number; readonly given: T }

/**
 * Runs the tasks with as many under way as the pool has workers, plus one waiting, and yields each as it finishes.
 * Tasks are taken from the iterable only when there is room, so that inputs can be streamed.
 */
export async function* runBatch<T = never>(
  pool: Pool,
  tasks: Iterable<Task | Given<T>> | AsyncIterable<Task | Given<T>>,
  signal?: AbortSignal,
): AsyncGenerator<Finished | Given<T>> {
  const running = new Map<number, Promise<Finished & { key: number }>>()
  let key = 0
  for await (const task of tasks) {
    if (signal?.aborted) break
    if ('given' in task) {
      yield task
      continue
    }
    const own = key++
    running.set(
      own,
      settle(pool, task, signal).then((finished) => ({ ...finished, key: own })),
    )
    if (running.size > pool.threads) yield await next(running)
  }
  while (running.size > 0) yield await next(running)
}

async function settle(pool: Pool, task: Task, signal: AbortSignal | undefined): Promise<Finished> {
  const sample = task.sample.index
  try {
    return { sample, outcome: await pool.run(task, signal) }
  } catch (error) {
    return { sample, error: error instanceof Error ? error : new BaseError(messageOf(error)) }
  }
}

async function next(running: Map<number, Promise<Finished & { key: number }>>): Promise<Finished> {
  const finished = await Promise.race(running.values())
  running.delete(finished.key)
  return finished
}
