/** Min: of one or more tensors, with broadcasting. */
import type { Value } from '../builder.js'
import { minimum } from '../choice.js'
import { type OpNode, requireInput } from '../node.js'

export function lower(node: OpNode): Value {
  requireInput(node, 0)
  return minimum(
    node.graph,
    node.inputs.map((_, at) => requireInput(node, at)),
  )
}
