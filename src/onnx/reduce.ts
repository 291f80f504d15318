/** Reductions along axes: which elements meet in which element of the result. */
import { type Shape, sizeOf } from '../base/tensor.js'
import type { Groups } from '../model/ops/groups.js'
import { int, ints } from './attributes.js'
import { type Builder, linear, product, type Value } from './builder.js'
import { transposeIndex } from './layout.js'
import { InvalidNodeError, type OpNode, optionalList, requireInput, resolveAxes } from './node.js'

export type Reduction = Groups & {
  readonly shape: Shape
  /** Members of each group. */
  readonly count: number
}

/** Throws `InvalidNodeError` for axes that the shape has not, and for groups without a member. */
export function reduction(node: OpNode, shape: Shape, axes: readonly number[], keepDims: boolean): Reduction {
  const reduced = new Set(resolveAxes(node, axes, shape.length))
  const kept = [...shape.keys()].filter((axis) => !reduced.has(axis))
  const member = transposeIndex(shape, [...kept, ...reduced])
  const groups = sizeOf(kept.map((axis) => shape[axis]!))
  if (member.length === 0) throw new InvalidNodeError(node, 'it reduces a tensor without elements')
  const count = member.length / groups
  return {
    groupStart: Int32Array.from({ length: groups + 1 }, (_, at) => at * count),
    member,
    count,
    shape: keepDims
      ? shape.map((extent, axis) => (reduced.has(axis) ? 1 : extent))
      : kept.map((axis) => shape[axis]!),
  }
}

/** The sum of each group, times one weight. */
export function weightedSum(builder: Builder, value: Value, groups: Reduction, weight: number): Value {
  const op = {
    rowStart: groups.groupStart,
    column: groups.member,
    weight: new Int32Array(groups.member.length),
    weights: Float64Array.of(weight),
    bias: new Float64Array(groups.groupStart.length - 1),
  }
  return linear(builder, [value], op, groups.shape)
}

/** The sum of the squares of each group. */
export function sumOfSquares(builder: Builder, value: Value, groups: Reduction): Value {
  const all = Int32Array.from({ length: groups.member.length }, (_, at) => at)
  return weightedSum(builder, product(builder, [value], all, all, value.shape), groups, 1)
}

/** For each element of the reduced tensor, the group that it is in. */
export function groupOfEach({ member, count }: Reduction): Int32Array {
  const group = new Int32Array(member.length)
  member.forEach((element, at) => {
    group[element] = Math.floor(at / count)
  })
  return group
}

/**
 * The reduction that ReduceSum, ReduceMean and ReduceMax describe: axes as an attribute, or from `inputSince` on as an
 * input. Undefined where `noop_with_empty_axes` leaves the tensor as it is.
 */
export function reductionOf(node: OpNode, inputSince: number): Reduction | undefined {
  const { shape } = requireInput(node, 0)
  const listed = node.opset >= inputSince ? optionalList(node, 1, 'axes') : ints(node.attributes, 'axes')
  const all = listed === undefined || listed.length === 0
  if (all && int(node.attributes, 'noop_with_empty_axes', 0) !== 0) return undefined
  return reduction(node, shape, all ? [...shape.keys()] : listed, int(node.attributes, 'keepdims', 1) !== 0)
}
