/** Inputs that become constants: from values given, from the samples, and by themselves where all samples agree. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InvalidArgumentError } from 'commander'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bind } from '../../src/artifacts/samples/bind.js'
import { ChangingValueError, MissingValueError } from '../../src/artifacts/samples/fixed.js'
import { samplesFromJson } from '../../src/artifacts/samples/json.js'
import { encodeNpz, samplesFromNpz } from '../../src/artifacts/samples/npz.js'
import { collectFix } from '../../src/cli/options.js'
import { execute } from '../../src/model/execute.js'
import { ConstantError, constantOf, fixInputs, UnknownInputError } from '../../src/onnx/constants.js'
import { decodeModel } from '../../src/onnx/decode.js'
import { importGraph } from '../../src/onnx/import.js'
import { loadModel } from '../../src/onnx/load.js'
import { readTensor } from '../../src/onnx/tensor-proto.js'
import { UnsupportedOperatorError } from '../../src/onnx/unsupported.js'
import { compile } from '../../src/stages/compile.js'
import { loadFixed } from '../../src/stages/fixed.js'
import { witness } from '../../src/stages/prove.js'
import { buildBytes, type ModelSpec, Type } from '../helpers/onnx-model.js'

const array = (shape: number[], ...data: number[]) => ({ shape, data: Float64Array.from(data) })

/** Takes rows out of its input: which, and how they lie, are inputs too. */
const SPEC: ModelSpec = {
  opset: 13,
  inputs: {
    x: { shape: [2, 3] },
    rows: { shape: [null], type: Type.INT64 },
    target: { shape: [2], type: Type.INT64 },
  },
  outputs: { y: Type.FLOAT },
  nodes: [
    { op: 'GatherND', in: ['x', 'rows'], out: ['g'] },
    { op: 'Reshape', in: ['g', 'target'], out: ['y'] },
  ],
}
const X = array([4, 2, 3], ...Array.from({ length: 24 }, (_, i) => (7 * i) % 11))

let folder: string
let model: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'zkonnx-test-'))
  model = join(folder, 'model.onnx')
  writeFileSync(model, buildBytes(SPEC))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function data(name: string, arrays: Parameters<typeof encodeNpz>[0]): string {
  const path = join(folder, `${name}.npz`)
  writeFileSync(path, encodeNpz(arrays))
  return path
}

describe('loadModel', () => {
  test('computes with the values given', async () => {
    const constants = { rows: { data: [1] }, target: constantOf('target', [3, 1]) }
    const { graph, constants: shapes } = await loadModel(model, { constants })
    expect(shapes).toEqual({ rows: [1], target: [2] })
    const [output] = graph.outputs
    expect(graph.tensors[output!.tensor]!.shape).toEqual([3, 1])
    expect([...execute(graph, [Float64Array.of(1, 2, 3, 4, 5, 6)])[output!.tensor]!]).toEqual([4, 5, 6])
    expect(graph.notes[0]).toBe('Input "rows" was fixed to 1.')
  })

  test('says which inputs to fix where they are left open', async () => {
    const error = await loadModel(model, { dims: { rows: [1] } }).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(UnsupportedOperatorError)
    expect(error.message).toContain('--fix rows')
    expect(error.nodes[0].inputs).toEqual(['rows'])
  })

  test.each([
    ['an input that is not there', { axes: [0] }, UnknownInputError, /"axes".*\n.*x, rows, target/],
    ['a number that its type does not hold', { rows: [0.5] }, ConstantError, /0.5 is no int64/],
    ['another shape', { target: [1, 2, 3] }, ConstantError, /3 given, 2 declared/],
    ['another rank', { target: [[3, 1]] }, ConstantError, /1x2 given, 2 declared/],
    ['uneven rows', { rows: [[1], [1, 2]] }, ConstantError, /its rows differ in length/],
    ['a word', { rows: ['first'] }, ConstantError, /neither a number nor a list/],
  ])('refuses %s', async (_, fix, error, message) => {
    const loaded = loadFixed({ model, fix: fix as Record<string, number[]> })
    await expect(loaded).rejects.toThrow(error)
    await expect(loaded).rejects.toThrow(message)
  })
})

