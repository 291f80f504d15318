/** Size: the number of elements; constant, since shapes are static. */
import { sizeOf } from '../../base/tensor.js'
import { constant, type Value } from '../builder.js'
import { type OpNode, requireInput } from '../node.js'

export function lower(node: OpNode): Value {
  return constant([], Float64Array.of(sizeOf(requireInput(node, 0).shape)), 'int64')
}
