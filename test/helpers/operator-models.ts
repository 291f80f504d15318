/** One small model for each core operator, and one that chains them as a convolutional net does. */
import type { Op } from '../../src/model/graph.js'
import type { QuantizedModel } from '../../src/model/quantized.js'
import { groupsOf, ModelBuilder } from './integer-models.js'

export type NamedModel = { readonly name: string; readonly model: QuantizedModel }

export const OPERATORS: readonly NamedModel[] = [
  single('argmax', { kind: 'argmax', ...groupsOf([3, 1]) }, 4, 2),
  single('clamp', { kind: 'clamp', lo: -2, hi: 3 }, 2, 2),
  single(
    'compare',
    { kind: 'compare', element: Int32Array.of(1, 0), threshold: Float64Array.of(-3, 2) },
    2,
    2,
  ),
  single('constant', { kind: 'constant', data: Float64Array.of(3, -4) }, 0, 2),
  single(
    'linear',
    dense(
      [
        [2, -1, 0],
        [1, 3, -2],
      ],
      [1, -5],
    ),
    3,
    2,
  ),
  single('max', { kind: 'max', ...groupsOf([2, 2]) }, 4, 2),
  single(
    'piecewise',
    {
      kind: 'piecewise',
      start: Float64Array.of(-2),
      slope: Float64Array.of(2, -1),
      offset: Float64Array.of(1, 4),
    },
    2,
    2,
  ),
  single(
    'piecewise by halving',
    {
      kind: 'piecewise',
      start: Float64Array.of(-4, -2, 0),
      slope: Float64Array.of(0, 2, -1, 3),
      offset: Float64Array.of(1, 4, 0, -2),
    },
    2,
    2,
  ),
  single('product', { kind: 'product', left: Int32Array.of(0, 1, 1), right: Int32Array.of(1, 1, 2) }, 3, 3),
  {
    name: 'quotient',
    model: over(
      'quotient',
      { kind: 'quotient', left: Int32Array.of(0, 1), right: Int32Array.of(2, 2), shift: 1, whole: true },
      3,
      6,
    ),
  },
  single('rearrange', { kind: 'rearrange', index: Int32Array.of(2, -1, 0), fill: -3 }, 3, 3),
  single('rescale', { kind: 'rescale', shift: 2, relu: false }, 2, 2),
  single('rescale and Relu', { kind: 'rescale', shift: 2, relu: true }, 2, 2),
  single('Relu', { kind: 'rescale', shift: 0, relu: true }, 2, 2),
  single('round down', { kind: 'round', even: false, shift: 2 }, 2, 2),
  single('round to even', { kind: 'round', even: true, shift: 2 }, 2, 2),
  { name: 'root', model: over('root', { kind: 'root', shift: 1, whole: true }, 1, 12) },
  { name: 'a convolutional net', model: chain() },
  { name: 'sums of products', model: bilinear() },
]

function single(name: string, op: Op, inputs: number, outputs: number): NamedModel {
  const builder = new ModelBuilder()
  const x = builder.input('x', [Math.max(1, inputs)], -8, 6)
  return { name, model: builder.finish([builder.node(op, inputs === 0 ? [] : [x], [outputs])]) }
}

/** The operator over inputs from 1: for those that take no other. */
function over(name: string, op: Op, inputs: number, hi: number): QuantizedModel {
  const builder = new ModelBuilder()
  const x = builder.input('x', [inputs], 1, hi)
  const both = op.kind === 'quotient' ? [x, x] : [x]
  const wide = op.kind === 'quotient' ? { ...op, right: op.right.map((at) => inputs + at) } : op
  return builder.finish([builder.node(wide, both, [op.kind === 'quotient' ? op.left.length : inputs], name)])
}

/** Convolution of width 2, max pooling over pairs, rescale with Relu, a dense layer, argmax. */
function chain(): QuantizedModel {
  const builder = new ModelBuilder()
  const x = builder.input('x', [5], 0, 3)
  const convolved = builder.node(
    dense(
      [
        [3, -2, 0, 0, 0],
        [0, 3, -2, 0, 0],
        [0, 0, 3, -2, 0],
        [0, 0, 0, 3, -2],
      ],
      [1, 1, 1, 1],
    ),
    [x],
    [4],
    'conv',
  )
  const pooled = builder.node({ kind: 'max', ...groupsOf([2, 2]) }, [convolved], [2], 'pool')
  const active = builder.node({ kind: 'rescale', shift: 1, relu: true }, [pooled], [2], 'relu')
  const logits = builder.node(
    dense(
      [
        [1, -1],
        [-2, 1],
        [1, 1],
      ],
      [0, 3, -4],
    ),
    [active],
    [3],
    'dense',
  )
  const label = builder.node({ kind: 'argmax', ...groupsOf([3]) }, [logits], [1], 'label')
  return builder.finish([label])
}

/** Scores of two pairs and a square, summed, rescaled, and multiplied with what they were made of. */
function bilinear(): QuantizedModel {
  const builder = new ModelBuilder()
  const x = builder.input('x', [3], -4, 3)
  const pairs = { kind: 'product' as const, left: Int32Array.of(0, 0, 2), right: Int32Array.of(1, 2, 2) }
  const products = builder.node(pairs, [x], [3], 'pairs')
  const sums = builder.node(
    dense(
      [
        [1, 1, 0],
        [0, 1, 1],
      ],
      [0, 2],
    ),
    [products],
    [2],
    'sums',
  )
  const scores = builder.node({ kind: 'rescale', shift: 2, relu: false }, [sums], [2], 'scores')
  const weighted = { kind: 'product' as const, left: Int32Array.of(0, 1), right: Int32Array.of(2, 3) }
  return builder.finish([builder.node(weighted, [scores, x], [2], 'weighted')])
}

function dense(matrix: readonly (readonly number[])[], bias: readonly number[]): Op {
  const columns = matrix[0]!.length
  return {
    kind: 'linear',
    rowStart: Int32Array.from({ length: matrix.length + 1 }, (_, row) => row * columns),
    column: Int32Array.from({ length: matrix.length * columns }, (_, entry) => entry % columns),
    weight: Int32Array.from({ length: matrix.length * columns }, (_, entry) => entry),
    weights: Float64Array.from(matrix.flat()),
    bias: Float64Array.from(bias),
  }
}
