/** Reciprocal: 1 / x, where x keeps away from zero. */
import { constant, quotient, type Value } from '../builder.js'
import { type OpNode, requireInput } from '../node.js'

export function lower(node: OpNode): Value {
  return quotient(node.graph, constant([], Float64Array.of(1)), requireInput(node, 0))
}
