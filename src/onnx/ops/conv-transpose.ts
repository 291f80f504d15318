/**
 * ConvTranspose: input N x C x D..., weights C x M/group x k.... The windows slide over the output,
 * and each spreads one element of the input.
 *
 * Traps: `output_shape` sets the pads, of which an odd one goes to the end only with SAME_UPPER; without it, SAME cuts
 * outputs off at input * stride, but (as ONNX Runtime has it) adds nothing where the windows do not reach that far.
 */
import { type Shape, sizeOf } from '../../base/tensor.js'
import { choice, int, ints } from '../attributes.js'
import { type Pairs, sumOfProducts } from '../bilinear.js'
import { checkSize, type Value } from '../builder.js'
import { channelBias } from '../channels.js'
import { InvalidNodeError, type OpNode, requireInput, requireRank } from '../node.js'
import { type AxisWindows, invertWindows, placeWindows, positive, type Windows } from '../windows.js'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  requireRank(node, 'input', x.shape, 3)
  const w = requireInput(node, 1)
  const groups = int(node.attributes, 'group', 1)
  checkShapes(node, x, w, groups)
  const axes = axesOf(node, x.shape.slice(2), w.shape.slice(2))
  const shape = [x.shape[0]!, w.shape[1]! * groups, ...axes.map((axis) => axis.input)]
  checkSize(node.graph, sizeOf(shape), 'a convolution')
  const windows = placeWindows(node, axes)
  const depth = x.shape[1]! / groups
  checkSize(node.graph, windows.element.length * shape[0]! * shape[1]! * depth, 'a convolution')
  const bias = channelBias(node, 2, shape)
  return bias.add(
    sumOfProducts(node.graph, x, w, pairsOf(x, w, groups, windows, shape), shape, bias.constant),
  )
}

function checkShapes(node: OpNode, x: Value, w: Value, groups: number): void {
  const kernel = ints(node.attributes, 'kernel_shape') ?? w.shape.slice(2)
  const agree =
    w.shape.length === x.shape.length &&
    kernel.join() === w.shape.slice(2).join() &&
    groups >= 1 &&
    w.shape[0] === x.shape[1] &&
    x.shape[1]! % groups === 0
  if (!agree) {
    const shapes = `weights of shape ${w.shape.join('x')} in ${groups} groups on an input of shape ${x.shape.join('x')}`
    throw new InvalidNodeError(node, `it has ${shapes}`)
  }
}

function axesOf(node: OpNode, spatial: Shape, kernel: Shape): AxisWindows[] {
  const { attributes } = node
  const rank = spatial.length
  const list = (name: string, fallback: number, length = rank) =>
    ints(attributes, name) ?? new Array<number>(length).fill(fallback)
  const strides = positive(node, 'strides', list('strides', 1), rank)
  const dilations = positive(node, 'dilations', list('dilations', 1), rank)
  positive(node, 'kernel_shape', kernel, rank)
  const [extra, pads] = [list('output_padding', 0), list('pads', 0, 2 * rank)]
  const wanted = ints(attributes, 'output_shape')?.slice(-rank)
  const auto = choice(attributes, 'auto_pad', ['NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID'])
  if (extra.length !== rank || pads.length !== 2 * rank || (wanted ?? spatial).length !== rank)
    throw new InvalidNodeError(node, `its padding [${extra}] and [${pads}] do not fit ${rank} axes`)
  return spatial.map((output, at) => {
    const [stride, dilation] = [strides[at]!, dilations[at]!]
    const full = (output - 1) * stride + (kernel[at]! - 1) * dilation + 1 + extra[at]!
    const same = auto.startsWith('SAME') ? Math.min(full, output * stride) : undefined
    const input = wanted?.[at] ?? same
    const [padBegin, padEnd] =
      input !== undefined
        ? splitPads(Math.max(0, full - input), auto === 'SAME_UPPER')
        : auto === 'VALID'
          ? [0, 0]
          : [pads[at]!, pads[at + rank]!]
    const extent = input ?? full - padBegin - padEnd
    if (!(extent >= 1)) throw new InvalidNodeError(node, `its axis ${at} would have ${extent} elements`)
    return { input: extent, kernel: kernel[at]!, stride, dilation, padBegin, padEnd, output }
  })
}

function splitPads(total: number, oddAtEnd: boolean): readonly [number, number] {
  const half = Math.floor(total / 2)
  return oddAtEnd ? [half, total - half] : [total - half, half]
}

/** One row an output element: what the windows over it spread there, of each channel of its group. */
function pairsOf(x: Value, w: Value, groups: number, windows: Windows, shape: Shape): Pairs {
  const { kernelSize, outputSize } = windows
  const [channels, perGroup] = w.shape as [number, number]
  const [filters, plane, depth] = [perGroup * groups, sizeOf(shape.slice(2)), channels / groups]
  const { start, entry } = invertWindows(windows, plane)
  const rowStart = new Int32Array(sizeOf(shape) + 1)
  const left = new Int32Array(x.shape[0]! * filters * depth * entry.length)
  const right = new Int32Array(left.length)
  let at = 0
  for (let row = 0; row + 1 < rowStart.length; row++) {
    const filter = Math.floor(row / plane) % filters
    const image = Math.floor(row / (plane * filters))
    const firstChannel = Math.floor(filter / perGroup) * depth
    for (let channel = firstChannel; channel < firstChannel + depth; channel++) {
      const kernelStart = (channel * perGroup + (filter % perGroup)) * kernelSize
      for (let each = start[row % plane]!; each < start[(row % plane) + 1]!; each++) {
        left[at] = (image * channels + channel) * outputSize + Math.floor(entry[each]! / kernelSize)
        right[at++] = kernelStart + (entry[each]! % kernelSize)
      }
    }
    rowStart[row + 1] = at
  }
  return { rowStart, left, right }
}
