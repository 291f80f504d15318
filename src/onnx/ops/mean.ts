/** Mean: of one or more tensors, with broadcasting. */
import { scale, sumOf } from '../affine.js'
import type { Value } from '../builder.js'
import { type OpNode, requireInputs } from '../node.js'

export function lower(node: OpNode): Value {
  const values = requireInputs(node)
  const share = { shape: [], data: Float64Array.of(1 / values.length) }
  return scale(node.graph, sumOf(node.graph, values), share)
}
