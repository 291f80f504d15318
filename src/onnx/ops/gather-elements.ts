/** GatherElements with constant indices: each element of the result from its own place along one axis. */
import { sizeOf, stridesOf, unravel } from '../../base/tensor.js'
import { int } from '../attributes.js'
import { checkSize, rearrange, type Value } from '../builder.js'
import { InvalidNodeError, type OpNode, requireConstant, requireInput, resolveAxis } from '../node.js'
import { resolveIndices } from '../places.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const { shape, data } = requireConstant(node, 1, 'indices')
  const axis = resolveAxis(node, int(node.attributes, 'axis', 0), x.shape.length)
  const fits = shape.length === x.shape.length && shape.every((n, at) => at === axis || n <= x.shape[at]!)
  if (!fits) {
    throw new InvalidNodeError(
      node,
      `indices of shape ${shape.join('x')} do not fit ${x.shape.join('x')} beside axis ${axis}`,
    )
  }
  checkSize(node.graph, sizeOf(shape), 'gathered elements')
  const picks = resolveIndices(node, data, x.shape[axis]!)
  const strides = stridesOf(x.shape)
  const index = Int32Array.from(picks, (pick, at) =>
    unravel(at, shape).reduce((sum, own, along) => sum + (along === axis ? pick : own) * strides[along]!, 0),
  )
  return rearrange(node.graph, [x], index, shape)
}
