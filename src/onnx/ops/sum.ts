/** Sum: of one or more tensors, with broadcasting. */
import { sumOf } from '../affine.js'
import type { Value } from '../builder.js'
import { type OpNode, requireInputs } from '../node.js'

export function lower(node: OpNode): Value {
  return sumOf(node.graph, requireInputs(node))
}
