/**
 * Phase 4: the five multiplications, cut into tasks that threads can share. Scalars of A, B1 and B2 are the witness, of C
 * its private part, of H the quotient.
 */
import { BYTES } from '../../base/field.js'
import type { Sums } from './assemble.js'
import { G1, G2 } from './group.js'
import type { Key, SectionName } from './key.js'
import type { Affine, GroupName, Machine, Points } from './machine.js'

/** A stretch of a section. */
export type Chunk = {
  readonly section: SectionName
  readonly start: number
  readonly points: Points
}

/** Cuts each section for so many threads, as long as a part's points outweigh what a multiplication costs beside them. */
export function loadChunks(machine: Machine, { points }: Key, threads: number): Chunk[] {
  return ORDER.flatMap((section) => {
    const group: GroupName = section === 'b2' ? 'g2' : 'g1'
    const size = group === 'g2' ? G2.bytes : G1.bytes
    const count = points[section].length / size
    const parts = Math.max(1, Math.min(threads, Math.floor(count / FEWEST)))
    return Array.from({ length: parts }, (_, part) => {
      const [start, end] = [part, part + 1].map((edge) => Math.floor((edge * count) / parts)) as [
        number,
        number,
      ]
      const bytes = points[section].subarray(size * start, size * end)
      return { section, start, points: machine.loadPoints(group, bytes, end - start) }
    })
  })
}

/** A chunk's scalars among those of its section's whole. */
export function scalarsOf({ start, points }: Chunk, scalars: Uint8Array): Uint8Array {
  return scalars.subarray(BYTES * start, BYTES * (start + points.count))
}

/** Adds up what chunks came to. */
export function sumUp(results: Iterable<readonly [SectionName, Affine]>): Sums {
  const sums: { -readonly [name in SectionName]: Affine } = {
    a: undefined,
    b1: undefined,
    b2: undefined,
    c: undefined,
    h: undefined,
  }
  for (const [section, point] of results) {
    sums[section] =
      section === 'b2'
        ? G2.add(sums.b2 as Sums['b2'], point as Sums['b2'])
        : G1.add(sums[section] as Sums['a'], point as Sums['a'])
  }
  return sums as Sums
}

/** The longest first. */
const ORDER: readonly SectionName[] = ['b2', 'h', 'a', 'b1', 'c']
const FEWEST = 2 ** 12
