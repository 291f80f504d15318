/** LpNormalization: each line along `axis` divided by the sum of its magnitudes, or by its length. */
import { int } from '../attributes.js'
import { quotient, root, type Value } from '../builder.js'
import { maximum, negate } from '../choice.js'
import { type OpNode, requireInput, resolveAxis } from '../node.js'
import { reduction, sumOfSquares, weightedSum } from '../reduce.js'

export function lower(node: OpNode): Value {
  const { graph, attributes } = node
  const x = requireInput(node, 0)
  const axis = resolveAxis(node, int(attributes, 'axis', -1), x.shape.length)
  const groups = reduction(node, x.shape, [axis], true)
  const norm =
    int(attributes, 'p', 2) === 1
      ? weightedSum(graph, maximum(graph, [x, negate(graph, x)]), groups, 1)
      : root(graph, sumOfSquares(graph, x, groups))
  return quotient(graph, x, norm)
}
