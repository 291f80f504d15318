/** Conv over one or more spatial axes: input N x C x D..., weights M x C/group x k.... */
import { sizeOf } from '../../base/tensor.js'
import { int, ints } from '../attributes.js'
import { type Pairs, sumOfProducts } from '../bilinear.js'
import { checkSize, type Value } from '../builder.js'
import { channelBias } from '../channels.js'
import { InvalidNodeError, type OpNode, requireInput, requireRank } from '../node.js'
import { type Windows, windowsOf } from '../windows.js'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  requireRank(node, 'input', x.shape, 3)
  const w = requireInput(node, 1)
  const groups = int(node.attributes, 'group', 1)
  checkShapes(node, x, w, groups)
  const windows = windowsOf(node, x.shape.slice(2), w.shape.slice(2))
  const shape = [x.shape[0]!, w.shape[0]!, ...windows.output]
  checkSize(node.graph, sizeOf(shape) * w.shape[1]! * windows.kernelSize, 'a convolution')
  const pairs = pairsOf(x, w, groups, windows)
  const bias = channelBias(node, 2, shape)
  return bias.add(sumOfProducts(node.graph, x, w, pairs, shape, bias.constant))
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

/** One row an output element; the places of the kernel that fall on padding are left out. */
function pairsOf(x: Value, w: Value, groups: number, windows: Windows): Pairs {
  const [batch, channels] = x.shape as [number, number]
  const [filters, depth] = w.shape as [number, number]
  const { element, outputSize, kernelSize } = windows
  const plane = sizeOf(x.shape.slice(2))
  const rows = batch * filters * outputSize
  const rowStart = new Int32Array(rows + 1)
  const left = new Int32Array(rows * depth * kernelSize)
  const right = new Int32Array(left.length)
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
        left[at] = planeStart + source
        right[at++] = kernelStart + place
      }
    }
    rowStart[row + 1] = at
  }
  return { rowStart, left: left.slice(0, at), right: right.slice(0, at) }
}
