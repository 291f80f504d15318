import type { Command } from 'ffjavascript'
import { afterEach, expect, test } from 'vitest'
import { withoutThreads } from '../../src/prover/curve.js'
import { openRunner, TaskError } from '../../src/prover/runner.js'
import type { Results, ThreadData } from '../../src/prover/thread.js'
import { openThreads, ThreadError } from '../../src/prover/threads.js'

const module = await withoutThreads(({ tm }) => WebAssembly.compile(tm.code))
const one = Uint8Array.from({ length: 32 }, (_, i) => Number(i === 0))

/** 1 as the module holds it, through a round into Montgomery form and back. */
const there: readonly Command[] = [
  { cmd: 'ALLOCSET', var: 0, buff: one },
  { cmd: 'CALL', fnName: 'frm_toMontgomery', params: [{ var: 0 }, { var: 0 }] },
  { cmd: 'CALL', fnName: 'frm_fromMontgomery', params: [{ var: 0 }, { var: 0 }] },
  { cmd: 'GET', out: 0, var: 0, len: 32 },
]
const unknown: readonly Command[] = [{ cmd: 'CALL', fnName: 'no_such', params: [] }]
const large: readonly Command[] = [{ cmd: 'ALLOC', var: 0, len: 2 ** 31 }]

const openCurveThreads = (count: number) =>
  openThreads<readonly Command[], Results>({ file: 'thread', data: { module } satisfies ThreadData }, count)

let threads: ReturnType<typeof openCurveThreads> | undefined
afterEach(() => threads?.close())

test('a runner answers tasks, and a failed one costs it nothing', () => {
  const run = openRunner(module)
  for (const bad of [unknown, large]) {
    expect(() => run(bad)).toThrow(TaskError)
    expect(run(there)).toEqual([one])
  }
})

test('more tasks than threads are all answered, failures by their error', async () => {
  threads = openCurveThreads(2)
  const settled = await Promise.allSettled(
    Array.from({ length: 9 }, (_, i) => threads!.run(i % 4 === 1 ? unknown : there)),
  )
  settled.forEach((one_, i) => {
    if (i % 4 === 1) expect(one_).toMatchObject({ reason: { name: 'Threads.ThreadError' } })
    else expect(one_).toEqual({ status: 'fulfilled', value: [one] })
  })
})

test('closing fails what is under way and what waits', async () => {
  threads = openCurveThreads(1)
  const tasks = Array.from({ length: 3 }, () => threads!.run(there))
  const outcomes = Promise.allSettled(tasks)
  await threads.close()
  for (const outcome of await outcomes) {
    if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(ThreadError)
  }
  expect((await outcomes).at(-1)!.status).toBe('rejected')
})
