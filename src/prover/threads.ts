/**
 * Threads of a prover: a queue of tasks over so many workers. Idle ones do not keep the process alive, so that it
 * ends by itself whatever becomes of their owner; inside a worker of a pool they end with it.
 */
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { InternalError } from '../base/errors.js'

export type Threads<Task, Result> = {
  readonly count: number
  /** In turn, or before all that waits. */
  run(task: Task, order?: 'first'): Promise<Result>
  /** Ends the threads at once; tasks under way fail. */
  close(): Promise<void>
}

/** What each thread runs: a module of this folder without its extension, and what it finds as `workerData`. */
export type Work = { readonly file: string; readonly data: unknown }

/** What a thread says to a task. */
export type Answer<Result> = { readonly result: Result } | { readonly failed: string }

type Job<Task, Result> = {
  readonly task: Task
  readonly resolve: (result: Result) => void
  readonly reject: (error: Error) => void
}

export function openThreads<Task, Result>(work: Work, count: number): Threads<Task, Result> {
  const queue: Job<Task, Result>[] = []
  const idle: Thread<Task, Result>[] = []
  const next = (thread: Thread<Task, Result>) => {
    const job = queue.shift()
    if (job === undefined) idle.push(thread)
    else thread.take(job)
  }
  const all = Array.from({ length: count }, () => openThread(work, next))
  idle.push(...all)
  return {
    count,
    run: (task, order) =>
      new Promise((resolve, reject) => {
        const job = { task, resolve, reject }
        if (order === 'first') queue.unshift(job)
        else queue.push(job)
        const thread = idle.pop()
        if (thread !== undefined) next(thread)
      }),
    async close() {
      for (const { reject } of queue.splice(0)) reject(new ThreadError('the threads were closed'))
      await Promise.all(all.map((thread) => thread.close()))
    },
  }
}

type Thread<Task, Result> = { take(job: Job<Task, Result>): void; close(): Promise<void> }

function openThread<Task, Result>(
  { file, data }: Work,
  done: (thread: Thread<Task, Result>) => void,
): Thread<Task, Result> {
  // without the options of the process: --input-type, for one, is refused with a file
  const worker = new Worker(threadFile(file), { workerData: data, execArgv: [] })
  let current: Job<Task, Result> | undefined
  let ending = false
  const finish = () => {
    const job = current
    current = undefined
    // who waits for its end would else wait for ever, where it answers while it is ended
    if (!ending) worker.unref()
    return job
  }
  const thread: Thread<Task, Result> = {
    take(job) {
      current = job
      worker.ref()
      worker.postMessage(job.task)
    },
    async close() {
      ending = true
      await worker.terminate()
    },
  }
  worker.on('message', (answer: Answer<Result>) => {
    const job = finish()
    if ('failed' in answer) job?.reject(new ThreadError(answer.failed))
    else job?.resolve(answer.result)
    done(thread)
  })
  worker.on('error', (error) => finish()?.reject(new ThreadError(error.message)))
  worker.on('exit', (code) => finish()?.reject(new ThreadError(`a thread ended with code ${code}`)))
  worker.unref()
  return thread
}

/** Threads load plain JavaScript: from a source tree (tests), the built file is taken. */
function threadFile(file: string): string {
  const here = import.meta.url
  return fileURLToPath(new URL(`${here.endsWith('.ts') ? '../../dist/prover' : '.'}/${file}.js`, here))
}

export class ThreadError extends InternalError {
  override name = 'Threads.ThreadError'
  constructor(problem: string) {
    super(`The prover's threads could not finish: ${problem}.`)
  }
}
