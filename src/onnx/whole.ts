/** Whole numbers made of others: rounding in all directions, and division by constants that leaves a remainder. */
import { broadcastIndex, broadcastShapes } from '../base/tensor.js'
import { difference, scale, sumOf } from './affine.js'
import { type Builder, clamp, round, type Value } from './builder.js'
import { negate } from './choice.js'
import { type ElementType, isFloat, rangeOf } from './elements.js'
import type { ConstantValue } from './node.js'

export function floor(builder: Builder, x: Value): Value {
  return round(builder, x, 'floor')
}

export function ceil(builder: Builder, x: Value): Value {
  return x.range === undefined ? negate(builder, floor(builder, negate(builder, x))) : x
}

/** Towards zero, as casts to integers do. A type without negative numbers needs one side only. */
export function truncate(builder: Builder, x: Value, to: ElementType): Value {
  const room = rangeOf(to)!
  const up = floor(builder, clamp(builder, x, 0, Infinity))
  if (room.lo === 0) return { ...up, type: to, range: room }
  const down = floor(builder, clamp(builder, negate(builder, x), 0, Infinity))
  return { ...difference(builder, up, down), type: to, range: room }
}

/** How far a float may be below a multiple of the divisor and still count as it: float32 is coarser. */
const NEARLY = 2 ** -30

/**
 * x / divisor as a whole number, down or towards zero. What is exactly a multiple must not fall below it by the last bit
 * of a division: whole numbers are moved to the middle between two of them first.
 */
export function divide(builder: Builder, x: Value, divisor: ConstantValue, to: 'floor' | 'zero'): Value {
  if (to === 'floor') return quotient(builder, x, divisor)
  const size = { shape: divisor.shape, data: divisor.data.map(Math.abs) }
  const sign = { shape: divisor.shape, data: divisor.data.map(Math.sign) }
  const isNeverNegative = x.range !== undefined && x.range.lo >= 0
  const above = isNeverNegative ? x : { ...clamp(builder, x, 0, Infinity), range: x.range }
  const up = quotient(builder, above, { ...divisor, ...size })
  if (isNeverNegative) return scale(builder, up, sign)
  const below = { ...clamp(builder, negate(builder, x), 0, Infinity), range: x.range }
  const down = quotient(builder, below, { ...divisor, ...size })
  return scale(builder, difference(builder, up, down), sign)
}

function quotient(builder: Builder, x: Value, divisor: ConstantValue): Value {
  const shape = broadcastShapes(x.shape, divisor.shape)
  const place = broadcastIndex(divisor.shape, shape)
  const isWhole = x.range !== undefined && divisor.data.every(Number.isInteger)
  const bias = Float64Array.from(place, (at) => (isWhole ? 0.5 / Math.abs(divisor.data[at]!) : NEARLY))
  const inverse = { shape: divisor.shape, data: divisor.data.map((value) => 1 / value) }
  return round(builder, { ...scale(builder, x, inverse, bias), range: undefined }, 'floor')
}

/** x - divisor * (x / divisor): the remainder with the sign of the divisor (`floor`), or with that of x (`zero`). */
export function remainder(builder: Builder, x: Value, divisor: ConstantValue, to: 'floor' | 'zero'): Value {
  const times = divide(builder, x, divisor, to)
  const minus = { shape: divisor.shape, data: divisor.data.map((value) => -value) }
  const rest = sumOf(builder, [x, scale(builder, times, minus)])
  const most = divisor.data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) - 1
  const isWhole = x.range !== undefined && divisor.data.every(Number.isInteger)
  const least =
    x.range !== undefined && x.range.lo >= 0 && divisor.data.every((value) => value > 0) ? 0 : -most
  return { ...rest, type: x.type, range: isWhole && !isFloat(x.type) ? { lo: least, hi: most } : undefined }
}
