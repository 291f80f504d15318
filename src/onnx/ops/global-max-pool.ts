/** GlobalMaxPool: the maximum over all spatial axes, which stay with extent 1. */
import { max, type Value } from '../builder.js'
import { type OpNode, requireInput, requireRank } from '../node.js'
import { reduction } from '../reduce.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  requireRank(node, 'input', x.shape, 3)
  const groups = reduction(node, x.shape, [...x.shape.keys()].slice(2), true)
  return max(node.graph, [x], groups, groups.shape)
}
