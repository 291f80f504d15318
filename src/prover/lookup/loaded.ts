/**
 * A key that kernels took, cut into tasks: plain data, so that machines in other threads, over the same memory, prove with
 * it as well.
 */
import { concat } from '../elements.js'
import { G1, G2 } from '../groth16/group.js'
import type { Domain, Machine, Points, Share, TierName } from '../groth16/machine.js'
import { shareBytes } from '../groth16/memory.js'
import { edges, FEWEST } from '../groth16/multiply.js'
import type { LookupKey } from './key.js'

export type LoadedLookup = {
  readonly tier: TierName
  /** What opens a machine over the memory that the key is in. */
  readonly shared: unknown
  readonly domain: Domain
  readonly chunks: readonly Chunk[]
}

/** A stretch of points, the sum it adds to, and which scalars it is multiplied with, from `start` on. */
export type Chunk = {
  readonly sum: SumName
  readonly scalars: ScalarsName
  readonly start: number
  readonly points: Points
  /** Of the sum over these points. */
  readonly share?: Share
}

export type SumName = 'a' | 'b1' | 'b2' | 'd' | 'c' | 'h' | 'ic'

/**
 * Known at once: what D commits to, and kappa; the wires of A of round 1, 1 and r. Known with the challenge: the
 * wires of B, 1 and s; the values of round 2, and the challenge on A, of which there are few different ones; the
 * slopes of the polynomials' product; the statement.
 */
export type ScalarsName = 'committed' | 'inA' | 'inB' | 'round2' | 'slopes' | 'statement'

/** For proofs of so many threads each. Bytes that several threads will read are shared. */
export function loadKey(machine: Machine, key: LookupKey, threads: number): LoadedLookup {
  const { tier, shared } = machine
  return {
    tier,
    shared,
    domain: machine.loadDomain(key.shape.domainSize),
    chunks: loadChunks(machine, key, threads),
  }
}

/** The longest first, of those that wait for the same. What H waits for comes last. */
function loadChunks(
  machine: Machine,
  { points, shape, header, layout }: LookupKey,
  threads: number,
): Chunk[] {
  const load = (
    sum: SumName,
    scalars: ScalarsName,
    sections: readonly Uint8Array[],
    parts: number,
  ): Chunk[] => {
    const [group, size] = sum === 'b2' ? (['g2', G2.bytes] as const) : (['g1', G1.bytes] as const)
    const joined = concat(sections)
    const bytes = threads === 1 ? joined : shareBytes(joined)
    const count = bytes.length / size
    return edges(count, Math.min(parts, Math.floor(count / FEWEST))).map(([start, end]) => ({
      ...{ sum, scalars, start },
      points: machine.loadPoints(group, bytes.subarray(size * start, size * end), end - start),
    }))
  }
  const round2 = G1.bytes * shape.firstInA
  const { alpha1, beta1, beta2, deltaC1, deltaC2 } = header
  // public wires are the first of A's
  const challengeInA = points.a.subarray(G1.bytes * layout.beta, G1.bytes * (layout.beta + 1))
  return [
    ...load('d', 'committed', [points.d, deltaC1], threads),
    ...load('a', 'inA', [points.a.subarray(0, round2), alpha1, deltaC1], threads),
    ...load('b2', 'inB', [points.b2, beta2, deltaC2], threads),
    ...load('a', 'round2', [points.a.subarray(round2), challengeInA], 1),
    ...load('c', 'round2', [points.c], 1),
    ...load('b1', 'inB', [points.b1, beta1, deltaC1], threads),
    ...load('ic', 'statement', [header.ic], 1),
    // full scalars: to share windows takes fewer additions than to share points
    ...load('h', 'slopes', [points.h], Math.ceil(threads / 2)).flatMap((chunk) =>
      threads === 1 ? [chunk] : [0, 1].map((place) => ({ ...chunk, share: { place, of: 2 } })),
    ),
  ]
}
