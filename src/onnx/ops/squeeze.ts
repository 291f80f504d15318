/** Squeeze: drops axes of extent 1: those listed (attribute before opset 13, then input), or all. */
import { ints } from '../attributes.js'
import { reshape, type Value } from '../builder.js'
import { InvalidNodeError, type OpNode, optionalList, requireInput, resolveAxes } from '../node.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const listed = node.opset < 13 ? ints(node.attributes, 'axes') : optionalList(node, 1, 'axes')
  const ones = [...x.shape.keys()].filter((axis) => x.shape[axis] === 1)
  const axes = listed === undefined ? ones : resolveAxes(node, listed, x.shape.length)
  if (axes.some((axis) => x.shape[axis] !== 1)) {
    throw new InvalidNodeError(node, `axes [${axes}] of shape ${x.shape.join('x')} are not all of extent 1`)
  }
  const shape = x.shape.filter((_, axis) => !axes.includes(axis))
  return reshape(node.graph, x, shape)
}
