import type { Value } from '../builder.js'
import { type OpNode, requireInput } from '../node.js'
import { floor } from '../whole.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  return floor(node.graph, requireInput(node, 0))
}
