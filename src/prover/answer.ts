/** The side of `threads.ts` that runs in a thread: each task is answered by its result or by its error. */
import { parentPort } from 'node:worker_threads'
import { messageOf } from '../base/errors.js'
import type { Answer } from './threads.js'

/** `buffersOf` names what of a result is handed over, rather than copied. */
export function answerTasks<Task, Result>(
  run: (task: Task) => Promise<Result>,
  buffersOf: (result: Result) => ArrayBuffer[] = () => [],
): void {
  parentPort!.on('message', async (task: Task) => {
    const answer = await answerTo(run, task)
    parentPort!.postMessage(answer, 'result' in answer ? buffersOf(answer.result) : [])
  })
}

async function answerTo<Task, Result>(
  run: (task: Task) => Promise<Result>,
  task: Task,
): Promise<Answer<Result>> {
  try {
    return { result: await run(task) }
  } catch (error) {
    return { failed: messageOf(error) }
  }
}
