/** ReduceMean: axes as an attribute before opset 18, as an input from then on. Means of integers round: refused. */
import type { Value } from '../builder.js'
import { isFloat } from '../elements.js'
import { type OpNode, requireInput } from '../node.js'
import { reductionOf, weightedSum } from '../reduce.js'
import { UnsupportedNodeError } from '../unsupported.js'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const groups = reductionOf(node, 18)
  if (groups === undefined) return x
  if (!isFloat(x.type))
    throw new UnsupportedNodeError('it rounds a mean of integers', 'cast to float before it')
  return weightedSum(node.graph, x, groups, 1 / groups.count)
}
