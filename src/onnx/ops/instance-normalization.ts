/** InstanceNormalization: each channel of each sample standardized over its places, times scale, plus bias. */
import type { Value } from '../builder.js'
import { type OpNode, requireInput, requireRank } from '../node.js'
import { alongChannels, epsilonOf, scaleAndShift, standardize } from '../normalize.js'
import { reduction } from '../reduce.js'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  requireRank(node, 'input', x.shape, 3)
  const axes = Array.from({ length: x.shape.length - 2 }, (_, i) => 2 + i)
  const groups = reduction(node, x.shape, axes, true)
  const { result } = standardize(node.graph, x, groups, { epsilon: epsilonOf(node) })
  const channels = (at: number) => alongChannels(node, requireInput(node, at), x.shape)
  return scaleAndShift(node, result, channels(1), channels(2))
}
