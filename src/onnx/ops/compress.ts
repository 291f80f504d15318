/** Compress with a constant condition: the slices along one axis (or the elements) where it is true. */
import { sizeOf } from '../../base/tensor.js'
import { has, int } from '../attributes.js'
import { rearrange, reshape, type Value } from '../builder.js'
import { pickIndex } from '../layout.js'
import { InvalidNodeError, type OpNode, requireConstant, requireInput, resolveAxis } from '../node.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  const given = requireInput(node, 0)
  const { data } = requireConstant(node, 1, 'condition')
  const whole = !has(node.attributes, 'axis')
  const x = whole ? reshape(node.graph, given, [sizeOf(given.shape)]) : given
  const axis = whole ? 0 : resolveAxis(node, int(node.attributes, 'axis', 0), x.shape.length)
  const kept = [...data.keys()].filter((at) => data[at] !== 0)
  const outside = kept.find((at) => at >= x.shape[axis]!)
  if (outside !== undefined)
    throw new InvalidNodeError(node, `its condition keeps ${outside} of an axis of ${x.shape[axis]}`)
  const picks = x.shape.map((_, at) => (at === axis ? kept : undefined))
  return rearrange(node.graph, [x], pickIndex(x.shape, picks), x.shape.with(axis, kept.length))
}
