/**
 * Resize by constant scales or to constant sizes. Opset 10 has scales only, and the coordinates of Upsample; from 18 on
 * some axes may be chosen, and sizes may keep the aspect ratio.
 */
import { choice, float, has, int, ints, text } from '../attributes.js'
import type { Value } from '../builder.js'
import { InvalidNodeError, type OpNode, optionalList, requireInput, resolveAxis } from '../node.js'
import { type AxisSampling, COORDINATES, ROUNDINGS, resample, type Sampling } from '../resample.js'
import { UnsupportedNodeError } from '../unsupported.js'

const POLICIES = ['stretch', 'not_larger', 'not_smaller'] as const

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  return resample(node.graph, x, axesOf(node, x.shape), samplingOf(node))
}

function samplingOf({ attributes, opset }: OpNode): Sampling {
  const old = opset < 11
  return {
    coordinates: old ? 'asymmetric' : choice(attributes, 'coordinate_transformation_mode', COORDINATES),
    mode: choice(attributes, 'mode', ['nearest', 'linear', 'cubic']),
    nearest: old ? 'floor' : choice(attributes, 'nearest_mode', ROUNDINGS),
    cubicA: float(attributes, 'cubic_coeff_a', -0.75),
    excludeOutside: int(attributes, 'exclude_outside', 0) !== 0,
    antialias: int(attributes, 'antialias', 0) !== 0,
    extrapolation: float(attributes, 'extrapolation_value', 0),
  }
}

function axesOf(node: OpNode, shape: readonly number[]): AxisSampling[] {
  const given = ints(node.attributes, 'axes')
  const axes = (given ?? [...shape.keys()]).map((axis) => resolveAxis(node, axis, shape.length))
  const listed = (at: number, what: string) => {
    const list = optionalList(node, at, what)
    return list === undefined || list.length === 0 ? undefined : list
  }
  const [roi, scales, sizes] =
    node.opset < 11
      ? [undefined, listed(1, 'scales'), undefined]
      : [listed(1, 'region'), listed(2, 'scales'), listed(3, 'sizes')]
  const count = (scales ?? sizes)?.length
  if (count !== axes.length || (roi !== undefined && roi.length !== 2 * axes.length))
    throw new InvalidNodeError(node, `it resizes ${axes.length} axes by [${scales ?? sizes ?? ''}]`)
  const all = shape.map((input): AxisSampling => ({ input, output: input, scale: 1, roi: [0, 1] }))
  const ratios =
    scales ??
    ratiosOf(
      node,
      sizes!,
      axes.map((axis) => shape[axis]!),
    )
  axes.forEach((axis, at) => {
    const [input, scale] = [shape[axis]!, ratios[at]!]
    const output = sizes === undefined ? Math.floor(input * scale) : sizeOf(node, sizes[at]!, input, scale)
    if (!(scale > 0 && output >= 1))
      throw new InvalidNodeError(node, `it resizes axis ${axis} (${input}) by ${scale}`)
    const region = [roi?.[at] ?? 0, roi?.[at + axes.length] ?? 1] as const
    refuseKeptRegion(node, axis, input === output && (region[0] !== 0 || region[1] !== 1))
    all[axis] = { input, output, scale, roi: region }
  })
  return all
}

/** The specification crops such an axis, and ONNX Runtime leaves it as it is. */
function refuseKeptRegion({ attributes }: OpNode, axis: number, keeps: boolean): void {
  if (keeps && text(attributes, 'coordinate_transformation_mode') === 'tf_crop_and_resize') {
    throw new UnsupportedNodeError(
      `it crops axis ${axis}, which keeps its extent: runtimes differ there`,
      'crop with Slice before it',
    )
  }
}

function policyOf({ attributes }: OpNode): (typeof POLICIES)[number] {
  return has(attributes, 'keep_aspect_ratio_policy')
    ? choice(attributes, 'keep_aspect_ratio_policy', POLICIES)
    : 'stretch'
}

function ratiosOf(node: OpNode, sizes: readonly number[], extents: readonly number[]): readonly number[] {
  const ratios = sizes.map((size, at) => size / extents[at]!)
  const policy = policyOf(node)
  if (policy === 'stretch') return ratios
  const common = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios)
  return ratios.map(() => common)
}

function sizeOf(node: OpNode, size: number, input: number, scale: number): number {
  return policyOf(node) === 'stretch' ? size : Math.floor(input * scale + 0.5)
}
