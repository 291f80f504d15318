/** MatMulInteger: the product of two matrices of integers, each less its zero points (one, or one a row or column). */
import type { Value } from '../builder.js'
import { type OpNode, requireInput } from '../node.js'
import { centred, zeroOf } from '../quantized.js'
import { lower as multiply } from './matmul.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  const [a, b] = [requireInput(node, 0), requireInput(node, 1)]
  const left = centred(node.graph, a, zeroOf(node, 2, a.shape, -2))
  const right = centred(node.graph, b, zeroOf(node, 3, b.shape, -1))
  return multiply({ ...node, inputs: [left, right] })
}
