/**
 * Softmax and LogSoftmax. As the last step of a model they are left out, so that the logits are what is proven: both keep
 * the order within each distribution, so an ArgMax after them is unchanged. Whatever else reads them gets probabilities.
 *
 * Before opset 13 one distribution spans all axes from `axis` on (1 by default), from 13
 * on the one axis (the last by default).
 */
import { sizeOf } from '../../base/tensor.js'
import { int } from '../attributes.js'
import { logitsOf, type Value } from '../builder.js'
import { type OpNode, requireInput, resolveAxis } from '../node.js'
import { logSoftmax, softmax } from '../probabilities.js'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const flattens = node.opset < 13
  const rank = x.shape.length
  const axis = resolveAxis(node, int(node.attributes, 'axis', flattens ? 1 : -1), rank)
  const inner = flattens ? 1 : sizeOf(x.shape.slice(axis + 1))
  const span = flattens ? sizeOf(x.shape.slice(axis)) : x.shape[axis]! * inner
  const group = Int32Array.from(
    { length: sizeOf(x.shape) },
    (_, at) => Math.floor(at / span) * inner + (at % inner),
  )
  const compute = node.operator === 'LogSoftmax' ? logSoftmax : softmax
  const what = { node: node.name, operator: node.operator, step: node.operator, group }
  return logitsOf(node.graph, x, what, (scores) => compute(node.graph, scores, group))
}
