/** Mul by a constant, with broadcasting. */
import { scale } from '../affine.js'
import type { Value } from '../builder.js'
import { isConstant, type OpNode, requireInput } from '../node.js'
import { UnsupportedNodeError } from '../unsupported.js'

export function lower(node: OpNode): Value {
  const [a, b] = [requireInput(node, 0), requireInput(node, 1)]
  if (isConstant(b)) return scale(node.graph, a, b)
  if (isConstant(a)) return scale(node.graph, b, a)
  throw new UnsupportedNodeError('it multiplies two computed tensors', 'make one factor constant')
}
