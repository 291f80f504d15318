/** Div by a constant, with broadcasting. Integers divide towards zero, so only constant ones are taken. */
import { scale } from '../affine.js'
import { constant, type Value } from '../builder.js'
import { isFloat } from '../elements.js'
import { InvalidNodeError, isConstant, type OpNode, requireConstant, requireInput } from '../node.js'
import { UnsupportedNodeError } from '../unsupported.js'

export function lower(node: OpNode): Value {
  const dividend = requireInput(node, 0)
  const divisor = requireConstant(node, 1, 'divisors')
  if (divisor.data.includes(0)) throw new InvalidNodeError(node, 'it divides by zero')
  if (isFloat(dividend.type)) {
    return scale(node.graph, dividend, { shape: divisor.shape, data: divisor.data.map((value) => 1 / value) })
  }
  if (!isConstant(dividend)) {
    throw new UnsupportedNodeError(
      'it divides computed integers, which rounds',
      'cast to float before the division',
    )
  }
  const reciprocal = { shape: divisor.shape, data: divisor.data.map((value) => 1 / value) }
  const quotient = scale(node.graph, dividend, reciprocal)
  // a quotient that is whole but for the rounding of the reciprocal must not fall below itself
  return constant(
    quotient.shape,
    quotient.data!.map((value) => Math.trunc(value + Math.sign(value) * 1e-9)),
    dividend.type,
  )
}
