/** ReduceMax: axes as an attribute before opset 18, as an input from then on. */
import { max, type Value } from '../builder.js'
import { type OpNode, requireInput } from '../node.js'
import { reductionOf } from '../reduce.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const groups = reductionOf(node, 18)
  return groups === undefined ? x : max(node.graph, [x], groups, groups.shape)
}
