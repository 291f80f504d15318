/** Reading a constant table at a computed index, where a straight line through its entries says it all. */
import { sizeOf } from '../base/tensor.js'
import { scale } from './affine.js'
import type { Value } from './builder.js'
import type { ElementType } from './elements.js'
import type { OpNode } from './node.js'
import { UnsupportedNodeError } from './unsupported.js'

/**
 * table[index], for an index that surely lies in the table. Tables in equal steps are lines, among them all class
 * labels 0, 1, 2, ... and every pair. Throws `UnsupportedNodeError` for others, and for an index that may lie outside.
 */
export function lookUp(node: OpNode, table: ArrayLike<number>, index: Value, type: ElementType): Value {
  const [first, step] = [table[0]!, table.length > 1 ? table[1]! - table[0]! : 0]
  const straight = Array.from(table).every((entry, at) => entry === first + at * step)
  const { range } = index
  if (range === undefined || range.lo < 0 || range.hi >= table.length) {
    throw new UnsupportedNodeError(
      `it reads a table of ${table.length} entries at a computed index that may lie outside`,
      'index it by an ArgMax over as many classes',
    )
  }
  if (!straight) {
    throw new UnsupportedNodeError(
      `it maps indices to [${Array.from(table).slice(0, 8).join(', ')}], which are not in equal steps`,
      'number the classes 0, 1, 2, ... and map them outside the model',
    )
  }
  if (first === 0 && (step === 1 || table.length === 1)) return { ...index, type }
  const offset = new Float64Array(sizeOf(index.shape)).fill(first)
  const line = scale(node.graph, index, { shape: [], data: Float64Array.of(step) }, offset)
  const ends = [range.lo, range.hi].map((at) => first + at * step)
  const whole = Number.isInteger(first) && Number.isInteger(step)
  return { ...line, type, range: whole ? { lo: Math.min(...ends), hi: Math.max(...ends) } : undefined }
}
