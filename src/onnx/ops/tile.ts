/** Tile: the whole tensor over and over, so many times along each axis. */
import { sizeOf } from '../../base/tensor.js'
import { checkSize, rearrange, type Value } from '../builder.js'
import { pickIndex } from '../layout.js'
import { InvalidNodeError, type OpNode, optionalList, requireInput } from '../node.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const repeats = optionalList(node, 1, 'repeats') ?? []
  if (repeats.length !== x.shape.length || repeats.some((count) => !(count >= 0))) {
    throw new InvalidNodeError(node, `it repeats ${x.shape.length} axes [${repeats}] times`)
  }
  const shape = x.shape.map((extent, axis) => extent * repeats[axis]!)
  checkSize(node.graph, sizeOf(shape), 'a tiling')
  const picks = shape.map((extent, axis) =>
    Int32Array.from({ length: extent }, (_, at) => at % x.shape[axis]!),
  )
  return rearrange(node.graph, [x], pickIndex(x.shape, picks), shape)
}
