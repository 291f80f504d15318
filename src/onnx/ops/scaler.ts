/** Scaler of ai.onnx.ml: (x - offset) * scale, one pair for all features or one each. */
import { sizeOf } from '../../base/tensor.js'
import { scale } from '../affine.js'
import { floats } from '../attributes.js'
import type { Value } from '../builder.js'
import { InvalidNodeError, type OpNode, requireInput, requireRank } from '../node.js'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  requireRank(node, 'input', x.shape, 1, 2)
  const features = x.shape.at(-1)!
  const [factors, offsets] = [parameter(node, 'scale', features), parameter(node, 'offset', features)]
  const bias = Float64Array.from(
    { length: sizeOf(x.shape) },
    (_, at) => -offsets[at % features]! * factors[at % features]!,
  )
  return { ...scale(node.graph, x, { shape: [features], data: factors }, bias), type: 'float32' }
}

function parameter(node: OpNode, name: 'scale' | 'offset', features: number): Float64Array {
  const values = floats(node.attributes, name) ?? []
  if (values.length !== 1 && values.length !== features) {
    throw new InvalidNodeError(node, `its ${name} has ${values.length} values for ${features} features`)
  }
  return Float64Array.from({ length: features }, (_, at) => values[at % values.length]!)
}
