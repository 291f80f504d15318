/** ArgMin along one axis: of equal elements the first, or the last where `select_last_index` is set. */
import type { Value } from '../builder.js'
import { negate } from '../choice.js'
import { type OpNode, requireInput } from '../node.js'
import { indexOfLargest } from '../rank.js'

export function lower(node: OpNode): Value {
  return indexOfLargest(node, negate(node.graph, requireInput(node, 0)))
}
