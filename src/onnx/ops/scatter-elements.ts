/** ScatterElements (and Scatter, its older name) with constant indices: replaces single elements along one axis. */
import { sameShape, stridesOf, unravel } from '../../base/tensor.js'
import { int } from '../attributes.js'
import { rearrange, type Value } from '../builder.js'
import { InvalidNodeError, type OpNode, requireConstant, requireInput, resolveAxis } from '../node.js'
import { refuseReduction, replaceIndex, resolveIndices } from '../places.js'

export function lower(node: OpNode): Value {
  const [x, updates] = [requireInput(node, 0), requireInput(node, 2)]
  const { shape, data } = requireConstant(node, 1, 'indices')
  refuseReduction(node)
  const axis = resolveAxis(node, int(node.attributes, 'axis', 0), x.shape.length)
  const fits = shape.length === x.shape.length && shape.every((n, at) => at === axis || n <= x.shape[at]!)
  if (!fits || !sameShape(shape, updates.shape)) {
    const found = [shape, updates.shape].map((each) => each.join('x')).join(' and ')
    throw new InvalidNodeError(node, `indices and updates of shapes ${found} do not fit ${x.shape.join('x')}`)
  }
  const strides = stridesOf(x.shape)
  const places = resolveIndices(node, data, x.shape[axis]!).map((pick, at) =>
    unravel(at, shape).reduce((sum, own, along) => sum + (along === axis ? pick : own) * strides[along]!, 0),
  )
  return rearrange(node.graph, [x, updates], replaceIndex(x, places), x.shape)
}
