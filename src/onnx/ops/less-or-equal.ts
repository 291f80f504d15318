/** LessOrEqual: a <= b, with broadcasting. */
import type { Value } from '../builder.js'
import { isAtLeast } from '../comparison.js'
import { type OpNode, requireInput } from '../node.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  return isAtLeast(node.graph, requireInput(node, 1), requireInput(node, 0))
}
