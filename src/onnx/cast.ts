/**
 * Conversions between element types. Those that change no value:
 * - from float to float, since a core program computes on plain numbers (what a narrower type would round away lies
 *   below any quantization);
 * - from whole numbers to any type that holds their range: each integer type has one, an ArgMax has a smaller one, and it
 *   lasts through casts and layout operators. Floats count as holding every range.
 * To bool is a comparison with 0, and from floats to integers a rounding towards zero.
 * Constants are converted as the specification says: floats towards zero, and anything but 0 is true.
 */
import { type Builder, constant, type Value } from './builder.js'
import { isNonZero } from './comparison.js'
import { type ElementType, isFloat, rangeOf } from './elements.js'
import { isConstant } from './node.js'
import { UnsupportedNodeError } from './unsupported.js'
import { truncate } from './whole.js'

/** Throws `UnsupportedNodeError` where a computed value may change. */
export function castTo(builder: Builder, x: Value, to: ElementType): Value {
  if (isConstant(x)) return constant(x.shape, convert(x.data, x.type, to), to)
  if (isFloat(to)) return { ...x, type: to }
  const [room, range] = [rangeOf(to)!, x.range]
  if (range !== undefined && room.lo <= range.lo && range.hi <= room.hi) return { ...x, type: to }
  if (to === 'bool') return isNonZero(builder, x)
  if (range === undefined) return truncate(builder, x, to)
  throw new UnsupportedNodeError(
    `it casts computed ${x.type} to ${to}, which may overflow`,
    'keep the wider type',
  )
}

function convert(data: Float64Array, from: ElementType, to: ElementType): Float64Array {
  if (to === 'bool') return data.map((value) => (value === 0 ? 0 : 1))
  if (to === 'float32') return data.map(Math.fround)
  return isFloat(to) || !isFloat(from) ? data : data.map(Math.trunc)
}
