/**
 * Imputer of ai.onnx.ml: the value that stands for a missing one becomes another, one for all features or one each. NaN
 * stands for nothing, since inputs are checked to be numbers.
 */
import { sizeOf } from '../../base/tensor.js'
import { float, floats, has, int, ints } from '../attributes.js'
import type { Value } from '../builder.js'
import { isFloat } from '../elements.js'
import { asFlag } from '../flags.js'
import { InvalidNodeError, type OpNode, requireInput, requireRank } from '../node.js'
import { select } from '../select.js'
import { pin, spike, staircase } from '../staircase.js'

export function lower(node: OpNode): Value {
  const { attributes, graph } = node
  const x = requireInput(node, 0)
  requireRank(node, 'input', x.shape, 1, 2)
  const whole = !isFloat(x.type)
  const missing = whole
    ? int(attributes, 'replaced_value_int64', 0)
    : has(attributes, 'replaced_value_float')
      ? float(attributes, 'replaced_value_float', 0)
      : Number.NaN
  if (Number.isNaN(missing)) return x
  const values =
    (whole ? ints(attributes, 'imputed_value_int64s') : floats(attributes, 'imputed_value_floats')) ?? []
  const features = x.shape.at(-1)!
  if (values.length !== 1 && values.length !== features)
    throw new InvalidNodeError(node, `it has ${values.length} values for ${features} features`)
  const steps = whole ? spike(missing, 1) : pin(missing, 1)
  const rows = Array.from({ length: sizeOf(x.shape) }, (_, element) => ({ element, base: 0, steps }))
  const isMissing = asFlag(staircase(graph, x, rows, x.shape))
  const imputed = { shape: [values.length], type: x.type, data: Float64Array.from(values), range: x.range }
  return select(graph, isMissing, imputed, x)
}
