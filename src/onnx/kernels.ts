/** Kernels of support vector machines, and the sums of them that SVMClassifier and SVMRegressor decide by. */
import { square } from '../base/elementary.js'
import { addTerms, scale } from './affine.js'
import { choice, floats } from './attributes.js'
import { times } from './bilinear.js'
import { constant, linear, smooth, type Value } from './builder.js'
import { matricesOf, multiply } from './matrix.js'
import { InvalidNodeError, type OpNode } from './node.js'
import { power } from './powers.js'

const KERNELS = ['LINEAR', 'POLY', 'RBF', 'SIGMOID'] as const

/** Which sums of weighted kernels are asked for: each has a weight a support vector, and a constant. */
export type KernelSums = { readonly weights: readonly (readonly number[])[]; readonly rho: readonly number[] }

/**
 * For each row of `x` (rows x features) the sums over the support vectors: rows x sums. A linear kernel is taken into
 * the sums, so that no circuit pays for it. Throws `InvalidNodeError` where sizes differ.
 */
export function kernelSums(node: OpNode, x: Value, vectors: number, { weights, rho }: KernelSums): Value {
  const features = x.shape[1]!
  const support = Float64Array.from(floats(node.attributes, 'support_vectors') ?? [])
  if (support.length !== vectors * features) {
    throw new InvalidNodeError(
      node,
      `it has ${support.length} numbers for ${vectors} support vectors of ${features} features`,
    )
  }
  const kind = choice(node.attributes, 'kernel_type', KERNELS)
  if (kind === 'LINEAR') {
    const joined = weights.map((own) => combineVectors(own, support, features))
    return affineMap(node, x, joined, rho)
  }
  return affineMap(node, kernel(node, kind, x, support, vectors), weights, rho)
}

/** Rows x support vectors. */
function kernel(
  node: OpNode,
  kind: Exclude<(typeof KERNELS)[number], 'LINEAR'>,
  x: Value,
  support: Float64Array,
  vectors: number,
): Value {
  const [gamma = 0, offset = 0, degree = 0] = floats(node.attributes, 'kernel_params') ?? []
  const { graph } = node
  const dots = multiply(node, matricesOf(x), matricesOf(constant([vectors, x.shape[1]!], support), true))
  if (kind === 'RBF') return smooth(graph, minusDistances(node, x, dots, support, gamma), 'exp')
  const shift = constant([1], Float64Array.of(offset))
  const moved = addTerms(graph, { value: scaled(node, dots, gamma), sign: 1 }, { value: shift, sign: 1 })
  return kind === 'POLY' ? power(graph, moved, degree) : smooth(graph, moved, 'tanh')
}

/** -gamma * |x - v|^2 = gamma * (2 x v - |x|^2 - |v|^2) for each support vector v. */
function minusDistances(node: OpNode, x: Value, dots: Value, support: Float64Array, gamma: number): Value {
  const { graph } = node
  const features = x.shape[1]!
  const lengths = Float64Array.from({ length: support.length / features }, (_, vector) =>
    support
      .subarray(vector * features, (vector + 1) * features)
      .reduce((sum, value) => sum - gamma * square(value), 0),
  )
  const ones = constant([features, 1], new Float64Array(features).fill(-gamma))
  const own = multiply(node, matricesOf(times(graph, x, x)), matricesOf(ones))
  const both = addTerms(graph, { value: scaled(node, dots, 2 * gamma), sign: 1 }, { value: own, sign: 1 })
  return addTerms(graph, { value: both, sign: 1 }, { value: constant([1, lengths.length], lengths), sign: 1 })
}

function scaled(node: OpNode, value: Value, factor: number): Value {
  return scale(node.graph, value, { shape: [], data: Float64Array.of(factor) })
}

function combineVectors(weights: readonly number[], support: Float64Array, features: number): number[] {
  return Array.from({ length: features }, (_, feature) =>
    weights.reduce((sum, weight, vector) => sum + weight * support[vector * features + feature]!, 0),
  )
}

/** x * weights' + bias, without the weights that are zero. */
function affineMap(
  node: OpNode,
  x: Value,
  weights: readonly (readonly number[])[],
  bias: readonly number[],
): Value {
  const [rows, columns] = x.shape as [number, number]
  const entries = Array.from({ length: rows }, (_, row) =>
    weights.map((own) =>
      own.flatMap((weight, column) => (weight === 0 ? [] : [{ column: row * columns + column, weight }])),
    ),
  ).flat()
  const rowStart = new Int32Array(entries.length + 1)
  for (const [at, { length }] of entries.entries()) rowStart[at + 1] = rowStart[at]! + length
  const flat = entries.flat()
  const op = {
    rowStart,
    column: Int32Array.from(flat, ({ column }) => column),
    weight: Int32Array.from(flat.keys()),
    weights: Float64Array.from(flat, ({ weight }) => weight),
    bias: Float64Array.from(entries, (_, at) => bias[at % bias.length]!),
  }
  return linear(node.graph, [x], op, [rows, weights.length])
}
