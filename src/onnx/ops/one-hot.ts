/** OneHot of constant indices: the "on" value at the index (from either end), the "off" value elsewhere. */
import { sizeOf } from '../../base/tensor.js'
import { int } from '../attributes.js'
import { checkSize, constant, type Value } from '../builder.js'
import { InvalidNodeError, type OpNode, requireConstant, resolveAxis } from '../node.js'

export function lower(node: OpNode): Value {
  const indices = requireConstant(node, 0, 'indices')
  const depth = Math.trunc(requireConstant(node, 1, 'depth').data[0] ?? 0)
  const values = requireConstant(node, 2, 'values')
  if (!(depth >= 1) || values.data.length !== 2)
    throw new InvalidNodeError(node, `its depth is ${depth}, with ${values.data.length} values`)
  const rank = indices.shape.length + 1
  const axis = resolveAxis(node, int(node.attributes, 'axis', -1), rank)
  const shape = indices.shape.toSpliced(axis, 0, depth)
  checkSize(node.graph, sizeOf(shape), 'a one-hot encoding')
  const inner = sizeOf(indices.shape.slice(axis))
  const [off, on] = values.data as unknown as [number, number]
  const data = new Float64Array(sizeOf(shape)).fill(off)
  indices.data.forEach((index, at) => {
    const place = Math.trunc(index) + (index < 0 ? depth : 0)
    if (!(place >= 0 && place < depth)) return
    data[(Math.floor(at / inner) * depth + place) * inner + (at % inner)] = on
  })
  return constant(shape, data, values.type)
}
