/** GlobalAveragePool: the mean over all spatial axes, which stay with extent 1. */
import type { Value } from '../builder.js'
import { type OpNode, requireInput, requireRank } from '../node.js'
import { reduction, weightedSum } from '../reduce.js'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  requireRank(node, 'input', x.shape, 3)
  const groups = reduction(node, x.shape, [...x.shape.keys()].slice(2), true)
  return weightedSum(node.graph, x, groups, 1 / groups.count)
}
