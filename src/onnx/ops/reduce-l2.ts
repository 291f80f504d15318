/** ReduceL2: the root of the sum of squares; axes as an attribute before opset 18, as an input from then on. */
import { root, type Value } from '../builder.js'
import { maximum, negate } from '../choice.js'
import { type OpNode, requireInput } from '../node.js'
import { reductionOf, sumOfSquares } from '../reduce.js'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const groups = reductionOf(node, 18)
  if (groups === undefined) return maximum(node.graph, [x, negate(node.graph, x)])
  return root(node.graph, sumOfSquares(node.graph, x, groups))
}
