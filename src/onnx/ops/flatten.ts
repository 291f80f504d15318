/** Flatten: the axes before `axis` become one, and so do the others. */
import { sizeOf } from '../../base/tensor.js'
import { int } from '../attributes.js'
import { reshape, type Value } from '../builder.js'
import { InvalidNodeError, type OpNode, requireInput } from '../node.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const given = int(node.attributes, 'axis', 1)
  const rank = x.shape.length
  const axis = given < 0 ? given + rank : given
  if (axis < 0 || axis > rank)
    throw new InvalidNodeError(node, `axis ${given} does not exist in ${rank} dimensions`)
  return reshape(node.graph, x, [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))])
}
