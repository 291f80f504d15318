/** Unsqueeze: new axes of extent 1, counted in the result; an attribute before opset 13, then an input. */
import { ints } from '../attributes.js'
import { reshape, type Value } from '../builder.js'
import { type OpNode, optionalList, requireInput, resolveAxes } from '../node.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const listed = (node.opset < 13 ? ints(node.attributes, 'axes') : optionalList(node, 1, 'axes')) ?? []
  const shape = [...x.shape]
  for (const axis of resolveAxes(node, listed, shape.length + listed.length)) shape.splice(axis, 0, 1)
  return reshape(node.graph, x, shape)
}
