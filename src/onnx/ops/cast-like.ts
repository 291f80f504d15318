/** CastLike: Cast to the element type of the second input. */
import type { Value } from '../builder.js'
import { castTo } from '../cast.js'
import { type OpNode, requireInput } from '../node.js'

export function lower(node: OpNode): Value {
  return castTo(node.graph, requireInput(node, 0), requireInput(node, 1).type)
}
