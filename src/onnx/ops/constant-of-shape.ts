/** ConstantOfShape: one number throughout, 0 by default. */
import { sizeOf } from '../../base/tensor.js'
import { tensor } from '../attributes.js'
import { checkSize, constant, type Value } from '../builder.js'
import { InvalidNodeError, type OpNode, requireConstant } from '../node.js'

export function lower(node: OpNode): Value {
  const shape = [...requireConstant(node, 0, 'extents').data]
  if (shape.some((extent) => !(extent >= 0))) throw new InvalidNodeError(node, `its shape is [${shape}]`)
  checkSize(node.graph, sizeOf(shape), 'a constant')
  const value = tensor(node.attributes, 'value')
  return constant(shape, new Float64Array(sizeOf(shape)).fill(value?.data[0] ?? 0), value?.type ?? 'float32')
}
