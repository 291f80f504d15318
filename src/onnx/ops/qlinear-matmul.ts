/** QLinearMatMul: a product of quantized matrices, quantized again. Rows of a and columns of b may have scales of their own. */
import { broadcastIndex, type Shape, sizeOf } from '../../base/tensor.js'
import type { Value } from '../builder.js'
import { type ConstantValue, InvalidNodeError, type OpNode, requireConstant, requireInput } from '../node.js'
import { centred, quantize, resultOf, zeroOf } from '../quantized.js'
import { lower as multiply } from './matmul.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  const [a, b] = [requireInput(node, 0), requireInput(node, 3)]
  const [scaleA, scaleB] = [requireConstant(node, 1, 'scales'), requireConstant(node, 4, 'scales')]
  const result = resultOf(node, 6)
  const left = centred(node.graph, a, zeroOf(node, 2, a.shape, -2))
  const right = centred(node.graph, b, zeroOf(node, 5, b.shape, -1))
  const product = multiply({ ...node, inputs: [left, right] })
  const rows = scalesOver(node, scaleA, product.shape, -2)
  const columns = scalesOver(node, scaleB, product.shape, -1)
  const factor = rows.map((scale, at) =>
    Math.fround(Math.fround(scale * columns[at]!) / result.scale.data[0]!),
  )
  const zero = new Float64Array(factor.length).fill(result.zero.data[0]!)
  return quantize(node.graph, product, factor, zero, result.type)
}

/** One scale, or one an entry of the axis, counted from the end. */
function scalesOver(node: OpNode, scale: ConstantValue, shape: Shape, axis: -1 | -2): Float64Array {
  const count = sizeOf(scale.shape)
  if (count !== 1 && count !== shape.at(axis))
    throw new InvalidNodeError(node, `it has ${count} scales for ${shape.at(axis)} rows or columns`)
  const place = broadcastIndex(axis === -1 ? [count] : [count, 1], shape.length < 2 ? [1, ...shape] : shape)
  return Float64Array.from(place, (at) => scale.data[at]!)
}
