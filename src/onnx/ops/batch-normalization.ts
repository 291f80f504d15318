/** BatchNormalization in inference: (x - mean) / sqrt(variance + epsilon) * scale + bias, per channel (axis 1). */
import { sizeOf } from '../../base/tensor.js'
import { difference, scale, sumOf } from '../affine.js'
import { float, int } from '../attributes.js'
import { times } from '../bilinear.js'
import { constant, type Value, within } from '../builder.js'
import { channelBias, channelParameter, overChannels } from '../channels.js'
import { isConstant, type OpNode, requireConstant, requireInput, requireRank } from '../node.js'
import { UnsupportedNodeError } from '../unsupported.js'

export function lower(node: OpNode): Value {
  refuseTraining(node)
  const x = requireInput(node, 0)
  requireRank(node, 'input', x.shape, 2)
  const [scales, means] = [
    channelParameter(node, 1, 'scales', x.shape),
    channelParameter(node, 3, 'means', x.shape),
  ]
  const bias = channelBias(node, 2, x.shape)
  channelParameter(node, 4, 'variances', x.shape)
  const epsilon = float(node.attributes, 'epsilon', 1e-5)
  const deviations = requireConstant(node, 4, 'variances').data.map((value) => Math.sqrt(value + epsilon))
  if (!isConstant(scales) || !isConstant(means))
    return bias.add(normalize(node, x, { scales, means, deviations, bias: bias.constant }))
  const factor = scales.data.map((value, channel) => value / deviations[channel]!)
  const plane = sizeOf(x.shape.slice(2))
  const offset = bias.constant.map((value, at) => {
    const channel = Math.floor(at / plane) % factor.length
    return value - means.data[channel]! * factor[channel]!
  })
  const shape = [x.shape[1]!, ...x.shape.slice(2).map(() => 1)]
  return bias.add(scale(node.graph, x, { shape, data: factor }, offset))
}

type Parameters = {
  readonly scales: Value
  readonly means: Value
  readonly deviations: Float64Array
  readonly bias: Float64Array
}

/** Step by step, where scales or means are computed; the biases are constant. */
function normalize(node: OpNode, x: Value, { scales, means, deviations, bias }: Parameters): Value {
  const { graph } = node
  const over = (value: Value) => overChannels(node, value, x.shape)
  const mean = over(means)
  const centred = difference(graph, x, mean)
  const inverse = constant(
    [deviations.length],
    deviations.map((value) => 1 / value),
  )
  const scaled = times(graph, times(graph, centred, over(inverse)), over(scales))
  const offset = constant(x.shape, bias)
  return within(graph, 'Add', () => sumOf(graph, [scaled, offset]))
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
