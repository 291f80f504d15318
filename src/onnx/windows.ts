/**
 * Sliding windows of Conv, MaxPool and AveragePool over any number of spatial axes, and the other way round those that
 * ConvTranspose and Col2Im spread over an image.
 *
 * Spec: the ONNX pages of these operators. Traps: SAME_UPPER puts the odd padding at the end; with `ceil_mode` a window
 * that would start in the end padding is left out, and one that reaches beyond the padding counts only what lies before.
 */
import { type Shape, sizeOf, stridesOf } from '../base/tensor.js'
import { choice, int, ints } from './attributes.js'
import { checkSize } from './builder.js'
import { InvalidNodeError, type OpNode } from './node.js'

/** One spatial axis. */
export type AxisWindows = {
  readonly input: number
  readonly kernel: number
  readonly stride: number
  readonly dilation: number
  readonly padBegin: number
  readonly padEnd: number
  readonly output: number
}

export type Windows = {
  /** Windows along each spatial axis. */
  readonly output: Shape
  readonly outputSize: number
  readonly kernelSize: number
  /** For each window and each place of the kernel, the element within the spatial input; -1 for padding. */
  readonly element: Int32Array
  /** For each window, how many places lie in the input or in the padding (not beyond it). */
  readonly padded: Int32Array
}

/** Reads kernel-sliding attributes off a node. Throws `InvalidNodeError` where they contradict the shapes. */
export function windowsOf(node: OpNode, spatial: Shape, kernel: readonly number[]): Windows {
  return placeWindows(node, axesOf(node, spatial, kernel))
}

/** Windows along each of the axes. Throws `TooLargeError`. */
export function placeWindows(node: OpNode, axes: readonly AxisWindows[]): Windows {
  const [spatial, kernel] = [axes.map((axis) => axis.input), axes.map((axis) => axis.kernel)]
  const output = axes.map((axis) => axis.output)
  checkSize(node.graph, sizeOf(output) * sizeOf(kernel), 'sliding windows')
  let element: Int32Array = Int32Array.of(0)
  let padded: Int32Array = Int32Array.of(1)
  let [outputs, kernels] = [1, 1]
  const strides = stridesOf(spatial)
  axes.forEach((axis, at) => {
    element = extendWindows(element, outputs, kernels, axis, strides[at]!)
    padded = extendPadded(padded, axis)
    outputs *= axis.output
    kernels *= axis.kernel
  })
  return { output, outputSize: outputs, kernelSize: sizeOf(kernel), element, padded }
}

/** For each element of the image, its entries in `element`: those of `start[e]` up to `start[e + 1]`. */
export function invertWindows({ element }: Windows, size: number): { start: Int32Array; entry: Int32Array } {
  const start = new Int32Array(size + 1)
  for (const at of element) if (at >= 0) start[at + 1]!++
  for (let at = 0; at < size; at++) start[at + 1]! += start[at]!
  const next = start.slice()
  const entry = new Int32Array(start[size]!)
  element.forEach((at, place) => {
    if (at >= 0) entry[next[at]!++] = place
  })
  return { start, entry }
}

function axesOf(node: OpNode, spatial: Shape, kernel: readonly number[]): AxisWindows[] {
  const { attributes } = node
  const rank = spatial.length
  if (kernel.length !== rank)
    throw new InvalidNodeError(node, `its kernel has ${kernel.length} axes, its input ${rank}`)
  const ones = new Array<number>(rank).fill(1)
  const strides = positive(node, 'strides', ints(attributes, 'strides') ?? ones, rank)
  const dilations = positive(node, 'dilations', ints(attributes, 'dilations') ?? ones, rank)
  positive(node, 'kernel_shape', kernel, rank)
  const auto = choice(attributes, 'auto_pad', ['NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID'])
  const pads = ints(attributes, 'pads') ?? new Array<number>(2 * rank).fill(0)
  if (auto === 'NOTSET' && pads.length !== 2 * rank)
    throw new InvalidNodeError(node, `it has ${pads.length} pads`)
  const ceil = int(attributes, 'ceil_mode', 0) !== 0
  return spatial.map((input, axis) => {
    const span = (kernel[axis]! - 1) * dilations[axis]! + 1
    const stride = strides[axis]!
    const [padBegin, padEnd] =
      auto === 'NOTSET' ? [pads[axis]!, pads[axis + rank]!] : autoPads(auto, input, span, stride)
    const room = input + padBegin + padEnd - span
    if (room < 0 || padBegin < 0 || padEnd < 0) {
      throw new InvalidNodeError(node, `its kernel does not fit axis ${axis} of the input (${input})`)
    }
    const output = countWindows(room, stride, input + padBegin, ceil)
    return { input, kernel: kernel[axis]!, stride, dilation: dilations[axis]!, padBegin, padEnd, output }
  })
}

/** Throws `InvalidNodeError` unless there is one number above 0 an axis. */
export function positive(
  node: OpNode,
  what: string,
  values: readonly number[],
  rank: number,
): readonly number[] {
  if (values.length !== rank || values.some((value) => !(value >= 1 && value < 2 ** 31))) {
    throw new InvalidNodeError(node, `its ${what} are [${values.join(', ')}] over ${rank} axes`)
  }
  return values
}

function autoPads(auto: 'SAME_UPPER' | 'SAME_LOWER' | 'VALID', input: number, span: number, stride: number) {
  if (auto === 'VALID') return [0, 0] as const
  const total = Math.max((Math.ceil(input / stride) - 1) * stride + span - input, 0)
  const half = Math.floor(total / 2)
  return auto === 'SAME_UPPER' ? ([half, total - half] as const) : ([total - half, half] as const)
}

function countWindows(room: number, stride: number, startsBefore: number, ceil: boolean): number {
  if (!ceil) return Math.floor(room / stride) + 1
  const count = Math.ceil(room / stride) + 1
  return (count - 1) * stride >= startsBefore ? count - 1 : count
}

/** Windows over the axes so far, times those of one more axis: the later axis varies faster on both sides. */
function extendWindows(
  element: Int32Array,
  outputs: number,
  kernels: number,
  axis: AxisWindows,
  stride: number,
): Int32Array {
  const extended = new Int32Array(element.length * axis.output * axis.kernel)
  let at = 0
  for (let output = 0; output < outputs; output++) {
    for (let window = 0; window < axis.output; window++) {
      for (let kernel = 0; kernel < kernels; kernel++) {
        const base = element[output * kernels + kernel]!
        for (let place = 0; place < axis.kernel; place++) {
          const own = window * axis.stride + place * axis.dilation - axis.padBegin
          extended[at++] = base < 0 || own < 0 || own >= axis.input ? -1 : base + own * stride
        }
      }
    }
  }
  return extended
}

function extendPadded(padded: Int32Array, axis: AxisWindows): Int32Array {
  const counts = Int32Array.from({ length: axis.output }, (_, window) => {
    const left = axis.input + axis.padBegin + axis.padEnd - window * axis.stride
    return Math.min(axis.kernel, Math.ceil(left / axis.dilation))
  })
  const extended = new Int32Array(padded.length * axis.output)
  for (let i = 0, at = 0; i < padded.length; i++) {
    for (const count of counts) extended[at++] = padded[i]! * count
  }
  return extended
}
