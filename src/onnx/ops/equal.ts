/** Equal: of whole numbers and flags, with broadcasting. */
import type { Value } from '../builder.js'
import { isEqual } from '../comparison.js'
import { type OpNode, requireInput } from '../node.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  return isEqual(node, requireInput(node, 0), requireInput(node, 1))
}
