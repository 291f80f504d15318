/** Selu: gamma * x, and gamma * alpha * (exp(x) - 1) below zero. */
import { float } from '../attributes.js'
import { smooth, type Value } from '../builder.js'
import { APPROXIMATES, type OpNode, requireInput } from '../node.js'

/** The defaults of opset 6 and later. */
const [ALPHA, GAMMA] = [Math.fround(1.6732632), Math.fround(1.050701)]

export const tolerance = APPROXIMATES

export function lower(node: OpNode): Value {
  const { attributes, graph } = node
  const params = [float(attributes, 'alpha', ALPHA), float(attributes, 'gamma', GAMMA)]
  return smooth(graph, requireInput(node, 0), 'selu', params)
}
