/** OneHot: the "on" value at the index (from either end), the "off" value elsewhere. */
import { sizeOf } from '../../base/tensor.js'
import { int } from '../attributes.js'
import { checkSize, constant, type Value } from '../builder.js'
import { isFloat } from '../elements.js'
import {
  type ConstantValue,
  InvalidNodeError,
  isConstant,
  type OpNode,
  requireConstant,
  requireInput,
  resolveAxis,
} from '../node.js'
import { spike, staircase } from '../staircase.js'
import { UnsupportedNodeError } from '../unsupported.js'

export function lower(node: OpNode): Value {
  const indices = requireInput(node, 0)
  const depth = Math.trunc(requireConstant(node, 1, 'depth').data[0] ?? 0)
  const values = requireConstant(node, 2, 'values')
  if (!(depth >= 1) || values.data.length !== 2)
    throw new InvalidNodeError(node, `its depth is ${depth}, with ${values.data.length} values`)
  const rank = indices.shape.length + 1
  const axis = resolveAxis(node, int(node.attributes, 'axis', -1), rank)
  const shape = indices.shape.toSpliced(axis, 0, depth)
  checkSize(node.graph, sizeOf(shape), 'a one-hot encoding')
  const inner = sizeOf(indices.shape.slice(axis))
  const layout = { depth, inner, shape, values }
  return isConstant(indices) ? encodeConstant(indices, layout) : encodeComputed(node, indices, layout)
}

type OneHotLayout = { depth: number; inner: number; shape: number[]; values: ConstantValue }

function encodeConstant(indices: ConstantValue, { depth, inner, shape, values }: OneHotLayout): Value {
  const [off, on] = values.data as unknown as [number, number]
  const data = new Float64Array(sizeOf(shape)).fill(off)
  indices.data.forEach((index, at) => {
    const place = Math.trunc(index) + (index < 0 ? depth : 0)
    if (!(place >= 0 && place < depth)) return
    data[(Math.floor(at / inner) * depth + place) * inner + (at % inner)] = on
  })
  return constant(shape, data, values.type)
}

function encodeComputed(node: OpNode, indices: Value, { depth, inner, shape, values }: OneHotLayout): Value {
  const { range } = indices
  if (range === undefined) {
    throw new UnsupportedNodeError(
      'its indices are computed floats, which may be no whole numbers',
      'cast them to int64 before it',
    )
  }
  const [off, on] = values.data as unknown as [number, number]
  const rows = Array.from({ length: sizeOf(shape) }, (_, at) => {
    const place = Math.floor(at / inner) % depth
    const element = Math.floor(at / (inner * depth)) * inner + (at % inner)
    const fromEnd = range.lo < 0 ? spike(place - depth, on - off) : []
    return { element, base: off, steps: [...fromEnd, ...spike(place, on - off)] }
  })
  const isWhole = !isFloat(values.type) || (Number.isInteger(off) && Number.isInteger(on))
  return {
    ...staircase(node.graph, indices, rows, shape),
    type: values.type,
    range: isWhole ? { lo: Math.min(off, on), hi: Math.max(off, on) } : undefined,
  }
}
