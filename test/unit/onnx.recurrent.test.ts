/** What the random comparison with ONNX Runtime (onnx.operators.test.ts) does not reach of LSTM, GRU and RNN. */
import { describe, expect, test } from 'vitest'
import { execute } from '../../src/model/execute.js'
import type { Graph } from '../../src/model/graph.js'
import { decodeModel } from '../../src/onnx/decode.js'
import { importGraph } from '../../src/onnx/import.js'
import {
  buildBytes,
  floats,
  type ModelSpec,
  type NodeSpec,
  randomValues,
  seeded,
  type TensorInit,
  Type,
} from '../helpers/onnx-model.js'

const [STEPS, BATCH, INPUTS, HIDDEN] = [4, 3, 2, 3]
const random = seeded(17)
const weights = (name: string, shape: number[]) => floats(name, shape, randomValues(random, shape))
const lengths: TensorInit = { name: 'n', dims: [3n], dataType: Type.INT32, int32Data: [4, 0, 2] }

const PARAMETERS = [
  weights('w', [2, 4 * HIDDEN, INPUTS]),
  weights('r', [2, 4 * HIDDEN, HIDDEN]),
  weights('b', [2, 8 * HIDDEN]),
  lengths,
  weights('h', [2, BATCH, HIDDEN]),
  weights('c', [2, BATCH, HIDDEN]),
]

function lstm(nodes: NodeSpec[], shape: number[]): Graph {
  const outputs = { y: Type.FLOAT, y1: Type.FLOAT, y2: Type.FLOAT }
  const spec: ModelSpec = {
    opset: 14,
    inputs: { x: { shape } },
    outputs,
    initializers: PARAMETERS,
    nodes,
  }
  return importGraph(decodeModel(buildBytes(spec))).graph
}

const direction = { direction: 'bidirectional', hidden_size: BigInt(HIDDEN) }
const swapped = (name: string): NodeSpec => ({
  op: 'Transpose',
  in: [name],
  out: [`${name}'`],
  attributes: { perm: [1n, 0n, 2n] },
})

describe('batch first', () => {
  test('is the same with the axes exchanged, of all inputs and outputs', () => {
    const plain = lstm(
      [
        swapped('x'),
        {
          op: 'LSTM',
          in: ["x'", 'w', 'r', 'b', 'n', 'h', 'c'],
          out: ['Y', 'H', 'C'],
          attributes: direction,
        },
        { op: 'Transpose', in: ['Y'], out: ['y'], attributes: { perm: [2n, 0n, 1n, 3n] } },
        { op: 'Transpose', in: ['H'], out: ['y1'], attributes: { perm: [1n, 0n, 2n] } },
        { op: 'Transpose', in: ['C'], out: ['y2'], attributes: { perm: [1n, 0n, 2n] } },
      ],
      [BATCH, STEPS, INPUTS],
    )
    const layout = lstm(
      [
        swapped('h'),
        swapped('c'),
        {
          op: 'LSTM',
          in: ['x', 'w', 'r', 'b', 'n', "h'", "c'"],
          out: ['y', 'y1', 'y2'],
          attributes: { ...direction, layout: 1n },
        },
      ],
      [BATCH, STEPS, INPUTS],
    )
    const x = randomValues(random, [BATCH, STEPS, INPUTS])
    const [one, other] = [execute(plain, [x]), execute(layout, [x])]
    for (const [at, { tensor }] of plain.outputs.entries()) {
      const same = layout.outputs[at]!.tensor
      expect(layout.tensors[same]!.shape).toEqual(plain.tensors[tensor]!.shape)
      expect(other[same]).toEqual(one[tensor])
      expect(one[tensor]!.some((value) => value !== 0)).toBe(true)
    }
  })
})

const NODE: NodeSpec = { op: 'LSTM', name: 'node', in: ['x', 'w', 'r'], out: ['y'], attributes: {} }
const SHAPES: Record<string, number[]> = { w: [1, 12, 2], r: [1, 12, 3], b: [1, 24], h: [1, 3, 3] }

/** Imports one node, its parameters of the shapes above unless given. */
function importNode(node: Partial<NodeSpec>, shapes: Record<string, number[]> = {}): Graph {
  const all = { ...SHAPES, ...shapes }
  const spec: ModelSpec = {
    opset: 14,
    inputs: { x: { shape: [4, 3, 2] }, lengths: { shape: [3], type: Type.INT32 } },
    outputs: { y: Type.FLOAT },
    initializers: [...Object.entries(all).map(([name, shape]) => weights(name, shape)), lengths],
    nodes: [{ ...NODE, ...node }],
  }
  return importGraph(decodeModel(buildBytes(spec))).graph
}

describe('what does not fit', () => {
  const invalid: [string, Partial<NodeSpec>, Record<string, number[]>, RegExp][] = [
    ['W for other inputs', {}, { w: [1, 12, 3] }, /its input 1 has shape 1x12x3 instead of 1x12x2/],
    ['R of three gates', {}, { r: [1, 9, 3] }, /its input 2 has shape 1x9x3 instead of 1x12x3/],
    ['half of the biases', { in: ['x', 'w', 'r', 'b'] }, { b: [1, 12] }, /its input 3 has shape 1x12/],
    ['another hidden size', { attributes: { hidden_size: 4n } }, {}, /its hidden_size is 4, but R is for 3/],
    ['a direction too few', { attributes: { direction: 'bidirectional' } }, {}, /its input 1 has shape/],
    ['an unknown direction', { attributes: { direction: 'up' } }, {}, /"direction" is "up"/],
    ['too few functions', { attributes: { activations: ['Tanh', 'Tanh'] } }, {}, /it names 2 activations/],
    [
      'a state of another batch',
      { in: ['x', 'w', 'r', '', '', 'h'] },
      { h: [1, 2, 3] },
      /its input 5 has shape 1x2x3 instead of 1x3x3/,
    ],
    [
      'lengths of another batch',
      { in: ['x', 'w', 'r', '', 'few'] },
      { few: [2] },
      /its lengths \[.*\] do not fit 3 sequences of 4 steps/,
    ],
  ]
  test.each(invalid)('%s', (_, node, shapes, message) => {
    expect(() => importNode(node, shapes)).toThrow(message)
  })

  const unsupported: [string, Partial<NodeSpec>, RegExp][] = [
    [
      'computed lengths',
      { in: ['x', 'w', 'r', '', 'lengths'] },
      /its sequence lengths are computed.*--fix lengths/s,
    ],
    [
      'unknown functions',
      { attributes: { activations: ['Sigmoid', 'Cos', 'Tanh'] } },
      /its activation "Cos" is not known/,
    ],
    [
      'parameters without a settled default',
      { attributes: { activations: ['Sigmoid', 'ThresholdedRelu', 'Tanh'] } },
      /it leaves out the activation_alpha of ThresholdedRelu/,
    ],
  ]
  test.each(unsupported)('%s', (_, node, message) => {
    expect(() => importNode(node)).toThrow(message)
  })
})

test('a state of zeros costs the first step no gate that only forgets', () => {
  const gates = importNode({}).nodes.filter(({ op }) => op.kind === 'smooth')
  // i, g, o and the cell's way out at the first step, f as well at the three others
  expect(gates.length).toBe(4 + 3 * 5)
})
