/** One of two tensors, element by element, as flags say. */
import { broadcastIndex, broadcastShapes, type Shape, sizeOf } from '../base/tensor.js'
import { difference, sumOf } from './affine.js'
import { times } from './bilinear.js'
import { type Builder, checkSize, rearrange, type Value, within } from './builder.js'
import { not } from './flags.js'
import { isConstant } from './node.js'
import { UnsupportedNodeError } from './unsupported.js'

/**
 * `a` where the flag is 1, `b` where it is 0, with broadcasting. Throws `BroadcastError`, and `UnsupportedNodeError`
 * where a computed flag chooses an infinity.
 */
export function select(builder: Builder, flag: Value, a: Value, b: Value): Value {
  const shape = [flag, a, b].map((value) => value.shape).reduce(broadcastShapes)
  checkSize(builder, sizeOf(shape), 'a choice')
  if (isConstant(flag)) return pickConstant(builder, flag, a, b, shape)
  if ([a, b].some((value) => value.data?.some((entry) => !Number.isFinite(entry)))) {
    throw new UnsupportedNodeError(
      'it chooses between a number and an infinity',
      'use a large number instead of the infinity',
    )
  }
  const range = a.range &&
    b.range && { lo: Math.min(a.range.lo, b.range.lo), hi: Math.max(a.range.hi, b.range.hi) }
  return { ...choose(builder, flag, a, b), type: a.type, range }
}

/** Two products with constants are free; of two computed tensors their difference takes one. */
function choose(builder: Builder, flag: Value, a: Value, b: Value): Value {
  if (isConstant(a) || isConstant(b)) {
    return sumOf(builder, [times(builder, flag, a), times(builder, not(builder, flag), b)])
  }
  const switched = times(builder, flag, difference(builder, a, b))
  return within(builder, 'Sum', () => sumOf(builder, [b, switched]))
}

function pickConstant(builder: Builder, flag: Value, a: Value, b: Value, shape: Shape): Value {
  const [chosen, left, right] = [flag, a, b].map((value) => broadcastIndex(value.shape, shape))
  const start = sizeOf(a.shape)
  const index = chosen!.map((at, i) => (flag.data![at] === 0 ? start + right![i]! : left![i]!))
  return rearrange(builder, [a, b], index, shape)
}
