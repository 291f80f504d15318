/** Parameters that stand once a channel, which is axis 1: constant, or computed as anything else. */
import { type Shape, sizeOf } from '../base/tensor.js'
import { addTerms } from './affine.js'
import { reshape, type Value, within } from './builder.js'
import { InvalidNodeError, isConstant, type OpNode, requireInput } from './node.js'

export type ChannelBias = {
  /** One number an element of the result; zeros where the biases are computed. */
  readonly constant: Float64Array
  /** Adds computed biases. */
  readonly add: (value: Value) => Value
}

/** An optional input with a bias a channel of a result of this shape. Throws `InvalidNodeError` for any other number. */
export function channelBias(node: OpNode, at: number, shape: Shape): ChannelBias {
  const none = { constant: new Float64Array(sizeOf(shape)), add: (value: Value) => value }
  if (node.inputs[at] === undefined) return none
  const bias = channelParameter(node, at, 'biases', shape)
  if (!isConstant(bias)) {
    const term = { value: overChannels(node, bias, shape), sign: 1 } as const
    const add = (value: Value) => addTerms(node.graph, { value, sign: 1 }, term)
    return { ...none, add: (value) => within(node.graph, 'Add', () => add(value)) }
  }
  const plane = sizeOf(shape.slice(2))
  const ofElement = (_: unknown, element: number) => bias.data[Math.floor(element / plane) % shape[1]!]!
  return { ...none, constant: none.constant.map(ofElement) }
}

/** An input of one number a channel. Throws `InvalidNodeError` for any other number. */
export function channelParameter(node: OpNode, at: number, what: string, shape: Shape): Value {
  const value = requireInput(node, at)
  const count = sizeOf(value.shape)
  if (count !== shape[1]) throw new InvalidNodeError(node, `it has ${count} ${what} for ${shape[1]} channels`)
  return value
}

/** The parameter so shaped that it broadcasts against tensors of `shape`. */
export function overChannels(node: OpNode, parameter: Value, shape: Shape): Value {
  return reshape(node.graph, parameter, [shape[1]!, ...shape.slice(2).map(() => 1)])
}
