/** Gather: whole slices along one axis; negative indices count from the end. */
import { sizeOf } from '../../base/tensor.js'
import { int } from '../attributes.js'
import { checkSize, rearrange, type Value } from '../builder.js'
import { pickIndex } from '../layout.js'
import { InvalidNodeError, isConstant, type OpNode, requireInput, resolveAxis } from '../node.js'
import { pickAt, slicesAlong } from '../pick.js'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const indices = requireInput(node, 1)
  const axis = resolveAxis(node, int(node.attributes, 'axis', 0), x.shape.length)
  if (!isConstant(indices)) {
    const result = x.shape.toSpliced(axis, 1, ...indices.shape)
    checkSize(node.graph, sizeOf(result), 'gathered elements')
    return pickAt(node, x, indices, slicesAlong(x.shape, axis, sizeOf(indices.shape)), result)
  }
  const extent = x.shape[axis]!
  const pick = indices.data.map((index) => (index < 0 ? index + extent : index))
  const outside = pick.find((index) => !(index >= 0 && index < extent))
  if (outside !== undefined)
    throw new InvalidNodeError(node, `index ${outside} is outside an axis of ${extent}`)
  const shape = x.shape.toSpliced(axis, 1, ...indices.shape)
  checkSize(node.graph, sizeOf(shape), 'gathered elements')
  const picks = x.shape.map((_, at) => (at === axis ? pick : undefined))
  return rearrange(node.graph, [x], pickIndex(x.shape, picks), shape)
}
