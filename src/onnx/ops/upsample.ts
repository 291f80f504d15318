/** Upsample (opsets 7 to 9, deprecated since): scales as an attribute before opset 9, then as a constant input. */
import { choice, floats } from '../attributes.js'
import type { Value } from '../builder.js'
import { InvalidNodeError, type OpNode, optionalList, requireInput } from '../node.js'
import { resample } from '../resample.js'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const scales = (node.opset < 9 ? floats(node.attributes, 'scales') : optionalList(node, 1, 'scales')) ?? []
  if (scales.length !== x.shape.length || scales.some((scale) => !(scale >= 1)))
    throw new InvalidNodeError(node, `it scales ${x.shape.length} axes by [${scales}]`)
  const axes = x.shape.map((input, at) => {
    return { input, output: Math.floor(input * scales[at]!), scale: scales[at]!, roi: [0, 1] as const }
  })
  return resample(node.graph, x, axes, {
    coordinates: 'asymmetric',
    mode: choice(node.attributes, 'mode', ['nearest', 'linear']),
    nearest: 'floor',
    cubicA: 0,
    excludeOutside: false,
    antialias: false,
    extrapolation: 0,
  })
}
