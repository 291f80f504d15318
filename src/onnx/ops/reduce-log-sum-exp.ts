/**
 * ReduceLogSumExp: largest + log(sum of exp(x - largest)), so that no exponential is large. Axes as an attribute before
 * opset 18, as an input from then on.
 */
import { minus, sumOf } from '../affine.js'
import { max, rearrange, reshape, smooth, type Value } from '../builder.js'
import { APPROXIMATES, type OpNode, requireInput } from '../node.js'
import { groupOfEach, reductionOf, weightedSum } from '../reduce.js'

export const tolerance = APPROXIMATES

export function lower(node: OpNode): Value {
  const { graph } = node
  const x = requireInput(node, 0)
  const groups = reductionOf(node, 18)
  if (groups === undefined) return x
  const largest = max(graph, [x], groups, groups.shape)
  const spread = rearrange(graph, [largest], groupOfEach(groups), x.shape)
  const powers = smooth(graph, minus(graph, x, spread), 'exp')
  const sum = smooth(graph, weightedSum(graph, powers, groups, 1), 'log')
  return sumOf(graph, [reshape(graph, largest, groups.shape), sum])
}
