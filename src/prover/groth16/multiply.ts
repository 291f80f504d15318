/**
 * Phase 4: the multiplications, cut into tasks that threads can share. A, B1 and B2 are multiplied with the witness, C with
 * its private part, H with the quotient; and the header's points, which A, B1 and B2 have beside them, with 1 and r or s.
 */
import { BYTES } from '../../base/field.js'
import { concat } from '../elements.js'
import type { Sums } from './assemble.js'
import { G1, G2 } from './group.js'
import type { Key, SectionName } from './key.js'
import type { Affine, GroupName, Machine, Points } from './machine.js'

/** A stretch of points, the section whose sum it adds to, and which scalars it is multiplied with, from `start` on. */
export type Chunk = {
  readonly section: SectionName
  readonly scalars: ScalarsName
  readonly start: number
  readonly points: Points
}

/** `withR` and `withS` are 1 and r, 1 and s. */
export type ScalarsName = 'witness' | 'private' | 'quotient' | 'withR' | 'withS'

/** Cuts each section for so many threads, as long as a part's points outweigh what a multiplication costs beside them. */
export function loadChunks(machine: Machine, key: Key, threads: number): Chunk[] {
  const load = (section: SectionName, scalars: ScalarsName, bytes: Uint8Array, parts: number): Chunk[] => {
    const [group, size]: [GroupName, number] = section === 'b2' ? ['g2', G2.bytes] : ['g1', G1.bytes]
    const count = bytes.length / size
    return edges(count, Math.min(parts, Math.floor(count / FEWEST))).map(([start, end]) => {
      const points = machine.loadPoints(group, bytes.subarray(size * start, size * end), end - start)
      return { section, scalars, start, points }
    })
  }
  const { alpha1, beta1, delta1, beta2, delta2 } = key.header
  return [
    ...SECTIONS.flatMap(([section, scalars]) => load(section, scalars, key.points[section], threads)),
    ...load('a', 'withR', concat([alpha1, delta1]), 1),
    ...load('b1', 'withS', concat([beta1, delta1]), 1),
    ...load('b2', 'withS', concat([beta2, delta2]), 1),
  ]
}

/** A chunk's part of its scalars. */
export function scalarsOf({ start, points }: Chunk, all: Uint8Array): Uint8Array {
  return all.subarray(BYTES * start, BYTES * (start + points.count))
}

/** Adds up what chunks came to. */
export function sumUp(results: readonly (readonly [SectionName, Affine])[]): Sums {
  const inG1 = (name: SectionName) =>
    results.reduce(
      (sum, [of, point]) => (of === name ? G1.add(sum, point as Sums['a']) : sum),
      undefined as Sums['a'],
    )
  const b2 = results.reduce(
    (sum, [of, point]) => (of === 'b2' ? G2.add(sum, point as Sums['b2']) : sum),
    undefined as Sums['b2'],
  )
  return { a: inG1('a'), b1: inG1('b1'), b2, c: inG1('c'), h: inG1('h') }
}

/** The longest first. */
const SECTIONS = [
  ['b2', 'witness'],
  ['h', 'quotient'],
  ['a', 'witness'],
  ['b1', 'witness'],
  ['c', 'private'],
] as const
export const FEWEST = 2 ** 12

/** Stretches of about the same length, one at least. */
export function edges(count: number, parts: number): [start: number, end: number][] {
  const many = Math.max(1, parts)
  const edge = (part: number) => Math.floor((part * count) / many)
  return Array.from({ length: many }, (_, part) => [edge(part), edge(part + 1)])
}
