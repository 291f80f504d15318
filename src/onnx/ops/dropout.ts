/** Dropout in inference: the input itself; its mask, where it is read, is all true. */
import { sizeOf } from '../../base/tensor.js'
import { constant, type Value } from '../builder.js'
import { type OpNode, requireConstant, requireInput } from '../node.js'
import { UnsupportedNodeError } from '../unsupported.js'

export const tolerance = 'exact'

export function lower(node: OpNode): readonly Value[] {
  const x = requireInput(node, 0)
  const training =
    node.opset >= 12 && node.inputs[2] !== undefined ? requireConstant(node, 2, 'training mode') : undefined
  if (training !== undefined && training.data[0] !== 0) {
    throw new UnsupportedNodeError('it is in training mode', 'export the model for inference (model.eval())')
  }
  return node.outputs[1]?.used
    ? [x, constant(x.shape, new Float64Array(sizeOf(x.shape)).fill(1), 'bool')]
    : [x]
}
