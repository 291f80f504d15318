/** The forms in which exporters write the same things down: each is pinned, folded, imported, and agrees with the runtime. */
import { describe, expect, test } from 'vitest'
import { sizeOf } from '../../src/base/tensor.js'
import { compareWithRuntime, inputNames } from '../../src/onnx/agree.js'
import { decodeModel, encodeModel } from '../../src/onnx/decode.js'
import { pinDimensions } from '../../src/onnx/dims.js'
import { importGraph } from '../../src/onnx/import.js'
import { createInference, fold } from '../../src/onnx/ort.js'
import {
  buildBytes,
  floats,
  ints,
  type ModelSpec,
  type NodeSpec,
  randomValues,
  seeded,
  type TensorInit,
  Type,
} from '../helpers/onnx-model.js'

const SEED = 77
const random = seeded(SEED)

const weights = (name: string, shape: number[]) => floats(name, shape, randomValues(random, shape))

/** Folded by the runtime and not, the program answers as the runtime does on the pinned model. */
async function expectAgreement(
  spec: ModelSpec,
  sample = (shape: readonly number[]) => randomValues(random, shape),
) {
  const model = decodeModel(buildBytes(spec))
  pinDimensions(model)
  const pinned = encodeModel(model)
  const inference = await createInference(pinned)
  for (const bytes of [pinned, await fold(pinned)]) {
    const { graph } = importGraph(decodeModel(bytes))
    const shapes = inputNames(graph).map((_, at) => graph.tensors[graph.inputs[at]!.tensor]!.shape)
    const differences = await compareWithRuntime(graph, inference, [shapes.map((shape) => sample(shape))])
    expect(Object.keys(differences)).toEqual(Object.keys(spec.outputs))
    for (const difference of Object.values(differences)) expect(difference).toBeLessThan(1e-4)
  }
  await inference.release()
}

function specOf(
  shape: (number | string | null)[],
  nodes: NodeSpec[],
  extra: Partial<ModelSpec> = {},
): ModelSpec {
  return { opset: 13, inputs: { x: { shape } }, outputs: { y: Type.FLOAT }, nodes, ...extra }
}

describe(`weights (seed ${SEED})`, () => {
  const matmul: NodeSpec[] = [{ op: 'MatMul', in: ['x', 'w'], out: ['y'] }]
  const values = randomValues(random, [3, 2])
  const stored: [string, TensorInit][] = [
    ['float_data', floats('w', [3, 2], values)],
    ['raw_data', { name: 'w', dims: [3n, 2n], dataType: Type.FLOAT, rawData: rawOf(values) }],
  ]

  test.each(stored)('in %s', (_, w) => expectAgreement(specOf([2, 3], matmul, { initializers: [w] })))

  test.each(stored)('in a Constant node, in %s', (_, value) => {
    const constant = { op: 'Constant', in: [], out: ['w'], attributes: { value } }
    return expectAgreement(specOf([2, 3], [constant, ...matmul]))
  })

  test('that are inputs as well (IR 3)', () => {
    const inputs = { x: { shape: [2, 3] }, w: { shape: [3, 2] } }
    const initializers = [floats('w', [3, 2], values)]
    return expectAgreement(specOf([2, 3], matmul, { inputs, initializers, irVersion: 3 }))
  })

  test('behind a Reshape, a Transpose and a Cast', () =>
    expectAgreement(
      specOf(
        [2, 3],
        [
          { op: 'Reshape', in: ['flat', 'shape'], out: ['r'] },
          { op: 'Transpose', in: ['r'], out: ['t'] },
          { op: 'Cast', in: ['t'], out: ['w'], attributes: { to: BigInt(Type.FLOAT) } },
          ...matmul,
        ],
        { initializers: [doubles('flat', values), ints('shape', [2, 3])] },
      ),
    ))
})

describe('nodes', () => {
  test('without names, dead ones and inputs that nothing reads', () =>
    expectAgreement(
      specOf(
        [2, 3],
        [
          { op: 'Relu', in: ['x'], out: ['a'] },
          { op: 'Erf', in: ['x'], out: ['dead'] },
          { op: 'Add', in: ['a', 'x'], out: ['y'] },
        ],
        { inputs: { unused: { shape: [7] }, x: { shape: [2, 3] } } },
      ),
    ))

  test('with secondary outputs that nothing reads', () => {
    const initializers = ['s', 'b', 'm'].map((name) => weights(name, [2]))
    const variance = floats('v', [2], [0.5, 2])
    return expectAgreement(
      specOf(
        [1, 2, 4, 4],
        [
          { op: 'BatchNormalization', in: ['x', 's', 'b', 'm', 'v'], out: ['n'] },
          { op: 'MaxPool', in: ['n'], out: ['p', 'indices'], attributes: { kernel_shape: [2n, 2n] } },
          { op: 'Dropout', in: ['p'], out: ['y', 'mask'] },
        ],
        { initializers: [...initializers, variance] },
      ),
    )
  })
})

