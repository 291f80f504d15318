/** ScatterND with constant indices: replaces the slices that the last axis of the indices spells out. */
import { sizeOf } from '../../base/tensor.js'
import { rearrange, type Value } from '../builder.js'
import { InvalidNodeError, type OpNode, requireConstant, requireInput } from '../node.js'
import { refuseReduction, replaceIndex, slicePlaces } from '../places.js'

export function lower(node: OpNode): Value {
  const [x, updates] = [requireInput(node, 0), requireInput(node, 2)]
  refuseReduction(node)
  const { starts, size } = slicePlaces(node, x.shape, requireConstant(node, 1, 'indices'))
  if (sizeOf(updates.shape) !== starts.length * size) {
    throw new InvalidNodeError(
      node,
      `updates of shape ${updates.shape.join('x')} do not fill ${starts.length} slices of ${size} elements`,
    )
  }
  const places = Int32Array.from(
    { length: starts.length * size },
    (_, at) => starts[Math.floor(at / size)]! + (at % size),
  )
  return rearrange(node.graph, [x, updates], replaceIndex(x, places), x.shape)
}
