/** PRelu: x, times a constant slope where it is negative; the slope broadcasts to the shape of x. */
import { broadcastShapes, sameShape } from '../../base/tensor.js'
import type { Value } from '../builder.js'
import { leaky } from '../leaky.js'
import { InvalidNodeError, type OpNode, requireConstant, requireInput } from '../node.js'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const slope = requireConstant(node, 1, 'slopes')
  if (!sameShape(broadcastShapes(x.shape, slope.shape), x.shape)) {
    throw new InvalidNodeError(
      node,
      `slopes of shape ${slope.shape.join('x')} do not fit ${x.shape.join('x')}`,
    )
  }
  return leaky(node.graph, x, slope)
}
