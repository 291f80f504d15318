/** An engine over threads of its own: a crew that takes the tasks one by one, each thread the next. */
import { BYTES } from '../../base/field.js'
import type { G1Affine } from '../groth16/group.js'
import type { Affine, Domain, Machine, Values } from '../groth16/machine.js'
import { shareBytes } from '../groth16/memory.js'
import { edges } from '../groth16/multiply.js'
import { openThreads, type Threads } from '../threads.js'
import type { challengeOf } from './challenge.js'
import { type Crew, type Engine, openEngine } from './engine.js'
import type { LookupKey } from './key.js'
import type { LoadedLookup } from './loaded.js'
import type { Result, Task, ThreadData } from './thread.js'

/** `machine` is over the memory that the key was loaded to. */
export function openThreaded(
  machine: Machine,
  loaded: LoadedLookup,
  key: LookupKey,
  count: number,
  challenge?: typeof challengeOf,
): Engine {
  const work = { file: 'lookup/thread', data: loaded satisfies ThreadData }
  const threads = openThreads<Task, Result>(work, count)
  const slopes = sharedSlopes(machine, loaded.domain)
  const crew: Crew = {
    multiply: (chunk, scalars) => threads.run({ kind: 'multiply', chunk, scalars }) as Promise<Affine>,
    classes: (chunk, hits, scalars) =>
      threads.run({ kind: 'classes', chunk, hits, scalars }) as Promise<G1Affine>,
    slopes: (a, b) => slopes(threads, shareBytes(a), shareBytes(b)),
    share: shareBytes,
    close: () => threads.close(),
  }
  return openEngine(key, loaded.chunks, crew, challenge)
}

/** A's slopes and B's do not wait for each other; everything else that is left waits for both, so that they go first. */
function sharedSlopes(machine: Machine, domain: Domain) {
  // rooms are used again, but not by two proofs at once
  const free: Values[] = []
  return async (threads: Threads<Task, Result>, a: Uint8Array, b: Uint8Array): Promise<Uint8Array> => {
    const values = free.pop() ?? machine.slopeParts?.take(domain)
    if (values === undefined) return (await threads.run({ kind: 'slopes', a, b }, 'first')) as Uint8Array
    const carry = (which: 0 | 1, plain: Uint8Array) =>
      threads.run({ kind: 'carry', values, which, plain }, 'first')
    await Promise.all([carry(0, a), carry(1, b)])
    const out = shareBytes(new Uint8Array(a.length))
    const halves = edges(Math.ceil(a.length / BYTES / 2), 2).map(([from, to]) => [2 * from, 2 * to] as const)
    await Promise.all(
      halves.map(([from, to]) =>
        threads.run({ kind: 'join', values, from, to: Math.min(to, a.length / BYTES), out }, 'first'),
      ),
    )
    free.push(values)
    return out
  }
}
