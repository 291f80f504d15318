/** Mod by a constant: with the sign of the divisor, or with that of the dividend where `fmod` is set. */
import { broadcastIndex, broadcastShapes } from '../../base/tensor.js'
import { int } from '../attributes.js'
import { constant, type Value } from '../builder.js'
import { isFloat } from '../elements.js'
import {
  type ConstantValue,
  InvalidNodeError,
  isConstant,
  type OpNode,
  requireConstant,
  requireInput,
} from '../node.js'
import { remainder } from '../whole.js'

export function lower(node: OpNode): Value {
  const [x, divisor] = [requireInput(node, 0), requireConstant(node, 1, 'divisors')]
  if (divisor.data.includes(0)) throw new InvalidNodeError(node, 'it divides by zero')
  const fmod = int(node.attributes, 'fmod', 0) !== 0
  if (isFloat(x.type) && !fmod) throw new InvalidNodeError(node, 'its fmod is 0, which floats do not have')
  return isConstant(x)
    ? constantRest(x, divisor, fmod)
    : remainder(node.graph, x, divisor, fmod ? 'zero' : 'floor')
}

function constantRest(x: ConstantValue, divisor: ConstantValue, fmod: boolean): Value {
  const shape = broadcastShapes(x.shape, divisor.shape)
  const right = broadcastIndex(divisor.shape, shape)
  const data = Float64Array.from(broadcastIndex(x.shape, shape), (from, at) => {
    const [value, by] = [x.data[from]!, divisor.data[right[at]!]!]
    const rest = value % by
    return (fmod || rest === 0 || rest < 0 === by < 0 ? rest : rest + by) + 0
  })
  return constant(shape, data, x.type)
}
