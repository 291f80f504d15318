/** Mul, with broadcasting. */
import { times } from '../bilinear.js'
import type { Value } from '../builder.js'
import { type OpNode, requireInput } from '../node.js'

export function lower(node: OpNode): Value {
  return times(node.graph, requireInput(node, 0), requireInput(node, 1))
}
