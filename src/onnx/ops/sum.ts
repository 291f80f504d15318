/** Sum: of one or more tensors, with broadcasting. */
import { addTerms } from '../affine.js'
import type { Value } from '../builder.js'
import { type OpNode, requireInput } from '../node.js'

export function lower(node: OpNode): Value {
  const values = node.inputs.map((_, at) => requireInput(node, at))
  return values
    .slice(1)
    .reduce(
      (sum, value) => addTerms(node.graph, { value: sum, sign: 1 }, { value, sign: 1 }),
      requireInput(node, 0),
    )
}
