/** Relu with a slope on the negative side: slope * x + (1 - slope) * relu(x), exact for every slope. */
import { broadcastIndex, sizeOf } from '../base/tensor.js'
import { difference, sumOf } from './affine.js'
import { times } from './bilinear.js'
import { type Builder, clamp, linear, type Value, within } from './builder.js'
import { range } from './layout.js'
import type { ConstantValue } from './node.js'

/** The slopes broadcast to the shape of the value. */
export function leaky(builder: Builder, value: Value, slope: Omit<ConstantValue, 'type'>): Value {
  const size = sizeOf(value.shape)
  const relu = clamp(builder, value, 0, Infinity)
  const place = broadcastIndex(slope.shape, value.shape)
  const slopes = slope.data.length
  const op = {
    rowStart: range(size + 1).map((row) => 2 * row),
    column: range(2 * size).map((entry) => (entry >> 1) + (entry & 1) * size),
    weight: range(2 * size).map((entry) => place[entry >> 1]! + (entry & 1) * slopes),
    weights: Float64Array.from({ length: 2 * slopes }, (_, at) =>
      at < slopes ? slope.data[at]! : 1 - slope.data[at - slopes]!,
    ),
    bias: new Float64Array(size),
  }
  return linear(builder, [value, relu], op, value.shape)
}

/** The same with slopes that are computed: slope * (x - relu(x)) + relu(x). */
export function computedLeaky(builder: Builder, value: Value, slope: Value): Value {
  const relu = clamp(builder, value, 0, Infinity)
  const negative = difference(builder, value, relu)
  const scaled = times(builder, negative, slope)
  return within(builder, 'Add', () => sumOf(builder, [scaled, relu]))
}
