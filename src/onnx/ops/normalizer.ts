/**
 * Normalizer of ai.onnx.ml, where it makes the probabilities of one-against-the-rest classifiers add up to 1: dividing
 * a row of positive numbers by one positive number leaves their order, so the scores before it are kept.
 */
import { sizeOf } from '../../base/tensor.js'
import type { Value } from '../builder.js'
import { type OpNode, requireInput } from '../node.js'
import { UnsupportedNodeError } from '../unsupported.js'

const POSITIVE = ['LOGISTIC', 'SOFTMAX', 'Softmax']

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  if (x.logits === undefined || !POSITIVE.includes(x.logits.step)) {
    throw new UnsupportedNodeError(
      'it divides by a computed norm',
      'leave it out, or normalize before the model',
    )
  }
  const { logits } = x
  const width = x.shape.at(-1)!
  const rows = Int32Array.from({ length: sizeOf(x.shape) }, (_, at) => Math.floor(at / width))
  if (rows.some((row, at) => logits.group[at] !== logits.group[row * width])) {
    throw new UnsupportedNodeError('it mixes probabilities of several distributions', 'leave it out')
  }
  return { ...x, type: 'float32', logits: { ...logits, group: rows } }
}
