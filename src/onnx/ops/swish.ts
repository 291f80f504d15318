/** Swish: x * sigmoid(alpha * x). */
import { float } from '../attributes.js'
import { smooth, type Value } from '../builder.js'
import { APPROXIMATES, type OpNode, requireInput } from '../node.js'

export const tolerance = APPROXIMATES

export function lower(node: OpNode): Value {
  const { attributes, graph } = node
  return smooth(graph, requireInput(node, 0), 'swish', [float(attributes, 'alpha', 1)])
}
