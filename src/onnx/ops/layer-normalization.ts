/**
 * LayerNormalization over the axes from `axis` on: (x - mean) / sqrt(variance + epsilon), times scale, plus bias. The
 * outputs are the result, the mean, and 1 / sqrt(variance + epsilon).
 */
import { int } from '../attributes.js'
import type { Value } from '../builder.js'
import { type OpNode, requireInput, resolveAxis } from '../node.js'
import { epsilonOf, inverseOf, scaleAndShift, standardize } from '../normalize.js'
import { reduction } from '../reduce.js'

export function lower(node: OpNode): readonly (Value | undefined)[] {
  const x = requireInput(node, 0)
  const axis = resolveAxis(node, int(node.attributes, 'axis', -1), x.shape.length)
  const axes = Array.from({ length: x.shape.length - axis }, (_, i) => axis + i)
  const groups = reduction(node, x.shape, axes, true)
  const { result, mean, deviation } = standardize(node.graph, x, groups, { epsilon: epsilonOf(node) })
  const inverse = node.outputs[2]?.used ? inverseOf(node.graph, deviation) : undefined
  return [scaleAndShift(node, result, requireInput(node, 1), node.inputs[2]), mean, inverse]
}
