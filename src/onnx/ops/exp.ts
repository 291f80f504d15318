/** Exp. */
import { smooth, type Value } from '../builder.js'
import { type OpNode, requireInput } from '../node.js'

export function lower(node: OpNode): Value {
  return smooth(node.graph, requireInput(node, 0), 'exp')
}
