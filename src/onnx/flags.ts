/** Flags, tensors of 0 and 1, as comparisons make them; and what logic makes of them. */
import { sizeOf } from '../base/tensor.js'
import { difference, scale } from './affine.js'
import { times } from './bilinear.js'
import { type Builder, type Value, within } from './builder.js'

/** The value, of which it is known that it is 0 or 1 everywhere. */
export function asFlag(value: Value): Value {
  return { ...value, type: 'bool', range: { lo: 0, hi: 1 } }
}

export function not(builder: Builder, flag: Value): Value {
  const ones = new Float64Array(sizeOf(flag.shape)).fill(1)
  const minus = { shape: [], data: Float64Array.of(-1) }
  // whichever operator it is part of, its numbers are no weights of the model
  return asFlag(within(builder, 'Not', () => scale(builder, flag, minus, ones)))
}

export function and(builder: Builder, a: Value, b: Value): Value {
  return asFlag(times(builder, a, b))
}

export function or(builder: Builder, a: Value, b: Value): Value {
  return not(builder, and(builder, not(builder, a), not(builder, b)))
}

/** The square of the difference: bounds then know that it is 0 or 1. */
export function xor(builder: Builder, a: Value, b: Value): Value {
  const apart = difference(builder, a, b)
  return asFlag(times(builder, apart, apart))
}
