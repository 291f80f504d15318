/** The larger and the smaller of tensors, elementwise with broadcasting. */
import { broadcastIndex, broadcastShapes, type Shape, sameShape, sizeOf } from '../base/tensor.js'
import { scale } from './affine.js'
import { type Builder, checkSize, clamp, max, rearrange, type Value } from './builder.js'
import { type ConstantValue, isConstant } from './node.js'

/** Throws `BroadcastError` where the shapes do not meet. */
export function maximum(builder: Builder, values: readonly Value[]): Value {
  const shape = commonShape(builder, values)
  const computed = values.filter((value) => !isConstant(value))
  const constants = values.filter(isConstant)
  if (constants.length === 0) return largest(builder, computed, shape)
  const bound = largest(builder, constants, shape) as ConstantValue
  if (computed.length === 0) return bound
  const chosen = largest(builder, computed, shape)
  return bound.data.every((value) => value === bound.data[0])
    ? clamp(builder, chosen, bound.data[0]!, Infinity)
    : largest(builder, [chosen, bound], shape)
}

/** The negated largest of the negated. Throws `BroadcastError` where the shapes do not meet. */
export function minimum(builder: Builder, values: readonly Value[]): Value {
  const constants = values.filter(isConstant)
  const single = values.length === 2 && constants.length === 1 && constants[0]!.data.length === 1
  if (single) {
    const shape = commonShape(builder, values)
    const computed = broadcast(builder, values.find((value) => !isConstant(value))!, shape)
    return clamp(builder, computed, -Infinity, constants[0]!.data[0]!)
  }
  return negate(
    builder,
    maximum(
      builder,
      values.map((value) => negate(builder, value)),
    ),
  )
}

export function negate(builder: Builder, value: Value): Value {
  return scale(builder, value, { shape: [], data: Float64Array.of(-1) })
}

/** The value as NumPy broadcasts it to a shape. */
export function broadcast(builder: Builder, value: Value, shape: Shape): Value {
  if (sameShape(value.shape, shape)) return value
  checkSize(builder, sizeOf(shape), 'a broadcast')
  return rearrange(builder, [value], broadcastIndex(value.shape, shape), shape)
}

function commonShape(builder: Builder, values: readonly Value[]): Shape {
  const shape = values.map((value) => value.shape).reduce(broadcastShapes)
  checkSize(builder, sizeOf(shape) * values.length, 'a choice')
  return shape
}

function largest(builder: Builder, values: readonly Value[], shape: Shape): Value {
  if (values.length === 1) return broadcast(builder, values[0]!, shape)
  const groups = sizeOf(shape)
  const member = new Int32Array(groups * values.length)
  let start = 0
  values.forEach((value, at) => {
    const index = broadcastIndex(value.shape, shape)
    for (let group = 0; group < groups; group++) member[group * values.length + at] = start + index[group]!
    start += sizeOf(value.shape)
  })
  const groupStart = Int32Array.from({ length: groups + 1 }, (_, group) => group * values.length)
  return max(builder, values, { groupStart, member }, shape)
}
