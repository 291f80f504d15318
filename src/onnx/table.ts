/** Reading a constant table at a computed index: a line where its entries are in equal steps, else a sum of steps. */
import { sizeOf } from '../base/tensor.js'
import { scale } from './affine.js'
import type { Value } from './builder.js'
import type { ElementType } from './elements.js'
import type { OpNode } from './node.js'
import { type Stairs, staircase } from './staircase.js'
import { UnsupportedNodeError } from './unsupported.js'

/**
 * table[index], for an index that surely lies in the table. Tables in equal steps are lines, among them all class
 * labels 0, 1, 2, ... and every pair; others rank the index. Throws `UnsupportedNodeError` for an index that may lie
 * outside, and for infinite entries.
 */
export function lookUp(node: OpNode, table: ArrayLike<number>, index: Value, type: ElementType): Value {
  const entries = Array.from(table)
  const { range } = index
  if (range === undefined || range.lo < 0 || range.hi >= entries.length) {
    throw new UnsupportedNodeError(
      `it reads a table of ${entries.length} entries at a computed index that may lie outside`,
      'index it by an ArgMax over as many classes',
    )
  }
  if (!entries.every(Number.isFinite))
    throw new UnsupportedNodeError('it reads infinities from a table', 'use finite numbers')
  const found = entries.slice(range.lo, range.hi + 1)
  const [least, greatest] = [Math.min(...found), Math.max(...found)]
  return {
    ...read(node, entries, index),
    type,
    range: found.every(Number.isInteger) ? { lo: least, hi: greatest } : undefined,
  }
}

function read(node: OpNode, entries: readonly number[], index: Value): Value {
  const [first, step] = [entries[0]!, entries.length > 1 ? entries[1]! - entries[0]! : 0]
  if (first === 0 && (step === 1 || entries.length === 1) && isLine(entries, step)) return index
  if (isLine(entries, step)) {
    const offset = new Float64Array(sizeOf(index.shape)).fill(first)
    return scale(node.graph, index, { shape: [], data: Float64Array.of(step) }, offset)
  }
  const steps = entries.slice(1).map((entry, at) => ({ at: at + 0.5, rise: entry - entries[at]! }))
  const rows = Array.from({ length: sizeOf(index.shape) }, (_, element): Stairs => {
    return { element, base: first, steps }
  })
  return staircase(node.graph, index, rows, index.shape)
}

function isLine(entries: readonly number[], step: number): boolean {
  return entries.every((entry, at) => entry === entries[0]! + at * step)
}
