/** MeanVarianceNormalization: (x - mean) / sqrt(variance) over `axes`, those of samples and places by default. */
import { square } from '../../base/elementary.js'
import { ints } from '../attributes.js'
import type { Value } from '../builder.js'
import { type OpNode, requireInput } from '../node.js'
import { standardize } from '../normalize.js'
import { reduction } from '../reduce.js'

/** What ONNX Runtime adds to the deviation. */
const EPSILON = 1e-9

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const groups = reduction(node, x.shape, ints(node.attributes, 'axes') ?? [0, 2, 3], true)
  return standardize(node.graph, x, groups, { epsilon: square(EPSILON) }).result
}
