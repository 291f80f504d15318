/** QLinearConv: a convolution of quantized tensors, quantized again. Filters may have scales and zero points of their own. */
import { sizeOf } from '../../base/tensor.js'
import type { Value } from '../builder.js'
import { InvalidNodeError, type OpNode, requireConstant, requireInput } from '../node.js'
import { centred, quantize, resultOf, zeroOf } from '../quantized.js'
import { lower as convolve } from './conv.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  const [x, w] = [requireInput(node, 0), requireInput(node, 3)]
  const [scaleX, scaleW] = [requireConstant(node, 1, 'scale'), requireConstant(node, 4, 'scales')]
  const result = resultOf(node, 6)
  const image = centred(node.graph, x, zeroOf(node, 2, x.shape, 1))
  const kernel = centred(node.graph, w, zeroOf(node, 5, w.shape, 0))
  const sums = convolve({ ...node, inputs: [image, kernel, node.inputs[8]] })
  const filters = scaleW.data.length
  if (scaleX.data.length !== 1 || (filters !== 1 && filters !== w.shape[0]))
    throw new InvalidNodeError(node, `it has ${filters} scales for ${w.shape[0]} filters`)
  const plane = sizeOf(sums.shape.slice(2))
  const factor = Float64Array.from({ length: sizeOf(sums.shape) }, (_, at) => {
    const own = scaleW.data[Math.floor(at / plane) % filters]!
    return Math.fround(Math.fround(scaleX.data[0]! * own) / result.scale.data[0]!)
  })
  const zero = new Float64Array(factor.length).fill(result.zero.data[0]!)
  return quantize(node.graph, sums, factor, zero, result.type)
}
