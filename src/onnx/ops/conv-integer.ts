/** ConvInteger: a convolution of integers, each side less its zero points. Padding stands for zero. */
import type { Value } from '../builder.js'
import { type OpNode, requireInput } from '../node.js'
import { centred, zeroOf } from '../quantized.js'
import { lower as convolve } from './conv.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  const [x, w] = [requireInput(node, 0), requireInput(node, 1)]
  const image = centred(node.graph, x, zeroOf(node, 2, x.shape, 1))
  const kernel = centred(node.graph, w, zeroOf(node, 3, w.shape, 0))
  return convolve({ ...node, inputs: [image, kernel] })
}
