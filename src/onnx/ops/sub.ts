/** Sub: with broadcasting, of constants or of computed tensors. */
import { addTerms } from '../affine.js'
import type { Value } from '../builder.js'
import { type OpNode, requireInput } from '../node.js'

export function lower(node: OpNode): Value {
  return addTerms(
    node.graph,
    { value: requireInput(node, 0), sign: 1 },
    { value: requireInput(node, 1), sign: -1 },
  )
}
