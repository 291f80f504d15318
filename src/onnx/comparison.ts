/** Comparisons of two tensors, elementwise with broadcasting: flags. */
import { broadcastIndex, broadcastShapes, sizeOf } from '../base/tensor.js'
import { difference } from './affine.js'
import { type Builder, checkSize, compare, constant, type Value } from './builder.js'
import { asFlag, not, xor } from './flags.js'
import { type ConstantValue, isConstant, type OpNode } from './node.js'
import { pin, spike, staircase } from './staircase.js'
import { UnsupportedNodeError } from './unsupported.js'

/** What of a constant a comparison needs. */
type Limit = Pick<ConstantValue, 'shape' | 'data'>

const ZERO: Limit = { shape: [], data: Float64Array.of(0) }

/** a >= b; a > b where `strict`. Throws `BroadcastError` where the shapes do not meet. */
export function isAtLeast(builder: Builder, a: Value, b: Value, strict = false): Value {
  if (isConstant(b)) return reaches(builder, a, b, strict)
  if (isConstant(a)) return not(builder, reaches(builder, b, a, !strict))
  return reaches(builder, typedDifference(builder, a, b), ZERO, strict)
}

/** Equality of whole numbers. Throws `UnsupportedNodeError` where one may be none, `BroadcastError` as above. */
export function isEqual(node: OpNode, a: Value, b: Value): Value {
  const { graph } = node
  if (a.type === 'bool' && b.type === 'bool') return not(graph, xor(graph, a, b))
  if (isConstant(a) && isConstant(b)) return equalConstants(a, b)
  if (isConstant(a)) return isEqual(node, b, a)
  if (a.range === undefined || (b.range === undefined && !isConstant(b))) {
    throw new UnsupportedNodeError(
      'it asks whether computed floats are equal, which rounding decides',
      'compare whole numbers, or with a tolerance (Less)',
    )
  }
  return isConstant(b)
    ? equalsConstant(graph, a, b)
    : equalsConstant(graph, typedDifference(graph, a, b), ZERO)
}

/** Whether elements are other than 0; of floats too, since that is what a Cast to bool asks. */
export function isNonZero(builder: Builder, x: Value): Value {
  const steps = x.range === undefined ? pin(0, -1) : spike(0, -1)
  const rows = Array.from({ length: sizeOf(x.shape) }, (_, element) => ({ element, base: 1, steps }))
  return asFlag(staircase(builder, x, rows, x.shape))
}

/** a - b, whose type and range are not those of `a`. */
function typedDifference(builder: Builder, a: Value, b: Value): Value {
  const range = a.range && b.range && { lo: a.range.lo - b.range.hi, hi: a.range.hi - b.range.lo }
  return { ...difference(builder, a, b), type: range === undefined ? 'float64' : 'int64', range }
}

function reaches(builder: Builder, a: Value, limit: Limit, strict: boolean): Value {
  if (limit.data.some(Number.isNaN))
    throw new UnsupportedNodeError('it compares with NaN', 'compare with a number')
  const shape = broadcastShapes(a.shape, limit.shape)
  checkSize(builder, sizeOf(shape), 'a comparison')
  const threshold = Float64Array.from(broadcastIndex(limit.shape, shape), (at) => limit.data[at]!)
  const element = broadcastIndex(a.shape, shape)
  const stricts = new Uint8Array(threshold.length).fill(strict ? 1 : 0)
  return asFlag(compare(builder, a, element, threshold, shape, stricts))
}

function equalsConstant(builder: Builder, a: Value, { data, shape: from }: Limit): Value {
  const shape = broadcastShapes(a.shape, from)
  const [element, place] = [broadcastIndex(a.shape, shape), broadcastIndex(from, shape)]
  const rows = Array.from(element, (at, i) => {
    const value = data[place[i]!]!
    return { element: at, base: 0, steps: Number.isInteger(value) ? spike(value, 1) : [] }
  })
  return asFlag(staircase(builder, a, rows, shape))
}

function equalConstants(a: ConstantValue, b: ConstantValue): Value {
  const shape = broadcastShapes(a.shape, b.shape)
  const right = broadcastIndex(b.shape, shape)
  const left = broadcastIndex(a.shape, shape)
  return constant(
    shape,
    Float64Array.from(left, (from, at) => (a.data[from] === b.data[right[at]!] ? 1 : 0)),
    'bool',
  )
}
