/** ReduceMin: axes as an attribute before opset 18, as an input from then on. */
import { max, type Value } from '../builder.js'
import { negate } from '../choice.js'
import { type OpNode, requireInput } from '../node.js'
import { reductionOf } from '../reduce.js'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const groups = reductionOf(node, 18)
  if (groups === undefined) return x
  return negate(node.graph, max(node.graph, [negate(node.graph, x)], groups, groups.shape))
}
