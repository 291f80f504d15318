/** Where: the second input where the first is true, else the third, with broadcasting. */
import type { Value } from '../builder.js'
import { type OpNode, requireInput } from '../node.js'
import { select } from '../select.js'

export function lower(node: OpNode): Value {
  return select(node.graph, requireInput(node, 0), requireInput(node, 1), requireInput(node, 2))
}
