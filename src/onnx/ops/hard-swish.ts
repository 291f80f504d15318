/** HardSwish: x * max(0, min(1, x / 6 + 1 / 2)). */
import { sizeOf } from '../../base/tensor.js'
import { scale } from '../affine.js'
import { times } from '../bilinear.js'
import { clamp, type Value } from '../builder.js'
import { type OpNode, requireInput } from '../node.js'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const half = new Float64Array(sizeOf(x.shape)).fill(0.5)
  const line = scale(node.graph, x, { shape: [], data: Float64Array.of(1 / 6) }, half)
  return times(node.graph, x, clamp(node.graph, line, 0, 1))
}
