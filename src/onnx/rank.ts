/** Where the largest elements along one axis stand, as ArgMax, ArgMin and TopK ask. */
import { sizeOf } from '../base/tensor.js'
import { scale } from './affine.js'
import { int } from './attributes.js'
import { argmax, type Builder, type Value } from './builder.js'
import type { OpNode } from './node.js'
import { type Reduction, reduction } from './reduce.js'

/** The index that `axis`, `keepdims` and `select_last_index` of the node ask for. */
export function indexOfLargest(node: OpNode, value: Value): Value {
  const { attributes } = node
  const keepDims = int(attributes, 'keepdims', 1) !== 0
  const groups = reduction(node, value.shape, [int(attributes, 'axis', 0)], keepDims)
  return int(attributes, 'select_last_index', 0) === 0
    ? argmax(node.graph, value, groups, groups.shape)
    : lastOfLargest(node.graph, value, groups)
}

/** The first in reverse order, counted from the other end. */
function lastOfLargest(builder: Builder, value: Value, groups: Reduction): Value {
  const { groupStart, count, shape } = groups
  const member = groups.member.map((_, at) => {
    const start = at - (at % count)
    return groups.member[start + count - 1 - (at - start)]!
  })
  const fromEnd = argmax(builder, value, { groupStart, member }, shape)
  const last = new Float64Array(sizeOf(shape)).fill(count - 1)
  const index = scale(builder, fromEnd, { shape: [], data: Float64Array.of(-1) }, last)
  return { ...index, type: 'int64', range: { lo: 0, hi: count - 1 } }
}
