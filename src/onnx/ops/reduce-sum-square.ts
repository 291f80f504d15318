/** ReduceSumSquare: axes as an attribute before opset 18, as an input from then on. */
import { sumOfProducts, times } from '../bilinear.js'
import type { Value } from '../builder.js'
import { type OpNode, requireInput } from '../node.js'
import { reductionOf } from '../reduce.js'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const groups = reductionOf(node, 18)
  if (groups === undefined) return times(node.graph, x, x)
  const { groupStart, member, shape } = groups
  return sumOfProducts(node.graph, x, x, { rowStart: groupStart, left: member, right: member }, shape)
}
