/** QuantizeLinear: x / scale to the nearest integer (halves to the even one), plus the zero point, saturated. */
import { int } from '../attributes.js'
import type { Value } from '../builder.js'
import { elementType } from '../elements.js'
import { type OpNode, requireConstant, requireInput } from '../node.js'
import { gridOf, quantize, requireWhole } from '../quantized.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const scale = requireConstant(node, 1, 'scale')
  const zero = node.inputs[2] === undefined ? undefined : requireConstant(node, 2, 'zero points')
  const code = int(node.attributes, 'output_dtype', 0)
  const type = requireWhole(zero?.type ?? (code === 0 ? 'uint8' : elementType(code)))
  const axis = int(node.attributes, 'axis', 1)
  const grid = gridOf(node, x.shape, scale, zero, axis, int(node.attributes, 'block_size', 0))
  const factor = grid.scale.map((step) => 1 / step)
  return quantize(node.graph, x, factor, grid.zero, type)
}
