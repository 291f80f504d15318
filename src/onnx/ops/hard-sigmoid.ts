/** HardSigmoid: alpha * x + beta, between 0 and 1. */
import { sizeOf } from '../../base/tensor.js'
import { scale } from '../affine.js'
import { float } from '../attributes.js'
import { clamp, type Value } from '../builder.js'
import { type OpNode, requireInput } from '../node.js'

export function lower(node: OpNode): Value {
  const { attributes, graph } = node
  const x = requireInput(node, 0)
  const bias = new Float64Array(sizeOf(x.shape)).fill(float(attributes, 'beta', 0.5))
  const line = scale(graph, x, { shape: [], data: Float64Array.of(float(attributes, 'alpha', 0.2)) }, bias)
  return clamp(graph, line, 0, 1)
}
