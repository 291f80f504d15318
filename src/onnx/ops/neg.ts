import { scale } from '../affine.js'
import type { Value } from '../builder.js'
import { type OpNode, requireInput } from '../node.js'

export function lower(node: OpNode): Value {
  return scale(node.graph, requireInput(node, 0), { shape: [], data: Float64Array.of(-1) })
}
