/** GatherElements: each element of the result from its own place along one axis. */
import { sizeOf, stridesOf, unravel } from '../../base/tensor.js'
import { int } from '../attributes.js'
import { checkSize, rearrange, type Value } from '../builder.js'
import { InvalidNodeError, isConstant, type OpNode, requireInput, resolveAxis } from '../node.js'
import { pickAt } from '../pick.js'
import { resolveIndices } from '../places.js'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const indices = requireInput(node, 1)
  const { shape } = indices
  const axis = resolveAxis(node, int(node.attributes, 'axis', 0), x.shape.length)
  const fits = shape.length === x.shape.length && shape.every((n, at) => at === axis || n <= x.shape[at]!)
  if (!fits) {
    throw new InvalidNodeError(
      node,
      `indices of shape ${shape.join('x')} do not fit ${x.shape.join('x')} beside axis ${axis}`,
    )
  }
  checkSize(node.graph, sizeOf(shape), 'gathered elements')
  const extent = x.shape[axis]!
  const strides = stridesOf(x.shape)
  const start = Int32Array.from({ length: sizeOf(shape) }, (_, at) =>
    unravel(at, shape).reduce((sum, own, along) => sum + (along === axis ? 0 : own) * strides[along]!, 0),
  )
  const step = strides[axis]!
  if (!isConstant(indices)) {
    const element = start.map((_, at) => at)
    return pickAt(node, x, indices, { element, start, step, extent }, shape)
  }
  const picks = resolveIndices(node, indices.data, extent)
  return rearrange(
    node.graph,
    [x],
    start.map((at, i) => at + step * picks[i]!),
    shape,
  )
}
