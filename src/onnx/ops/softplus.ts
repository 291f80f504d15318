/** Softplus: log(1 + exp(x)). */
import { smooth, type Value } from '../builder.js'
import { APPROXIMATES, type OpNode, requireInput } from '../node.js'

export const tolerance = APPROXIMATES

export function lower(node: OpNode): Value {
  return smooth(node.graph, requireInput(node, 0), 'softplus')
}
