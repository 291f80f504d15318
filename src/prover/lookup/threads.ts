/** An engine over threads of its own: a crew that takes the tasks one by one, each thread the next. */
import type { G1Affine } from '../groth16/group.js'
import type { Affine } from '../groth16/machine.js'
import { shareBytes } from '../groth16/memory.js'
import { openThreads } from '../threads.js'
import type { challengeOf } from './challenge.js'
import { type Crew, type Engine, openEngine } from './engine.js'
import type { LookupKey } from './key.js'
import type { LoadedLookup } from './loaded.js'
import type { Result, Task, ThreadData } from './thread.js'

export function openThreaded(
  loaded: LoadedLookup,
  key: LookupKey,
  count: number,
  challenge?: typeof challengeOf,
): Engine {
  const work = { file: 'lookup/thread', data: loaded satisfies ThreadData }
  const threads = openThreads<Task, Result>(work, count)
  const crew: Crew = {
    multiply: (chunk, scalars) => threads.run({ kind: 'multiply', chunk, scalars }) as Promise<Affine>,
    classes: (chunk, hits, scalars) =>
      threads.run({ kind: 'classes', chunk, hits, scalars }) as Promise<G1Affine>,
    slopes: (a, b) =>
      threads.run({ kind: 'slopes', a: shareBytes(a), b: shareBytes(b) }, 'first') as Promise<Uint8Array>,
    share: shareBytes,
    close: () => threads.close(),
  }
  return openEngine(key, loaded.chunks, crew, challenge)
}
