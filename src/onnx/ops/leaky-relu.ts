/** LeakyRelu: x, times alpha where it is negative. */
import { float } from '../attributes.js'
import type { Value } from '../builder.js'
import { leaky } from '../leaky.js'
import { type OpNode, requireInput } from '../node.js'

export function lower(node: OpNode): Value {
  const data = Float64Array.of(float(node.attributes, 'alpha', 0.01))
  return leaky(node.graph, requireInput(node, 0), { shape: [], data })
}
