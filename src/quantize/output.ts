/** Reads a model's integers back: as reals, as labels. */
import type { Shape } from '../base/tensor.js'
import type { TensorId } from '../model/graph.js'
import { at, type QuantizedModel, type QuantizedOutput } from '../model/quantized.js'

/** `integer * scale` of every element of a tensor. */
export function realsOf(
  model: Pick<QuantizedModel, 'scales'>,
  tensor: TensorId,
  integers: Float64Array,
): Float64Array {
  const scale = model.scales[tensor]!
  return integers.map((value, element) => value * at(scale, element))
}

/**
 * The classes that an output names, one for each row of its last axis (one in all for a single sample): the place of
 * the largest score, the first of equal ones, or the label itself. Takes integers and reals alike; none of `values`.
 */
export function labelsOf(
  output: Pick<QuantizedOutput, 'meaning'>,
  shape: Shape,
  values: Float64Array,
): number[] {
  if (output.meaning === 'values') return []
  if (output.meaning === 'label') return [...values]
  return rowsOf(shape, values).map((row) => row.indexOf(largest(row)))
}

/** The least distance, over the rows of scores, between the largest score and the next. */
export function marginOf(shape: Shape, scores: Float64Array): number {
  const margins = rowsOf(shape, scores).map((row) => {
    const sorted = row.toSorted()
    return sorted.at(-1)! - (sorted.at(-2) ?? -Infinity)
  })
  return margins.reduce((least, margin) => Math.min(least, margin), Infinity)
}

/**
 * For each row of scores, how much larger the largest is than the next; and what the difference of the same two classes
 * is in `others`.
 */
export function gapsOf(
  shape: Shape,
  scores: Float64Array,
  others: Float64Array,
): { gap: number; other: number }[] {
  const otherRows = rowsOf(shape, others)
  return rowsOf(shape, scores).map((row, at) => {
    const best = row.indexOf(largest(row))
    const rest = row.map((score, place) => (place === best ? -Infinity : score))
    const next = rest.indexOf(largest(rest))
    return { gap: row[best]! - row[next]!, other: otherRows[at]![best]! - otherRows[at]![next]! }
  })
}

function rowsOf(shape: Shape, values: Float64Array): Float64Array[] {
  const classes = shape.at(-1) ?? 1
  return Array.from({ length: values.length / classes }, (_, row) =>
    values.subarray(row * classes, (row + 1) * classes),
  )
}

function largest(row: Float64Array): number {
  return row.reduce((best, value) => Math.max(best, value), -Infinity)
}
