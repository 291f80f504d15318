/** ArgMax along one axis: of equal elements the first. */
import { int } from '../attributes.js'
import { argmax, type Value } from '../builder.js'
import { type OpNode, requireInput } from '../node.js'
import { reduction } from '../reduce.js'
import { UnsupportedNodeError } from '../unsupported.js'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  if (int(node.attributes, 'select_last_index', 0) !== 0) {
    throw new UnsupportedNodeError('it takes the last of equal elements', 'set select_last_index to 0')
  }
  const groups = reduction(
    node,
    x.shape,
    [int(node.attributes, 'axis', 0)],
    int(node.attributes, 'keepdims', 1) !== 0,
  )
  return argmax(node.graph, x, groups, groups.shape)
}
