/** Abs: the larger of x and -x. */
import type { Value } from '../builder.js'
import { maximum, negate } from '../choice.js'
import { type OpNode, requireInput } from '../node.js'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  return maximum(node.graph, [x, negate(node.graph, x)])
}
