import type { Value } from '../builder.js'
import { type OpNode, requireInput } from '../node.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  return requireInput(node, 0)
}
