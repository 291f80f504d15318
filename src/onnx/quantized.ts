/**
 * Tensors of small integers that stand for reals: real = (integer - zero point) * scale, with one pair for the whole
 * tensor, one for each entry of an axis, or one for each block along it. Quantizing rounds halves to the even integer and
 * saturates at the ends of the type.
 *
 * Trap: ONNX Runtime multiplies scales in float32, so the factors of an int8 product are numbers of 24 bits, and a product
 * of integers times one is exact here.
 */
import { type Shape, sizeOf, stridesOf, unravel } from '../base/tensor.js'
import { addTerms } from './affine.js'
import { type Builder, clamp, linear, round, type Value, within } from './builder.js'
import { type ElementType, isFloat, rangeOf } from './elements.js'
import { range } from './layout.js'
import { type ConstantValue, InvalidNodeError, type OpNode, requireConstant, resolveAxis } from './node.js'
import { UnsupportedNodeError } from './unsupported.js'

export type Grid = {
  /** One an element of the tensor. */
  readonly scale: Float64Array
  readonly zero: Float64Array
}

/** A scale and an optional zero point, over the elements of a tensor of this shape. */
export function gridOf(
  node: OpNode,
  shape: Shape,
  scale: ConstantValue,
  zero: ConstantValue | undefined,
  axis: number,
  block = 0,
): Grid {
  if (zero !== undefined && sizeOf(zero.shape) !== sizeOf(scale.shape)) {
    const found = `${sizeOf(scale.shape)} scales and ${sizeOf(zero.shape)} zero points`
    throw new InvalidNodeError(node, `it has ${found}`)
  }
  if (scale.data.some((value) => !(value > 0 && Number.isFinite(value))))
    throw new InvalidNodeError(node, 'its scale is not positive')
  const place = placesOf(node, shape, scale.shape, axis, block)
  const spread = (data: Float64Array) => Float64Array.from(place, (at) => data[at]!)
  return {
    scale: spread(scale.data),
    zero: zero === undefined ? new Float64Array(place.length) : spread(zero.data),
  }
}

/** For each element, its place among the parameters. */
function placesOf(node: OpNode, shape: Shape, parameters: Shape, axis: number, block: number): Int32Array {
  const size = sizeOf(shape)
  if (sizeOf(parameters) === 1) return new Int32Array(size)
  const along = resolveAxis(node, axis, shape.length)
  const extent = shape[along]!
  const inner = sizeOf(shape.slice(along + 1))
  if (parameters.length === 1 && parameters[0] === extent)
    return range(size).map((at) => Math.floor(at / inner) % extent)
  const blocks = shape.with(along, Math.ceil(extent / Math.max(1, block)))
  if (block < 1 || blocks.join() !== parameters.join()) {
    const found = `parameters of shape ${parameters.join('x')} for a tensor of ${shape.join('x')}`
    throw new InvalidNodeError(node, `it has ${found}`)
  }
  const strides = stridesOf(blocks)
  return range(size).map((at) =>
    unravel(at, shape).reduce((sum, place, own) => {
      return sum + strides[own]! * (own === along ? Math.floor(place / block) : place)
    }, 0),
  )
}

/** The integers of a type nearest to `value * factor + zero`, one factor and zero point an element. */
export function quantize(
  builder: Builder,
  value: Value,
  factor: Float64Array,
  zero: Float64Array,
  type: ElementType,
): Value {
  const scaled = elementwise(builder, value, factor, new Float64Array(zero.length))
  const whole = round(builder, { ...scaled, type: 'float32', range: undefined }, 'even')
  const offset = { shape: value.shape, data: zero, type: 'float32' as const }
  const [one, other] = [{ value: whole, sign: 1 } as const, { value: offset, sign: 1 } as const]
  const ends = rangeOf(type)!
  const moved = zero.every((point) => point === 0) ? whole : addTerms(builder, one, other)
  return { ...clamp(builder, moved, ends.lo, ends.hi), type, range: ends }
}

/** (value - zero point) * scale. */
export function dequantize(builder: Builder, value: Value, { scale, zero }: Grid, type: ElementType): Value {
  const bias = scale.map((step, at) => -step * zero[at]! + 0)
  return { ...elementwise(builder, value, scale, bias), type, range: undefined }
}

/** value - zero point, as the int32 that integer products are made of. */
export function centred(builder: Builder, value: Value, zero: Float64Array): Value {
  const int32 = { type: 'int32' as const, range: rangeOf('int32') }
  if (zero.every((point) => point === 0)) return { ...value, ...int32 }
  const ones = new Float64Array(zero.length).fill(1)
  const moved = within(builder, 'Sub', () =>
    elementwise(
      builder,
      value,
      ones,
      zero.map((point) => -point),
    ),
  )
  return { ...moved, ...int32 }
}

function elementwise(builder: Builder, value: Value, factor: Float64Array, bias: Float64Array): Value {
  const weights = [...new Set(factor)]
  const numberOf = new Map(weights.map((weight, at) => [weight, at]))
  const op = {
    rowStart: range(factor.length + 1),
    column: range(factor.length),
    weight: Int32Array.from(factor, (weight) => numberOf.get(weight)!),
    weights: Float64Array.from(weights),
    bias,
  }
  return linear(builder, [value], op, value.shape)
}

/** What is quantized to: the type of the zero point. Throws `UnsupportedNodeError` for floats of 8 bits and the like. */
export function requireWhole(type: ElementType | undefined): ElementType {
  if (type === undefined || type === 'string' || type === 'bool' || isFloat(type)) {
    throw new UnsupportedNodeError(
      `it quantizes to ${type ?? 'a type of less than 8 bits'}`,
      'quantize to int8 or uint8',
    )
  }
  return type
}

/** Scale, zero point and type of the result of an integer product: inputs `at` and `at + 1`. */
export function resultOf(
  node: OpNode,
  at: number,
): { scale: ConstantValue; zero: ConstantValue; type: ElementType } {
  const [scale, zero] = [
    requireConstant(node, at, 'scale of the result'),
    requireConstant(node, at + 1, 'zero point'),
  ]
  if (sizeOf(scale.shape) !== 1 || sizeOf(zero.shape) !== 1)
    throw new InvalidNodeError(node, 'its result has several scales or zero points')
  return { scale, zero, type: requireWhole(zero.type) }
}

/** An optional zero point, one an element of the tensor; `axis` is the one that several stand along. */
export function zeroOf(node: OpNode, at: number, shape: Shape, axis: number): Float64Array {
  if (node.inputs[at] === undefined) return new Float64Array(sizeOf(shape))
  const zero = requireConstant(node, at, 'zero points')
  const ones = { ...zero, data: new Float64Array(zero.data.length).fill(1) }
  return gridOf(node, shape, ones, zero, axis).zero
}
