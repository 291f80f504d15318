/**
 * Resampling along each axis, as Resize and Upsample do it: nearest is a rearrangement, linear and cubic are linear maps
 * with constant weights, the product of those of the axes.
 *
 * Spec: the ONNX page of Resize. Traps: the scale that maps coordinates is the one given, not the ratio of the rounded
 * extents; positions beyond the border take the border's element (but with tf_crop_and_resize the extrapolation value).
 */
import { type Shape, sizeOf, stridesOf } from '../base/tensor.js'
import { type Builder, checkSize, linear, rearrange, type Value } from './builder.js'
import { FILL, pickIndex } from './layout.js'

export type Sampling = {
  readonly coordinates: (typeof COORDINATES)[number]
  readonly mode: 'nearest' | 'linear' | 'cubic'
  readonly nearest: (typeof ROUNDINGS)[number]
  readonly cubicA: number
  readonly excludeOutside: boolean
  /** Widens the kernel where an axis shrinks, so that every element counts. */
  readonly antialias: boolean
  readonly extrapolation: number
}

export const COORDINATES = [
  'half_pixel',
  'half_pixel_symmetric',
  'pytorch_half_pixel',
  'align_corners',
  'asymmetric',
  'tf_half_pixel_for_nn',
  'tf_crop_and_resize',
] as const

export const ROUNDINGS = ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'] as const

export type AxisSampling = {
  readonly input: number
  readonly output: number
  readonly scale: number
  /** Where tf_crop_and_resize begins and ends, 0 to 1. */
  readonly roi: readonly [number, number]
}

/** An output position as a weighted sum of input positions; without any it is the extrapolation value. */
type Taps = ReadonlyMap<number, number>

/** Throws `TooLargeError`. */
export function resample(
  builder: Builder,
  value: Value,
  axes: readonly AxisSampling[],
  sampling: Sampling,
): Value {
  const shape = axes.map((axis) => axis.output)
  checkSize(builder, sizeOf(shape), 'a resized tensor')
  const taps = axes.map((axis) => Array.from({ length: axis.output }, (_, at) => tapsOf(axis, at, sampling)))
  if (taps.every((axis) => axis.every(({ size }) => size <= 1))) {
    const picks = taps.map((axis) => axis.map((tap) => tap.keys().next().value ?? FILL))
    return rearrange(builder, [value], pickIndex(value.shape, picks), shape, sampling.extrapolation)
  }
  const widest = taps.map((axis) => Math.max(...axis.map(({ size }) => size)))
  // written down entry by entry, each takes as long as many plain ones
  checkSize(builder, 32 * sizeOf(shape) * sizeOf(widest), 'an interpolation')
  return linear(builder, [value], interpolationRows(value.shape, taps, sampling.extrapolation), shape)
}

function tapsOf(axis: AxisSampling, at: number, sampling: Sampling): Taps {
  const { input, output } = axis
  if (input === output && axis.scale === 1 && sampling.coordinates !== 'tf_crop_and_resize')
    return new Map([[at, 1]])
  const x = coordinate(axis, at, sampling.coordinates)
  if (sampling.coordinates === 'tf_crop_and_resize' && (x < 0 || x > input - 1)) return new Map()
  if (sampling.mode === 'nearest') return new Map([[clampTo(round(x, sampling.nearest), input), 1]])
  const shrink = sampling.antialias ? Math.min(axis.scale, 1) : 1
  const radius = sampling.mode === 'linear' ? 1 : 2
  const kernel = sampling.mode === 'linear' ? tent : (distance: number) => cubic(distance, sampling.cubicA)
  const start = Math.floor(-radius / shrink) + 1
  const first = Math.floor(x) + start
  const weights = Array.from({ length: 2 - 2 * start }, (_, place) =>
    kernel(Math.abs(first + place - x) * shrink),
  )
  return gatherTaps(weights, first, input, sampling.excludeOutside)
}

/** Weights of consecutive positions, made to sum to 1; those outside go to the border, or are left out. */
function gatherTaps(weights: readonly number[], first: number, input: number, excludeOutside: boolean): Taps {
  const inside = (at: number) => first + at >= 0 && first + at < input
  const kept = weights.map((weight, at) => (excludeOutside && !inside(at) ? 0 : weight))
  const sum = kept.reduce((total, weight) => total + weight, 0)
  const taps = new Map<number, number>()
  kept.forEach((weight, at) => {
    const source = clampTo(first + at, input)
    if (weight !== 0) taps.set(source, (taps.get(source) ?? 0) + weight / sum)
  })
  return taps
}

function coordinate(
  { input, output, scale, roi }: AxisSampling,
  at: number,
  how: Sampling['coordinates'],
): number {
  const length = scale * input
  switch (how) {
    case 'half_pixel':
      return (at + 0.5) / scale - 0.5
    case 'half_pixel_symmetric':
      return (input / 2) * (1 - output / length) + (at + 0.5) / scale - 0.5
    case 'pytorch_half_pixel':
      return output > 1 ? (at + 0.5) / scale - 0.5 : 0
    case 'align_corners':
      return output > 1 ? (at * (input - 1)) / (output - 1) : 0
    case 'asymmetric':
      return at / scale
    case 'tf_half_pixel_for_nn':
      return (at + 0.5) / scale
    case 'tf_crop_and_resize':
      return output > 1
        ? roi[0] * (input - 1) + (at * (roi[1] - roi[0]) * (input - 1)) / (output - 1)
        : 0.5 * (roi[0] + roi[1]) * (input - 1)
  }
}

function round(x: number, how: Sampling['nearest']): number {
  switch (how) {
    case 'round_prefer_floor':
      return Math.ceil(x - 0.5)
    case 'round_prefer_ceil':
      return Math.floor(x + 0.5)
    case 'floor':
      return Math.floor(x)
    case 'ceil':
      return Math.ceil(x)
  }
}

function tent(distance: number): number {
  return Math.max(0, 1 - distance)
}

/** Keys' cubic convolution: one polynomial for distances up to 1, one up to 2. */
function cubic(d: number, a: number): number {
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0
}

function clampTo(at: number, extent: number): number {
  return Math.min(Math.max(at, 0), extent - 1)
}

function interpolationRows(from: Shape, taps: readonly (readonly Taps[])[], extrapolation: number) {
  const strides = stridesOf(from)
  let rows: readonly Taps[] = [new Map([[0, 1]])]
  taps.forEach((axis, along) => {
    rows = rows.flatMap((row) => axis.map((tap) => product(row, tap, strides[along]!)))
  })
  const entries = rows.flatMap((row) => [...row])
  const weights = [...new Set(entries.map(([, weight]) => weight))]
  const place = new Map(weights.map((weight, at) => [weight, at]))
  const rowStart = new Int32Array(rows.length + 1)
  rows.forEach((row, at) => {
    rowStart[at + 1] = rowStart[at]! + row.size
  })
  return {
    rowStart,
    column: Int32Array.from(entries, ([column]) => column),
    weight: Int32Array.from(entries, ([, weight]) => place.get(weight)!),
    weights: Float64Array.from(weights),
    bias: Float64Array.from(rows, (row) => (row.size === 0 ? extrapolation : 0)),
  }
}

function product(row: Taps, tap: Taps, stride: number): Taps {
  const all = new Map<number, number>()
  for (const [offset, weight] of row) {
    for (const [at, factor] of tap) all.set(offset + at * stride, weight * factor)
  }
  return all
}
