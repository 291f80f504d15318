/** What runs in each worker thread: one runtime, opened at the first task. */
import { workerData } from 'node:worker_threads'
import { BaseError, messageOf } from '../base/errors.js'
import type { Failure, Reply, Task, WorkerData } from './messages.js'
import { openRuntime, type Runtime } from './runtime.js'

const { dir } = workerData as WorkerData

let runtime: Promise<Runtime> | undefined

/** Failures are returned, not thrown: classes do not survive the way between threads, facts do. */
export default async function run(task: Task): Promise<Reply> {
  try {
    runtime ??= openRuntime(dir)
    return { done: await (await runtime).run(task) }
  } catch (error) {
    return { failed: toFailure(error) }
  }
}

function toFailure(error: unknown): Failure {
  if (error instanceof BaseError) return { name: error.name, message: error.message, fault: error.fault }
  return { name: 'Error', message: messageOf(error), fault: 'internal' }
}
