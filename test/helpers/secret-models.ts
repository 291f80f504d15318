/** Integer programs whose weights are secret. */
import type { Linear } from '../../src/model/ops/linear.js'
import type { QuantizedModel } from '../../src/model/quantized.js'
import { ModelBuilder } from './integer-models.js'
import type { Random } from './random.js'

/** The same program with every linear operator's weights secret; some rows then share a bias. */
export function withSecrets(random: Random, model: QuantizedModel): QuantizedModel {
  const nodes = model.nodes.map((node) =>
    node.op.kind === 'linear' ? { ...node, op: secretly(random, node.op) } : node,
  )
  return { ...model, nodes }
}

function secretly(random: Random, op: Linear): Linear {
  const biasOf = new Int32Array(op.bias.length)
  let count = 0
  for (let row = 0; row < biasOf.length; row++)
    biasOf[row] = row === 0 || random.int(0, 2) > 0 ? count++ : count - 1
  const bias = Float64Array.from(biasOf, (number) => op.bias[biasOf.indexOf(number)]!)
  return { ...op, bias, secret: { weightBits: bitsFor(op.weights), biasBits: bitsFor(bias), biasOf } }
}

function bitsFor(values: Float64Array): number {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1)
  return Math.ceil(Math.log2(largest + 1)) + 1
}

/** Other weights of the same kind, within the same ranges. */
export function withOtherWeights(random: Random, model: QuantizedModel): QuantizedModel {
  const nodes = model.nodes.map((node) => {
    const { op } = node
    if (op.kind !== 'linear' || op.secret === undefined) return node
    const { weightBits, biasBits, biasOf } = op.secret
    const draw = (bits: number) => random.int(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    const biases = Array.from(biasOf, () => draw(biasBits))
    return {
      ...node,
      op: {
        ...op,
        weights: op.weights.map(() => draw(weightBits)),
        bias: Float64Array.from(biasOf, (number) => biases[number]!),
      },
    }
  })
  return { ...model, nodes }
}

/** Two dense layers with a Relu and a rescale between them, in few bits. */
export function secretMlp(random: Random): QuantizedModel {
  const builder = new ModelBuilder()
  const x = builder.input('x', [3], -4, 3)
  const hidden = builder.node(dense(random, 3, 2, 3, 5), [x], [2], 'hidden')
  const relu = builder.node({ kind: 'rescale', shift: 2, relu: true }, [hidden], [2], 'relu')
  return builder.finish([builder.node(dense(random, 2, 2, 3, 5), [relu], [2], 'scores')], 'scores')
}

/** A convolution of one 2x2 filter over 3x3 with padding at one side, pooled, then dense. */
export function secretCnn(random: Random): QuantizedModel {
  const builder = new ModelBuilder()
  const x = builder.input('image', [1, 3, 3], 0, 7)
  const entries = [0, 1, 2].flatMap((row) => [0, 1].map((column) => windowAt(row, column)))
  const rowStart = new Int32Array(entries.length + 1)
  entries.forEach(({ length }, row) => {
    rowStart[row + 1] = rowStart[row]! + length
  })
  const filter = draw(random, 4, 3)
  const shared = draw(random, 1, 6)[0]!
  const conv: Linear = {
    kind: 'linear',
    rowStart,
    column: Int32Array.from(entries.flatMap((row) => row.map(([column]) => column))),
    weight: Int32Array.from(entries.flatMap((row) => row.map(([, weight]) => weight))),
    weights: filter,
    bias: new Float64Array(entries.length).fill(shared),
    secret: { weightBits: 3, biasBits: 6, biasOf: new Int32Array(entries.length) },
  }
  const made = builder.node(conv, [x], [6], 'conv')
  const groups = { groupStart: Int32Array.of(0, 3, 6), member: Int32Array.of(0, 1, 2, 3, 4, 5) }
  const pooled = builder.node({ kind: 'max', ...groups }, [made], [2], 'pool')
  const relu = builder.node({ kind: 'rescale', shift: 2, relu: true }, [pooled], [2], 'relu')
  return builder.finish([builder.node(dense(random, 2, 2, 3, 6), [relu], [2], 'scores')], 'scores')
}

/** Column and weight of each place of the kernel that is inside the image. */
function windowAt(row: number, column: number): (readonly [number, number])[] {
  return [0, 1, 2, 3]
    .map((place) => [row + Math.floor(place / 2), column + (place % 2), place] as const)
    .filter(([y]) => y < 3)
    .map(([y, x, place]) => [y * 3 + x, place] as const)
}

function dense(random: Random, columns: number, rows: number, weightBits: number, biasBits: number): Linear {
  return {
    kind: 'linear',
    rowStart: Int32Array.from({ length: rows + 1 }, (_, row) => row * columns),
    column: Int32Array.from({ length: rows * columns }, (_, entry) => entry % columns),
    weight: Int32Array.from({ length: rows * columns }, (_, entry) => entry),
    weights: draw(random, rows * columns, weightBits),
    bias: draw(random, rows, biasBits),
    secret: { weightBits, biasBits, biasOf: Int32Array.from({ length: rows }, (_, row) => row) },
  }
}

function draw(random: Random, count: number, bits: number): Float64Array {
  return Float64Array.from({ length: count }, () => random.int(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1))
}
