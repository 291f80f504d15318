/**
 * The threads of a curve: a queue of tasks over so many workers. Idle ones do not keep the process alive, so that it
 * ends by itself whatever becomes of their owner; inside a worker of a pool they end with it.
 */
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Command } from 'ffjavascript'
import { InternalError } from '../base/errors.js'
import type { Answer, ThreadData } from './thread.js'

export type Threads = {
  readonly count: number
  run(task: readonly Command[]): Promise<Uint8Array[]>
  /** Ends the threads at once; tasks under way fail. */
  close(): Promise<void>
}

type Job = {
  readonly task: readonly Command[]
  readonly resolve: (results: Uint8Array[]) => void
  readonly reject: (error: Error) => void
}

export function openThreads(module: WebAssembly.Module, count: number): Threads {
  const queue: Job[] = []
  const idle: Thread[] = []
  const next = (thread: Thread) => {
    const job = queue.shift()
    if (job === undefined) idle.push(thread)
    else thread.take(job)
  }
  const all = Array.from({ length: count }, () => openThread(module, next))
  idle.push(...all)
  return {
    count,
    run: (task) =>
      new Promise((resolve, reject) => {
        queue.push({ task, resolve, reject })
        const thread = idle.pop()
        if (thread !== undefined) next(thread)
      }),
    async close() {
      for (const { reject } of queue.splice(0)) reject(new ThreadError('the threads were closed'))
      await Promise.all(all.map((thread) => thread.close()))
    },
  }
}

type Thread = { take(job: Job): void; close(): Promise<void> }

function openThread(module: WebAssembly.Module, done: (thread: Thread) => void): Thread {
  // without the options of the process: --input-type, for one, is refused with a file
  const worker = new Worker(threadFile(), { workerData: { module } satisfies ThreadData, execArgv: [] })
  let current: Job | undefined
  const finish = () => {
    const job = current
    current = undefined
    worker.unref()
    return job
  }
  const thread: Thread = {
    take(job) {
      current = job
      worker.ref()
      worker.postMessage(job.task)
    },
    async close() {
      await worker.terminate()
    },
  }
  worker.on('message', (answer: Answer) => {
    const job = finish()
    if ('failed' in answer) job?.reject(new ThreadError(answer.failed))
    else job?.resolve(answer.results)
    done(thread)
  })
  worker.on('error', (error) => finish()?.reject(new ThreadError(error.message)))
  worker.on('exit', (code) => finish()?.reject(new ThreadError(`a thread ended with code ${code}`)))
  worker.unref()
  return thread
}

/** Threads load plain JavaScript: from a source tree (tests), the built file is taken. */
function threadFile(): string {
  const here = import.meta.url
  return fileURLToPath(new URL(here.endsWith('.ts') ? '../../dist/prover/thread.js' : './thread.js', here))
}

export class ThreadError extends InternalError {
  override name = 'Threads.ThreadError'
  constructor(problem: string) {
    super(`The curve's threads could not finish: ${problem}.`)
  }
}
