/** MatMul as numpy.matmul: a vector counts as one row or one column. */
import { sizeOf } from '../../base/tensor.js'
import { reshape, type Value } from '../builder.js'
import { matricesOf, multiply } from '../matrix.js'
import { type OpNode, requireInput, requireRank } from '../node.js'

export function lower(node: OpNode): Value {
  const [a, b] = [requireInput(node, 0), requireInput(node, 1)]
  requireRank(node, 'left side', a.shape, 1)
  requireRank(node, 'right side', b.shape, 1)
  const left = a.shape.length === 1 ? reshape(node.graph, a, [1, sizeOf(a.shape)]) : a
  const right = b.shape.length === 1 ? reshape(node.graph, b, [sizeOf(b.shape), 1]) : b
  const product = multiply(node, matricesOf(left), matricesOf(right))
  if (left === a && right === b) return product
  const shape = [...product.shape]
  if (right !== b) shape.splice(-1, 1)
  if (left !== a) shape.splice(right === b ? -2 : -1, 1)
  return reshape(node.graph, product, shape)
}
