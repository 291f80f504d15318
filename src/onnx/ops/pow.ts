/** Pow with constant exponents, which broadcast against the base. */
import { power as power64 } from '../../base/elementary.js'
import { broadcastIndex, broadcastShapes, sizeOf } from '../../base/tensor.js'
import { checkSize, constant, rearrange, type Value } from '../builder.js'
import { broadcast } from '../choice.js'
import { type ConstantValue, isConstant, type OpNode, requireConstant, requireInput } from '../node.js'
import { power } from '../powers.js'
import { UnsupportedNodeError } from '../unsupported.js'

/** A base of 8 bits has lost what it had long before. */
const LARGEST = 64

export function lower(node: OpNode): Value {
  const base = requireInput(node, 0)
  const exponents = requireConstant(node, 1, 'exponents')
  const shape = broadcastShapes(base.shape, exponents.shape)
  checkSize(node.graph, sizeOf(shape), 'a power')
  if (isConstant(base)) return powerOfConstants(base, exponents, shape)
  const distinct = [...new Set(exponents.data)]
  for (const exponent of distinct) requireSmall(exponent)
  if (distinct.length === 1) return power(node.graph, broadcast(node.graph, base, shape), distinct[0]!)
  return eachPower(node, base, exponents, shape)
}

function requireSmall(exponent: number): void {
  if (Math.abs(exponent) <= LARGEST) return
  throw new UnsupportedNodeError(
    `it raises to the power of ${exponent}`,
    `use exponents from ${-LARGEST} to ${LARGEST}`,
  )
}

function powerOfConstants(base: ConstantValue, exponents: ConstantValue, shape: readonly number[]): Value {
  const [from, to] = [broadcastIndex(base.shape, shape), broadcastIndex(exponents.shape, shape)]
  const data = Float64Array.from(from, (at, i) => power64(base.data[at]!, exponents.data[to[i]!]!))
  return constant(shape, data, base.type)
}

/** Those elements that share an exponent are raised together. */
function eachPower(node: OpNode, base: Value, exponents: ConstantValue, shape: readonly number[]): Value {
  const [from, to] = [broadcastIndex(base.shape, shape), broadcastIndex(exponents.shape, shape)]
  const places = new Map<number, number[]>()
  to.forEach((at, element) => {
    const exponent = exponents.data[at]!
    places.set(exponent, [...(places.get(exponent) ?? []), element])
  })
  const parts = [...places].map(([exponent, elements]) => {
    const index = Int32Array.from(elements, (element) => from[element]!)
    return power(node.graph, rearrange(node.graph, [base], index, [index.length]), exponent)
  })
  const index = new Int32Array(from.length)
  let joined = 0
  for (const element of [...places.values()].flat()) index[element] = joined++
  return rearrange(node.graph, parts, index, shape)
}
