/** Round: to the nearest whole number, halves to the even one. */
import { round, type Value } from '../builder.js'
import { type OpNode, requireInput } from '../node.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  return round(node.graph, requireInput(node, 0), 'even')
}
