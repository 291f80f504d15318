/** Expand: broadcasting with a constant shape, in both directions. */
import { broadcastShapes } from '../../base/tensor.js'
import type { Value } from '../builder.js'
import { broadcast } from '../choice.js'
import { type OpNode, optionalList, requireInput } from '../node.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const target = optionalList(node, 1, 'target shape') ?? []
  return broadcast(node.graph, x, broadcastShapes(x.shape, target))
}
