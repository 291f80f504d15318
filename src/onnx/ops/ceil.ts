import type { Value } from '../builder.js'
import { type OpNode, requireInput } from '../node.js'
import { ceil } from '../whole.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  return ceil(node.graph, requireInput(node, 0))
}
