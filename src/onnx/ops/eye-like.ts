/** EyeLike: a matrix of the shape of its input, with ones on the k-th diagonal. */
import { sizeOf } from '../../base/tensor.js'
import { has, int } from '../attributes.js'
import { constant, type Value } from '../builder.js'
import { describeType, elementType } from '../elements.js'
import { type OpNode, requireInput, requireRank } from '../node.js'
import { UnsupportedNodeError } from '../unsupported.js'

export function lower(node: OpNode): Value {
  const { shape, type: own } = requireInput(node, 0)
  requireRank(node, 'input', shape, 2, 2)
  const code = int(node.attributes, 'dtype', 0)
  const type = has(node.attributes, 'dtype') ? elementType(code) : own
  if (type === undefined || type === 'string')
    throw new UnsupportedNodeError(`it makes ${describeType(code)}`, 'keep to numbers')
  const k = int(node.attributes, 'k', 0)
  const columns = shape[1]!
  const ones = Float64Array.from({ length: sizeOf(shape) }, (_, at) =>
    Number((at % columns) - Math.floor(at / columns) === k),
  )
  return constant(shape, ones, type)
}
