/** ReduceProd: axes as an attribute before opset 18, as an input from then on. */
import type { Value } from '../builder.js'
import { type OpNode, requireInput } from '../node.js'
import { productOfGroups } from '../powers.js'
import { reductionOf } from '../reduce.js'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const groups = reductionOf(node, 18)
  return groups === undefined ? x : productOfGroups(node.graph, x, groups)
}
