/** Or of two flags, with broadcasting. */
import type { Value } from '../builder.js'
import { or } from '../flags.js'
import { type OpNode, requireInput } from '../node.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  return or(node.graph, requireInput(node, 0), requireInput(node, 1))
}
