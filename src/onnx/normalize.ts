/** What the normalizations of layers, instances, groups and roots of mean squares share. */
import type { Shape } from '../base/tensor.js'
import { minus, scale, sumOf } from './affine.js'
import { float } from './attributes.js'
import { times } from './bilinear.js'
import { type Builder, constant, quotient, rearrange, reshape, root, type Value } from './builder.js'
import { InvalidNodeError, type OpNode } from './node.js'
import { groupOfEach, type Reduction, sumOfSquares, weightedSum } from './reduce.js'

/** (x - mean) / sqrt(variance + epsilon) in each group; without `centred`, x / sqrt(mean of squares + epsilon). */
export function standardize(
  builder: Builder,
  x: Value,
  groups: Reduction,
  { epsilon, centred = true }: { epsilon: number; centred?: boolean },
) {
  const spread = (value: Value) => rearrange(builder, [value], groupOfEach(groups), x.shape)
  const mean = weightedSum(builder, x, groups, 1 / groups.count)
  const apart = centred ? minus(builder, x, spread(mean)) : x
  const size = groups.groupStart.length - 1
  const variance = scale(
    builder,
    sumOfSquares(builder, apart, groups),
    { shape: [], data: Float64Array.of(1 / groups.count) },
    new Float64Array(size).fill(epsilon),
  )
  const deviation = root(builder, variance)
  return { result: quotient(builder, apart, spread(deviation)), mean, deviation }
}

export function inverseOf(builder: Builder, value: Value): Value {
  return quotient(builder, constant([], Float64Array.of(1)), value)
}

export function epsilonOf(node: OpNode): number {
  return float(node.attributes, 'epsilon', 1e-5)
}

/** Times scale, plus bias, both broadcast. */
export function scaleAndShift(node: OpNode, value: Value, factor: Value, bias: Value | undefined): Value {
  const { graph } = node
  const scaled = times(graph, value, factor)
  return bias === undefined ? scaled : sumOf(graph, [scaled, bias])
}

/** A vector with an element for each extent of axis 1, shaped so that it broadcasts along it. */
export function alongChannels(node: OpNode, value: Value, shape: Shape): Value {
  const channels = shape[1]!
  if (value.shape.length !== 1 || value.shape[0] !== channels) {
    throw new InvalidNodeError(
      node,
      `it has factors of shape ${value.shape.join('x')} for ${channels} channels`,
    )
  }
  return reshape(node.graph, value, [channels, ...new Array<number>(shape.length - 2).fill(1)])
}
