/**
 * GroupNormalization: each group of channels of each sample standardized, times scale, plus bias. Before opset 21 scale
 * and bias are one a group, from then on one a channel.
 */
import { int } from '../attributes.js'
import { reshape, type Value } from '../builder.js'
import { InvalidNodeError, type OpNode, requireInput, requireRank } from '../node.js'
import { alongChannels, epsilonOf, scaleAndShift, standardize } from '../normalize.js'
import { reduction } from '../reduce.js'

export function lower(node: OpNode): Value {
  const { graph } = node
  const x = requireInput(node, 0)
  requireRank(node, 'input', x.shape, 2)
  const [samples, channels, ...places] = x.shape as [number, number, ...number[]]
  const groups = int(node.attributes, 'num_groups', 1)
  if (!(groups >= 1) || channels % groups !== 0)
    throw new InvalidNodeError(node, `its ${channels} channels do not make ${groups} groups`)
  const grouped = reshape(graph, x, [samples, groups, channels / groups, ...places])
  const axes = Array.from({ length: places.length + 1 }, (_, i) => 2 + i)
  const { result } = standardize(graph, grouped, reduction(node, grouped.shape, axes, true), {
    epsilon: epsilonOf(node),
  })
  const perGroup = node.opset < 21
  const factor = (at: number) =>
    alongChannels(node, requireInput(node, at), perGroup ? grouped.shape : x.shape)
  const scaled = perGroup ? result : reshape(graph, result, x.shape)
  return reshape(graph, scaleAndShift(node, scaled, factor(1), factor(2)), x.shape)
}
