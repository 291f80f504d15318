/**
 * A key that kernels took, cut into tasks: plain data, so that machines in other threads, over the same memory, prove with
 * it as well.
 */
import { BYTES } from '../../base/field.js'
import { concat } from '../elements.js'
import { G1, G2 } from '../groth16/group.js'
import type { Machine, Points, Rows, TierName } from '../groth16/machine.js'
import { shareBytes } from '../groth16/memory.js'
import { edges, FEWEST } from '../groth16/multiply.js'
import type { LookupKey } from './key.js'

export type LoadedLookup = {
  readonly tier: TierName
  /** What opens a machine over the memory that the key is in. */
  readonly shared: unknown
  /** Of the domain alone: rows are evaluated in doubles. */
  readonly domain: Rows
  readonly chunks: readonly Chunk[]
}

/** A stretch of points, the sum it adds to, and which scalars it is multiplied with, from `start` on. */
export type Chunk = {
  readonly sum: SumName
  readonly scalars: ScalarsName
  readonly start: number
  readonly points: Points
}

export type SumName = 'a' | 'b1' | 'b2' | 'd' | 'c' | 'h'

/**
 * Of round 1: what D commits to, and the wires of A and B. Of round 2: the lookups' inverses, of which there are as many
 * different ones as table entries, and the entries' quotients; and the quotient polynomial. `withR` and `withS` are 1, r or
 * s, and the challenge, of the points that A, B1 and B2 have beside those.
 */
export type ScalarsName =
  | 'committed'
  | 'inA'
  | 'inB'
  | 'inverses'
  | 'quotients'
  | 'quotient'
  | 'withR'
  | 'withS'

/** For proofs of so many threads each. Bytes that several threads will read are shared. */
export function loadKey(machine: Machine, key: LookupKey, threads: number): LoadedLookup {
  const { tier, shared } = machine
  const { domainSize } = key.shape
  const held = threads === 1 ? (bytes: Uint8Array) => bytes : shareBytes
  const { a, b1, b2, d, c, h } = key.points
  const points = { a: held(a), b1: held(b1), b2: held(b2), d: held(d), c: held(c), h: held(h) }
  return {
    tier,
    shared,
    domain: machine.loadRows(new Uint8Array(), domainSize),
    chunks: loadChunks(machine, { ...key, points }, threads),
  }
}

/** The longest first, of those that wait for the same. */
function loadChunks(machine: Machine, key: LookupKey, threads: number): Chunk[] {
  const { points, layout, shape, header } = key
  const lookups = layout.tableOf.length
  const part = (bytes: Uint8Array, start: number, end?: number) =>
    bytes.subarray(G1.bytes * start, end === undefined ? undefined : G1.bytes * end)
  const load = (sum: SumName, scalars: ScalarsName, bytes: Uint8Array, parts: number): Chunk[] => {
    const size = sum === 'b2' ? G2.bytes : G1.bytes
    const count = bytes.length / size
    return edges(count, Math.min(parts, Math.floor(count / FEWEST))).map(([start, end]) => ({
      ...{ sum, scalars, start },
      points: machine.loadPoints(
        sum === 'b2' ? 'g2' : 'g1',
        bytes.subarray(size * start, size * end),
        end - start,
      ),
    }))
  }
  const inRound2 = shape.firstInA + lookups
  const { alpha1, beta1, beta2, deltaC1, deltaC2 } = header
  return [
    ...load('d', 'committed', points.d, threads),
    ...load('b2', 'inB', points.b2, threads),
    ...load('b1', 'inB', points.b1, threads),
    ...load('a', 'inA', part(points.a, 0, shape.firstInA), threads),
    ...load('h', 'quotient', points.h, threads),
    ...load('a', 'inverses', part(points.a, shape.firstInA, inRound2), 1),
    ...load('c', 'inverses', part(points.c, 0, lookups), 1),
    ...load('a', 'quotients', part(points.a, inRound2), 1),
    ...load('c', 'quotients', part(points.c, lookups), 1),
    ...load('a', 'withR', concat([alpha1, deltaC1, ofChallenge(key, 'a')]), 1),
    ...load('b1', 'withS', concat([beta1, deltaC1, ofChallenge(key, 'b1')]), 1),
    ...load('b2', 'withS', concat([beta2, deltaC2, ofChallenge(key, 'b2')]), 1),
  ]
}

/** The challenge's point; at infinity where it has none. */
function ofChallenge({ layout, shape, points }: LookupKey, section: 'a' | 'b1' | 'b2'): Uint8Array {
  const place = (section === 'a' ? shape.inA : shape.inB).indexOf(layout.beta)
  const size = (section === 'b2' ? 4 : 2) * BYTES
  return place < 0 ? new Uint8Array(size) : points[section].subarray(size * place, size * (place + 1))
}