test.each([
  [Type.FLOAT, [0.1, -2], [Math.fround(0.1), -2]],
  [Type.DOUBLE, [0.1, -2], [0.1, -2]],
  [
    Type.FLOAT16,
    [0.1, -2, 65504, 2 ** -24, 1e-9, 2049, 2051],
    [0.0999755859375, -2, 65504, 2 ** -24, 0, 2048, 2052],
  ],
  [Type.BFLOAT16, [0.1, -2, 3e38], [0.10009765625, -2, 1.765625 * 2 ** 127]],
  [Type.INT64, [-(2 ** 40), 7], [-(2 ** 40), 7]],
  [Type.UINT64, [2 ** 40, 7], [2 ** 40, 7]],
  [Type.UINT32, [2 ** 32 - 1, 7], [2 ** 32 - 1, 7]],
  [Type.INT8, [-128, 127], [-128, 127]],
  [Type.BOOL, [1, 0], [1, 0]],
])('a fixed input of type %s holds its values', (type, values, held) => {
  const spec: ModelSpec = {
    opset: 13,
    inputs: { x: { shape: [null], type } },
    outputs: { y: type },
    nodes: [{ op: 'Identity', in: ['x'], out: ['y'] }],
  }
  const decoded = decodeModel(buildBytes(spec))
  fixInputs(decoded, { x: { data: values } })
  const stored = [...readTensor(decoded.graph.initializer[0]!).data]
  expect(stored).toEqual(held)
  expect(importGraph(decoded).graph.inputs).toEqual([])
})

describe('loadFixed', () => {
  const rows = array([1], 1)
  const target = array([2], 3, 1)

  test('takes whole numbers from the samples by itself, where an import needs them', async () => {
    const { fixed } = await loadFixed({ model, data: data('once', { x: X, rows, target }) })
    expect(fixed).toEqual([
      { name: 'rows', position: 1, shape: [1], values: [1] },
      { name: 'target', position: 2, shape: [2], values: [3, 1] },
    ])
  })

  test('finds a value that each sample repeats', async () => {
    const path = data('each', { x: X, rows: array([4, 1], 1, 1, 1, 1), target })
    expect((await loadFixed({ model, data: path })).fixed[0]).toMatchObject({ shape: [1], values: [1] })
  })

  test('does not guess where samples differ, and says so where it was asked', async () => {
    const path = data('differ', { x: X, rows: array([4, 1], 1, 1, 0, 1), target })
    await expect(loadFixed({ model, data: path })).rejects.toThrow(UnsupportedOperatorError)
    await expect(loadFixed({ model, data: path, fix: { rows: 'from data' } })).rejects.toThrow(
      ChangingValueError,
    )
    await expect(
      loadFixed({ model, data: data('none', { x: X }), fix: { rows: 'from data' } }),
    ).rejects.toThrow(MissingValueError)
  })

  test('a compiled model keeps the values, and takes samples with and without them', async () => {
    const out = join(folder, 'compiled')
    const { manifest } = await compile({ model, data: data('all', { x: X, rows, target }), out })
    expect(manifest.inputs.map(({ name }) => name)).toEqual(['x'])
    expect(manifest.fixed.map(({ name, values }) => [name, values])).toEqual([
      ['rows', [1]],
      ['target', [3, 1]],
    ])
    expect(manifest.notes).toContain('Input "target" was fixed to [3, 1].')
    for (const arrays of [{ x: X }, { x: X, rows, target }]) {
      const [first] = await witness({ dir: out, input: data('input', arrays), limit: 1, threads: 1 })
      expect('outcome' in first! && first.outcome.prediction.integer[0]!.values).toEqual([
        ...X.data.subarray(3, 6),
      ])
    }
    const other = data('other', { x: X, rows: array([1], 0), target })
    await expect(witness({ dir: out, input: other })).rejects.toThrow(ChangingValueError)
  })
})

describe('bind', () => {
  const fixed = [{ name: 'k', position: 1, shape: [1], values: [3] }]
  const port = [{ name: 'x', shape: [2] }]
  const rowsOf = (json: string) =>
    bind(samplesFromJson(Buffer.from(json), 'in.json'), port, fixed).rows.length

  test('tells a fixed array without a name from one more sample', () => {
    expect(rowsOf('{"input_data": [[1, 2], [3]]}')).toBe(1)
    expect(rowsOf('{"input_data": [[1, 2, 3, 4, 5, 6], [3, 3, 3]]}')).toBe(3)
    expect(() => rowsOf('{"input_data": [[1, 2], [4]]}')).toThrow(ChangingValueError)
  })

  test('takes the only array that is left', () => {
    const samples = samplesFromNpz(
      encodeNpz({ image: array([3, 2], 1, 2, 3, 4, 5, 6), k: array([1], 3) }),
      'in.npz',
    )
    expect(bind(samples, port, fixed).rows).toHaveLength(3)
  })
})

test.each([
  ['axes', { axes: 'from data' }],
  ['axes=[0, 1]', { axes: [0, 1] }],
  ['training=false', { training: false }],
  ['k=3', { k: 3 }],
])('--fix %s is understood', (text, fix) => {
  expect(collectFix(text, { other: 1 })).toEqual({ other: 1, ...fix })
})

test.each(['', '=1', 'axes=', 'axes=first', 'axes="0"', 'axes={}'])('--fix %s is refused', (text) => {
  expect(() => collectFix(text, {})).toThrow(InvalidArgumentError)
})
