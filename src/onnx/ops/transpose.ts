/** Transpose: axis i of the result is axis perm[i] of the input; reversed by default. */
import { ints } from '../attributes.js'
import { rearrange, type Value } from '../builder.js'
import { transposeIndex } from '../layout.js'
import { InvalidNodeError, type OpNode, requireInput, resolveAxes } from '../node.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const permutation = ints(node.attributes, 'perm') ?? [...x.shape.keys()].reverse()
  if (resolveAxes(node, permutation, x.shape.length).length !== x.shape.length) {
    throw new InvalidNodeError(node, `perm [${permutation}] does not name each of ${x.shape.length} axes`)
  }
  const shape = permutation.map((axis) => x.shape[axis]!)
  return rearrange(node.graph, [x], transposeIndex(x.shape, permutation), shape)
}
