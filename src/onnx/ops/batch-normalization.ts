/** BatchNormalization in inference: (x - mean) / sqrt(variance + epsilon) * scale + bias, per channel (axis 1). */
import { sizeOf } from '../../base/tensor.js'
import { scale } from '../affine.js'
import { float, int } from '../attributes.js'
import type { Value } from '../builder.js'
import { InvalidNodeError, type OpNode, requireConstant, requireInput, requireRank } from '../node.js'
import { UnsupportedNodeError } from '../unsupported.js'

const PARAMETERS = ['scales', 'biases', 'means', 'variances']

export function lower(node: OpNode): Value {
  refuseTraining(node)
  const x = requireInput(node, 0)
  requireRank(node, 'input', x.shape, 2)
  const channels = x.shape[1]!
  const [scales, biases, means, variances] = PARAMETERS.map((what, at) =>
    parameter(node, at + 1, what, channels),
  )
  const epsilon = float(node.attributes, 'epsilon', 1e-5)
  const factor = scales!.map((value, channel) => value / Math.sqrt(variances![channel]! + epsilon))
  const offset = biases!.map((value, channel) => value - means![channel]! * factor[channel]!)
  const plane = sizeOf(x.shape.slice(2))
  const bias = Float64Array.from(
    { length: sizeOf(x.shape) },
    (_, at) => offset[Math.floor(at / plane) % channels]!,
  )
  const shape = [channels, ...x.shape.slice(2).map(() => 1)]
  return scale(node.graph, x, { shape, data: factor }, bias)
}

function refuseTraining({ attributes, outputs, opset }: OpNode): void {
  const perActivation = opset < 9 && int(attributes, 'spatial', 1) === 0
  if (
    int(attributes, 'training_mode', 0) !== 0 ||
    perActivation ||
    outputs.slice(1).some(({ used }) => used)
  ) {
    throw new UnsupportedNodeError('it is in training mode', 'export the model for inference (model.eval())')
  }
}

function parameter(node: OpNode, at: number, what: string, channels: number): Float64Array {
  const { data } = requireConstant(node, at, what)
  if (data.length !== channels) {
    throw new InvalidNodeError(node, `it has ${data.length} ${what} for ${channels} channels`)
  }
  return data
}
