/** GatherND with constant indices: slices at the places that the last axis of the indices spells out. */
import { int } from '../attributes.js'
import { checkSize, rearrange, type Value } from '../builder.js'
import { type OpNode, requireConstant, requireInput } from '../node.js'
import { slicePlaces } from '../places.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const indices = requireConstant(node, 1, 'indices')
  const batchDims = int(node.attributes, 'batch_dims', 0)
  const { starts, slice, size } = slicePlaces(node, x.shape, indices, batchDims)
  checkSize(node.graph, starts.length * size, 'gathered elements')
  const index = Int32Array.from(
    { length: starts.length * size },
    (_, at) => starts[Math.floor(at / size)]! + (at % size),
  )
  return rearrange(node.graph, [x], index, [...indices.shape.slice(0, -1), ...slice])
}
