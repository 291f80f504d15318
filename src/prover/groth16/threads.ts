/** An engine over threads of its own: a crew that takes the tasks one by one, each thread the next. */
import { openThreads } from '../threads.js'
import { type Engine, openEngine } from './engine.js'
import type { Key } from './key.js'
import type { Affine, Machine } from './machine.js'
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
  const threads = openThreads<Task, Result>({ file: 'groth16/thread', data }, count)
  const engine = openEngine(key, chunks, {
    quotient: (witness) => threads.run({ kind: 'quotient', witness }) as Promise<Uint8Array>,
    multiply: (chunk, scalars) => threads.run({ kind: 'multiply', chunk, scalars }) as Promise<Affine>,
    close: () => threads.close(),
  })
  return { ...engine, prove: (witness, blinding) => engine.prove(shareBytes(witness), blinding) }
}
