/** An engine over threads of its own: a crew that takes the tasks one by one, each thread the next. */
import { openThreads, type Threads } from '../threads.js'
import { type Engine, openEngine } from './engine.js'
import type { Key } from './key.js'
import type { Loaded } from './loaded.js'
import type { Affine, Machine, Rows, Values } from './machine.js'
import { shareBytes } from './memory.js'
import type { Result, Task, ThreadData } from './thread.js'

/** `machine` is over the memory that the key was loaded to. */
export function openThreaded(machine: Machine, loaded: Loaded, key: Key, count: number): Engine {
  const work = { file: 'groth16/thread', data: loaded satisfies ThreadData }
  const threads = openThreads<Task, Result>(work, count)
  const quotient = sharedQuotient(machine, loaded.rows)
  const engine = openEngine(key, loaded.chunks, {
    quotient: (witness) => quotient(threads, witness),
    multiply: (chunk, scalars) => threads.run({ kind: 'multiply', chunk, scalars }) as Promise<Affine>,
    close: () => threads.close(),
  })
  return { ...engine, prove: (witness, blinding) => engine.prove(shareBytes(witness), blinding) }
}

/**
 * In parts where the machine has them: three transforms are more than half of a quotient, and need not wait for each other.
 * They go before multiplications, since the longest of those waits for them.
 */
function sharedQuotient(machine: Machine, rows: Rows) {
  // rooms are used again, but not by two witnesses at once
  const free: Values[] = []
  return async (threads: Threads<Task, Result>, witness: Uint8Array): Promise<Uint8Array> => {
    const values = free.pop() ?? machine.parts?.take(rows, witness.length)
    if (values === undefined) return (await threads.run({ kind: 'quotient', witness }, 'first')) as Uint8Array
    await threads.run({ kind: 'evaluate', values, witness }, 'first')
    await Promise.all(
      ([0, 1, 2] as const).map((which) => threads.run({ kind: 'carry', values, which }, 'first')),
    )
    const result = await threads.run({ kind: 'join', values }, 'first')
    free.push(values)
    return result as Uint8Array
  }
}
