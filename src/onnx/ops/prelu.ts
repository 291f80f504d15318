/** PRelu: x, times a slope where it is negative; the slope broadcasts to the shape of x. */
import { broadcastShapes, sameShape } from '../../base/tensor.js'
import type { Value } from '../builder.js'
import { computedLeaky, leaky } from '../leaky.js'
import { InvalidNodeError, isConstant, type OpNode, requireInput } from '../node.js'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const slope = requireInput(node, 1)
  if (!sameShape(broadcastShapes(x.shape, slope.shape), x.shape)) {
    throw new InvalidNodeError(
      node,
      `slopes of shape ${slope.shape.join('x')} do not fit ${x.shape.join('x')}`,
    )
  }
  return isConstant(slope) ? leaky(node.graph, x, slope) : computedLeaky(node.graph, x, slope)
}
