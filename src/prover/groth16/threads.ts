/** An engine over threads of its own: a crew that takes the tasks one by one, each thread the next. */
import { openThreads, type Threads } from '../threads.js'
import { type Engine, openEngine } from './engine.js'
import type { Key } from './key.js'
import type { Affine, Machine, Rows, Values } from './machine.js'
import { shareBytes } from './memory.js'
import { loadChunks } from './multiply.js'
import type { Result, Task, ThreadData } from './thread.js'

/** The points are loaded by `machine`; the threads work over its memory. The key's bytes are shared, or copied once. */
export function openThreaded(machine: Machine, key: Key, count: number): Engine {
  const { a, b1, b2, c, h } = key.points
  const points = {
    a: shareBytes(a),
    b1: shareBytes(b1),
    b2: shareBytes(b2),
    c: shareBytes(c),
    h: shareBytes(h),
  }
  const coefficients = shareBytes(key.coefficients)
  const chunks = loadChunks(machine, { ...key, points }, count)
  const data: ThreadData = {
    tier: machine.tier,
    shared: machine.shared,
    rows: machine.loadRows(coefficients, key.header.domainSize),
    chunks: chunks.map(({ points }) => points),
  }
  const quotient = sharedQuotient(machine, data.rows)
  const threads = openThreads<Task, Result>({ file: 'groth16/thread', data }, count)
  const engine = openEngine(key, chunks, {
    quotient: (witness) => quotient(threads, witness),
    multiply: (chunk, scalars) => threads.run({ kind: 'multiply', chunk, scalars }) as Promise<Affine>,
    close: () => threads.close(),
  })
  return { ...engine, prove: (witness, blinding) => engine.prove(shareBytes(witness), blinding) }
}

/** In parts where the machine has them: three transforms are more than half of a quotient, and need not wait for each other. */
function sharedQuotient(machine: Machine, rows: Rows) {
  // rooms are used again, but not by two witnesses at once
  const free: Values[] = []
  return async (threads: Threads<Task, Result>, witness: Uint8Array): Promise<Uint8Array> => {
    const values = free.pop() ?? machine.parts?.take(rows, witness.length)
    if (values === undefined) return (await threads.run({ kind: 'quotient', witness })) as Uint8Array
    await threads.run({ kind: 'evaluate', values, witness })
    await Promise.all(([0, 1, 2] as const).map((which) => threads.run({ kind: 'carry', values, which })))
    const result = await threads.run({ kind: 'join', values })
    free.push(values)
    return result as Uint8Array
  }
}
