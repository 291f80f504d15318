/** DequantizeLinear: (x - zero point) * scale. */
import { int } from '../attributes.js'
import type { Value } from '../builder.js'
import { type OpNode, requireConstant, requireInput } from '../node.js'
import { dequantize, gridOf } from '../quantized.js'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const scale = requireConstant(node, 1, 'scale')
  const zero = node.inputs[2] === undefined ? undefined : requireConstant(node, 2, 'zero points')
  const axis = int(node.attributes, 'axis', 1)
  const grid = gridOf(node, x.shape, scale, zero, axis, int(node.attributes, 'block_size', 0))
  return dequantize(node.graph, x, grid, scale.type)
}
