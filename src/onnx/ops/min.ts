/** Min: of one or more tensors, with broadcasting. */
import type { Value } from '../builder.js'
import { minimum } from '../choice.js'
import { type OpNode, requireInputs } from '../node.js'

export function lower(node: OpNode): Value {
  return minimum(node.graph, requireInputs(node))
}
