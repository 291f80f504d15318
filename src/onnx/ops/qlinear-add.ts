/** QLinearAdd of com.microsoft: the sum of two quantized tensors, quantized again. */
import { sizeOf } from '../../base/tensor.js'
import { sumOf } from '../affine.js'
import type { Value } from '../builder.js'
import { type OpNode, requireConstant, requireInput } from '../node.js'
import { dequantize, gridOf, quantize, resultOf } from '../quantized.js'

export function lower(node: OpNode): Value {
  const result = resultOf(node, 6)
  const terms = [0, 3].map((at) => {
    const value = requireInput(node, at)
    const zero = node.inputs[at + 2] === undefined ? undefined : requireConstant(node, at + 2, 'zero point')
    const grid = gridOf(node, value.shape, requireConstant(node, at + 1, 'scale'), zero, 0)
    return dequantize(node.graph, value, grid, 'float32')
  })
  const sum = sumOf(node.graph, terms)
  const size = sizeOf(sum.shape)
  const factor = new Float64Array(size).fill(1 / result.scale.data[0]!)
  const zero = new Float64Array(size).fill(result.zero.data[0]!)
  return quantize(node.graph, sum, factor, zero, result.type)
}
