/** Swish: x * sigmoid(alpha * x). */
import { float } from '../attributes.js'
import { smooth, type Value } from '../builder.js'
import { type OpNode, requireInput } from '../node.js'

export function lower(node: OpNode): Value {
  const { attributes, graph } = node
  return smooth(graph, requireInput(node, 0), 'swish', [float(attributes, 'alpha', 1)])
}
