/** DepthToSpace: channels to blocks of pixels; depth before column before row (DCR), or column, row, depth (CRD). */
import { choice, int } from '../attributes.js'
import { rearrange, type Value } from '../builder.js'
import { transposeIndex } from '../layout.js'
import { InvalidNodeError, type OpNode, requireInput, requireRank } from '../node.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  requireRank(node, 'input', x.shape, 4, 4)
  const [images, channels, height, width] = x.shape as [number, number, number, number]
  const block = int(node.attributes, 'blocksize', 0)
  const depth = channels / block ** 2
  if (!(block >= 1) || !Number.isInteger(depth)) {
    throw new InvalidNodeError(node, `${channels} channels do not make blocks of ${block}x${block}`)
  }
  const columnsFirst = choice(node.attributes, 'mode', ['DCR', 'CRD']) === 'CRD'
  const index = columnsFirst
    ? transposeIndex([images, depth, block, block, height, width], [0, 1, 4, 2, 5, 3])
    : transposeIndex([images, block, block, depth, height, width], [0, 3, 4, 1, 5, 2])
  return rearrange(node.graph, [x], index, [images, depth, height * block, width * block])
}
