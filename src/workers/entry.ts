/** What runs in each worker thread: one runtime, opened at the first task. */
import { workerData } from 'node:worker_threads'
import { BaseError, messageOf } from '../base/errors.js'
import type { Failure, Order, Reply, WorkerData } from './messages.js'
import { openRuntime, type Runtime } from './runtime.js'

const { dir, threads, backend } = workerData as WorkerData

let runtime: Promise<Runtime> | undefined

/** Failures are returned, not thrown: classes do not survive the way between threads, facts do. */
export default async function run({ key, ...task }: Order): Promise<Reply> {
  try {
    runtime ??= openRuntime(dir, { threads, backend })
    return { done: await (await runtime).run(task, key) }
  } catch (error) {
    return { failed: toFailure(error) }
  }
}

function toFailure(error: unknown): Failure {
  if (error instanceof BaseError) return { name: error.name, message: error.message, fault: error.fault }
  return { name: 'Error', message: messageOf(error), fault: 'internal' }
}
