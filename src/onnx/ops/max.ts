/** Max: of one or more tensors, with broadcasting. */
import type { Value } from '../builder.js'
import { maximum } from '../choice.js'
import { type OpNode, requireInputs } from '../node.js'

export function lower(node: OpNode): Value {
  return maximum(node.graph, requireInputs(node))
}
