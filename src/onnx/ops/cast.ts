/**
 * Cast, where it changes no value:
 * - from float to float, since a core program computes on plain numbers (what a narrower type would round away lies
 *   below any quantization);
 * - from whole numbers to any type that holds their range: each integer type has one, an ArgMax has a smaller one, and it
 *   lasts through casts and layout operators. Floats count as holding every range.
 * Constants are converted as the specification says: floats towards zero, and anything but 0 is true.
 */
import { int } from '../attributes.js'
import { constant, type Value } from '../builder.js'
import { describeType, type ElementType, elementType, isFloat, rangeOf } from '../elements.js'
import { InvalidNodeError, isConstant, type OpNode, requireInput } from '../node.js'
import { UnsupportedNodeError } from '../unsupported.js'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const to = targetType(node)
  if (isConstant(x)) return constant(x.shape, convert(x.data, x.type, to), to)
  if (isFloat(to)) return { ...x, type: to }
  const [room, range] = [rangeOf(to)!, x.range]
  if (range !== undefined && room.lo <= range.lo && range.hi <= room.hi) return { ...x, type: to }
  const why = range === undefined ? 'rounds' : 'may overflow'
  throw new UnsupportedNodeError(`it casts computed ${x.type} to ${to}, which ${why}`, 'keep the wider type')
}

function targetType(node: OpNode): ElementType {
  const code = int(node.attributes, 'to', 0)
  const type = elementType(code)
  if (type === undefined || type === 'string') {
    if (code === 0) throw new InvalidNodeError(node, 'it does not say to which type it casts')
    throw new UnsupportedNodeError(`it casts to ${describeType(code)}`, 'keep to numbers')
  }
  return type
}

function convert(data: Float64Array, from: ElementType, to: ElementType): Float64Array {
  if (to === 'bool') return data.map((value) => (value === 0 ? 0 : 1))
  if (to === 'float32') return data.map(Math.fround)
  return isFloat(to) || !isFloat(from) ? data : data.map(Math.trunc)
}
