/** Div, with broadcasting. Integers divide towards zero. */
import { broadcastIndex, broadcastShapes } from '../../base/tensor.js'
import { scale } from '../affine.js'
import { constant, quotient, type Value } from '../builder.js'
import { isFloat } from '../elements.js'
import { type ConstantValue, InvalidNodeError, isConstant, type OpNode, requireInput } from '../node.js'
import { UnsupportedNodeError } from '../unsupported.js'
import { divide } from '../whole.js'

export function lower(node: OpNode): Value {
  const dividend = requireInput(node, 0)
  const divisor = requireInput(node, 1)
  if (!isConstant(divisor)) {
    if (isFloat(dividend.type)) return quotient(node.graph, dividend, divisor)
    throw new UnsupportedNodeError('it divides computed integers, which rounds', 'cast to float before it')
  }
  if (divisor.data.includes(0)) throw new InvalidNodeError(node, 'it divides by zero')
  if (isFloat(dividend.type)) {
    const data = divisor.data.map((value) => 1 / value)
    return scale(node.graph, dividend, { shape: divisor.shape, data })
  }
  if (isConstant(dividend)) return divideWhole(dividend, divisor)
  return { ...divide(node.graph, dividend, divisor, 'zero'), type: dividend.type }
}

function divideWhole(a: ConstantValue, b: ConstantValue): Value {
  const shape = broadcastShapes(a.shape, b.shape)
  const [left, right] = [broadcastIndex(a.shape, shape), broadcastIndex(b.shape, shape)]
  const data = Float64Array.from(left, (from, at) => Math.trunc(a.data[from]! / b.data[right[at]!]!))
  return constant(shape, data, a.type)
}
