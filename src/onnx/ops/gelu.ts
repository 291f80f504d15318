/** Gelu: x * P(normal <= x), exactly or by the hyperbolic tangent that approximates it. */
import { choice } from '../attributes.js'
import { smooth, type Value } from '../builder.js'
import { APPROXIMATES, type OpNode, requireInput } from '../node.js'

export const tolerance = APPROXIMATES

export function lower(node: OpNode): Value {
  const kind = choice(node.attributes, 'approximate', ['none', 'tanh'])
  return smooth(node.graph, requireInput(node, 0), kind === 'tanh' ? 'geluTanh' : 'gelu')
}
