/** Shape, from axis `start` up to but without `end` (opset 15); constant, since shapes are static. */
import { int } from '../attributes.js'
import { constant, type Value } from '../builder.js'
import { type OpNode, requireInput } from '../node.js'

export function lower(node: OpNode): Value {
  const { shape } = requireInput(node, 0)
  // slice clamps and counts negative positions from the end just as the operator does
  const part = shape.slice(int(node.attributes, 'start', 0), int(node.attributes, 'end', shape.length))
  return constant([part.length], Float64Array.from(part), 'int64')
}