describe('layouts', () => {
  test.each(['SAME_UPPER', 'SAME_LOWER', 'VALID'])('NHWC between Transposes, padded %s', (auto_pad) => {
    const initializers = [weights('k', [3, 2, 3, 3]), weights('w', [3, 4]), weights('b', [4])]
    return expectAgreement(
      specOf(
        ['batch', 5, 6, 2],
        [
          { op: 'Transpose', in: ['x'], out: ['t'], attributes: { perm: [0n, 3n, 1n, 2n] } },
          { op: 'Conv', in: ['t', 'k'], out: ['c'], attributes: { auto_pad, strides: [2n, 1n] } },
          { op: 'Relu', in: ['c'], out: ['r'] },
          { op: 'Transpose', in: ['r'], out: ['h'], attributes: { perm: [0n, 2n, 3n, 1n] } },
          { op: 'MatMul', in: ['h', 'w'], out: ['m'] },
          { op: 'Add', in: ['m', 'b'], out: ['y'] },
        ],
        { initializers },
      ),
    )
  })

  test('asymmetric pads, with and without counting them', () => {
    const pool = { kernel_shape: [3n, 2n], pads: [2n, 0n, 1n, 1n] }
    return expectAgreement(
      specOf(
        [1, 2, 5, 5],
        [
          { op: 'AveragePool', in: ['x'], out: ['a'], attributes: { ...pool, count_include_pad: 1n } },
          { op: 'AveragePool', in: ['a'], out: ['b'], attributes: pool },
          { op: 'MaxPool', in: ['b'], out: ['y'], attributes: { ...pool, strides: [2n, 2n] } },
        ],
      ),
    )
  })
})

describe('shapes', () => {
  const chain: NodeSpec[] = [
    { op: 'Shape', in: ['x'], out: ['s'] },
    { op: 'Gather', in: ['s', 'zero'], out: ['n'], attributes: { axis: 0n } },
    { op: 'Unsqueeze', in: ['n', 'axes'], out: ['n1'] },
    { op: 'Concat', in: ['n1', 'rest'], out: ['t'], attributes: { axis: 0n } },
    { op: 'Reshape', in: ['x', 't'], out: ['y'] },
  ]
  const initializers = [ints('zero', [0], []), ints('axes', [0]), ints('rest', [-1])]

  test.each([
    ['named', 'batch_size'],
    ['unnamed', null],
    ['zero', 0],
    ['invented', 'Reshapeoutput_dim_1'],
  ])('of %s axes, computed and reshaped to', (_, axis) =>
    expectAgreement(specOf([axis, 2, 3], chain, { initializers })),
  )
})

describe('element types', () => {
  const cast: NodeSpec[] = [
    { op: 'Cast', in: ['x'], out: ['f'], attributes: { to: BigInt(Type.FLOAT) } },
    { op: 'Mul', in: ['f', 'half'], out: ['y'] },
  ]
  const initializers = [floats('half', [], [0.5])]
  const few = (shape: readonly number[]) => Float64Array.from({ length: sizeOf(shape) }, (_, at) => at % 2)

  test.each([
    'DOUBLE',
    'FLOAT16',
    'INT64',
    'INT32',
    'INT16',
    'INT8',
    'UINT64',
    'UINT32',
    'UINT16',
    'UINT8',
    'BOOL',
  ] as const)('%s inputs', (type) =>
    expectAgreement(
      specOf([], cast, { inputs: { x: { shape: [2, 3], type: Type[type] } }, initializers }),
      few,
    ),
  )

  test('half precision throughout', () => {
    const c = { name: 'c', dims: [3n], dataType: Type.FLOAT16, int32Data: [0x3800, 0xc000, 0x0400] }
    const nodes = [
      { op: 'Mul', in: ['x', 'c'], out: ['m'] },
      { op: 'Relu', in: ['m'], out: ['y'] },
    ]
    const inputs = { x: { shape: [2, 3], type: Type.FLOAT16 } }
    // halves, whose products half precision holds
    const halves = (shape: readonly number[]) =>
      Float64Array.from({ length: sizeOf(shape) }, (_, at) => at / 2 - 1)
    return expectAgreement(
      specOf([], nodes, { inputs, outputs: { y: Type.FLOAT16 }, initializers: [c] }),
      halves,
    )
  })

  test('int64 arithmetic on inputs, then a label', () =>
    expectAgreement(
      specOf(
        [],
        [
          { op: 'Mul', in: ['x', 'c'], out: ['m'] },
          { op: 'Cast', in: ['m'], out: ['f'], attributes: { to: BigInt(Type.FLOAT) } },
          { op: 'ArgMax', in: ['f'], out: ['y'], attributes: { axis: 1n, keepdims: 0n } },
        ],
        {
          inputs: { x: { shape: [2, 3], type: Type.INT64 } },
          outputs: { y: Type.INT64 },
          initializers: [ints('c', [3, -2, 1])],
        },
      ),
      few,
    ))
})

function rawOf(values: Float64Array): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer)
}

function doubles(name: string, values: Float64Array): TensorInit {
  return { name, dims: [BigInt(values.length)], dataType: Type.DOUBLE, doubleData: [...values] }
}
