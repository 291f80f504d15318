/** Celu: x, and alpha * (exp(x / alpha) - 1) below zero. */
import { float } from '../attributes.js'
import { smooth, type Value } from '../builder.js'
import { APPROXIMATES, type OpNode, requireInput } from '../node.js'

export const tolerance = APPROXIMATES

export function lower(node: OpNode): Value {
  const { attributes, graph } = node
  return smooth(graph, requireInput(node, 0), 'celu', [float(attributes, 'alpha', 1)])
}
