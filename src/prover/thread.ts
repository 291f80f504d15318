/** What runs in each thread of a curve: tasks one after the other, each answered by its results or by its error. */
import { workerData } from 'node:worker_threads'
import { answerTasks } from './answer.js'
import { openRunner } from './runner.js'
import { runTask, type Task } from './sums.js'

export type ThreadData = { readonly module: WebAssembly.Module }
export type Results = Uint8Array<ArrayBuffer>[]

const run = openRunner((workerData as ThreadData).module)

answerTasks(
  (task: Task): Promise<Results> => runTask(run, task),
  (results) => results.map(({ buffer }) => buffer),
)
