/** RMSNormalization over the axes from `axis` on: x / sqrt(mean of squares + epsilon), times scale. */
import { int } from '../attributes.js'
import type { Value } from '../builder.js'
import { type OpNode, requireInput, resolveAxis } from '../node.js'
import { epsilonOf, scaleAndShift, standardize } from '../normalize.js'
import { reduction } from '../reduce.js'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const axis = resolveAxis(node, int(node.attributes, 'axis', -1), x.shape.length)
  const axes = Array.from({ length: x.shape.length - axis }, (_, i) => axis + i)
  const groups = reduction(node, x.shape, axes, true)
  const { result } = standardize(node.graph, x, groups, { epsilon: epsilonOf(node), centred: false })
  return scaleAndShift(node, result, requireInput(node, 1), undefined)
}
