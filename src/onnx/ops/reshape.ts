/** Reshape: -1 stands for what is left, 0 for the input's own extent (but for nothing where `allowzero` is set). */
import { formatShape, sizeOf } from '../../base/tensor.js'
import { int } from '../attributes.js'
import { reshape, type Value } from '../builder.js'
import { InvalidNodeError, type OpNode, requireConstant, requireInput } from '../node.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const wanted = [...requireConstant(node, 1, 'target shape').data]
  const keepZero = int(node.attributes, 'allowzero', 0) !== 0
  const shape = wanted.map((extent, axis) => (extent === 0 && !keepZero ? (x.shape[axis] ?? 0) : extent))
  const open = shape.indexOf(-1)
  if (open >= 0) shape[open] = sizeOf(x.shape) / sizeOf(shape.filter((_, axis) => axis !== open))
  if (
    sizeOf(shape) !== sizeOf(x.shape) ||
    shape.some((extent) => !(extent >= 0 && Number.isInteger(extent)))
  ) {
    throw new InvalidNodeError(node, `shape ${formatShape(x.shape)} does not become [${wanted.join(', ')}]`)
  }
  return reshape(node.graph, x, shape)
}
