/** Trilu: the upper or lower triangle of each matrix, from its k-th diagonal on; zeros elsewhere. */
import { sizeOf } from '../../base/tensor.js'
import { int } from '../attributes.js'
import { rearrange, type Value } from '../builder.js'
import { FILL } from '../layout.js'
import { type OpNode, optionalList, requireInput, requireRank } from '../node.js'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  requireRank(node, 'input', x.shape, 2)
  const upper = int(node.attributes, 'upper', 1) !== 0
  const k = optionalList(node, 1, 'diagonal')?.[0] ?? 0
  const [rows, columns] = x.shape.slice(-2) as [number, number]
  const index = Int32Array.from({ length: sizeOf(x.shape) }, (_, at) => {
    const diagonal = (at % columns) - (Math.floor(at / columns) % rows)
    return (upper ? diagonal >= k : diagonal <= k) ? at : FILL
  })
  return rearrange(node.graph, [x], index, x.shape)
}
