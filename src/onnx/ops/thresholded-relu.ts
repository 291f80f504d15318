/** ThresholdedRelu: x where it is above alpha, else 0. */
import { float } from '../attributes.js'
import { times } from '../bilinear.js'
import { constant, type Value } from '../builder.js'
import { isAtLeast } from '../comparison.js'
import { type OpNode, requireInput } from '../node.js'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const alpha = constant([], Float64Array.of(float(node.attributes, 'alpha', 1)))
  return { ...times(node.graph, isAtLeast(node.graph, x, alpha, true), x), type: x.type }
}
