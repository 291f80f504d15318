/** Conv over one or more spatial axes with constant weights: input N x C x D..., weights M x C/group x k.... */
import { sizeOf } from '../../base/tensor.js'
import { int, ints } from '../attributes.js'
import { checkSize, linear, type Value } from '../builder.js'
import {
  type ConstantValue,
  InvalidNodeError,
  type OpNode,
  requireConstant,
  requireInput,
  requireRank,
} from '../node.js'
import { type Windows, windowsOf } from '../windows.js'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  requireRank(node, 'input', x.shape, 3)
  const w = requireConstant(node, 1, 'weights')
  const groups = int(node.attributes, 'group', 1)
  checkShapes(node, x, w, groups)
  const windows = windowsOf(node, x.shape.slice(2), w.shape.slice(2))
  const shape = [x.shape[0]!, w.shape[0]!, ...windows.output]
  checkSize(node.graph, sizeOf(shape) * w.shape[1]! * windows.kernelSize, 'a convolution')
  const op = {
    ...convolutionRows(x, w, groups, windows),
    weights: w.data,
    bias: biasOf(node, shape, windows.outputSize),
  }
  return linear(node.graph, [x], op, shape)
}

function checkShapes(node: OpNode, x: Value, w: Value, groups: number): void {
  const kernel = ints(node.attributes, 'kernel_shape') ?? w.shape.slice(2)
  const [channels, filters, depth] = [x.shape[1]!, w.shape[0]!, w.shape[1]!]
  const agree =
    w.shape.length === x.shape.length &&
    kernel.join() === w.shape.slice(2).join() &&
    groups >= 1 &&
    depth * groups === channels &&
    filters % groups === 0
  if (!agree) {
    const shapes = `weights of shape ${w.shape.join('x')} in ${groups} groups on an input of shape ${x.shape.join('x')}`
    throw new InvalidNodeError(node, `it has ${shapes}`)
  }
}

function biasOf(node: OpNode, [batch, filters]: readonly number[], outputSize: number): Float64Array {
  const bias = new Float64Array(batch! * filters! * outputSize)
  if (node.inputs[2] === undefined) return bias
  const { data } = requireConstant(node, 2, 'biases')
  if (data.length !== filters)
    throw new InvalidNodeError(node, `it has ${data.length} biases for ${filters} filters`)
  return bias.map((_, row) => data[Math.floor(row / outputSize) % filters!]!)
}

/** One row an output element; the places of the kernel that fall on padding are left out. */
function convolutionRows(x: Value, w: ConstantValue, groups: number, windows: Windows) {
  const [batch, channels] = x.shape as [number, number]
  const [filters, depth] = w.shape as [number, number]
  const { element, outputSize, kernelSize } = windows
  const plane = sizeOf(x.shape.slice(2))
  const rows = batch * filters * outputSize
  const rowStart = new Int32Array(rows + 1)
  const column = new Int32Array(rows * depth * kernelSize)
  const weight = new Int32Array(column.length)
  let at = 0
  for (let row = 0; row < rows; row++) {
    const window = row % outputSize
    const filter = Math.floor(row / outputSize) % filters
    const image = Math.floor(row / (outputSize * filters))
    const firstChannel = image * channels + Math.floor(filter / (filters / groups)) * depth
    for (let channel = 0; channel < depth; channel++) {
      const planeStart = (firstChannel + channel) * plane
      const kernelStart = (filter * depth + channel) * kernelSize
      for (let place = 0; place < kernelSize; place++) {
        const source = element[window * kernelSize + place]!
        if (source < 0) continue
        column[at] = planeStart + source
        weight[at++] = kernelStart + place
      }
    }
    rowStart[row + 1] = at
  }
  return { rowStart, column: column.slice(0, at), weight: weight.slice(0, at) }
}
