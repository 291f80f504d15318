import type { Value } from '../builder.js'
import { not } from '../flags.js'
import { type OpNode, requireInput } from '../node.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  return not(node.graph, requireInput(node, 0))
}
