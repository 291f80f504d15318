import { clamp, type Value } from '../builder.js'
import { type OpNode, requireInput } from '../node.js'

export function lower(node: OpNode): Value {
  return clamp(node.graph, requireInput(node, 0), 0, Infinity)
}
