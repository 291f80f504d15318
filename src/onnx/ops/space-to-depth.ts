/** SpaceToDepth: blocks of pixels to channels, the place in the block varying slower than the channel. */
import { int } from '../attributes.js'
import { rearrange, type Value } from '../builder.js'
import { transposeIndex } from '../layout.js'
import { InvalidNodeError, type OpNode, requireInput, requireRank } from '../node.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  requireRank(node, 'input', x.shape, 4, 4)
  const [images, depth, height, width] = x.shape as [number, number, number, number]
  const block = int(node.attributes, 'blocksize', 0)
  const [rows, columns] = [height / block, width / block]
  if (!(block >= 1) || !Number.isInteger(rows) || !Number.isInteger(columns)) {
    throw new InvalidNodeError(
      node,
      `${height}x${width} pixels do not split into blocks of ${block}x${block}`,
    )
  }
  const index = transposeIndex([images, depth, rows, block, columns, block], [0, 3, 5, 1, 2, 4])
  return rearrange(node.graph, [x], index, [images, depth * block ** 2, rows, columns])
}
