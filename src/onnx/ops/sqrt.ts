/** Sqrt, of numbers that are not negative. */
import { root, type Value } from '../builder.js'
import { type OpNode, requireInput } from '../node.js'

export function lower(node: OpNode): Value {
  return root(node.graph, requireInput(node, 0))
}
