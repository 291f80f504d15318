/** What runs in each thread of a curve: tasks one after the other, each answered by its results or by its error. */
import { parentPort, workerData } from 'node:worker_threads'
import { messageOf } from '../base/errors.js'
import { openRunner } from './runner.js'
import { runTask, type Task } from './sums.js'
import type { Answer } from './threads.js'

export type ThreadData = { readonly module: WebAssembly.Module }
export type Results = Uint8Array<ArrayBuffer>[]

const run = openRunner((workerData as ThreadData).module)

parentPort!.on('message', async (task: Task) => {
  const answer = await answerTo(task)
  const buffers = 'result' in answer ? answer.result.map(({ buffer }) => buffer) : []
  parentPort!.postMessage(answer, buffers)
})

async function answerTo(task: Task): Promise<Answer<Results>> {
  try {
    return { result: await runTask(run, task) }
  } catch (error) {
    return { failed: messageOf(error) }
  }
}
