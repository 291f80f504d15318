/** All that is wrong with a model, said at once; and what is right with it all the same. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { create } from '@bufbuild/protobuf'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exportAgain, insteadOf } from '../../src/onnx/advice.js'
import { encodeModel, ModelFileError } from '../../src/onnx/decode.js'
import { DimensionError } from '../../src/onnx/dims.js'
import { TensorProto_DataLocation as Location, TensorProtoSchema } from '../../src/onnx/gen/onnx_pb.js'
import { OutputError } from '../../src/onnx/import.js'
import { survey } from '../../src/onnx/survey.js'
import { buildBytes, buildModel, floats, type ModelSpec, Type } from '../helpers/onnx-model.js'

// determinants and random numbers are what a proof will hardly ever be asked for
const TWO_FAULTS: ModelSpec = {
  opset: 17,
  inputs: { x: { shape: ['batch', 2, 2] } },
  outputs: { y: Type.FLOAT },
  initializers: [floats('w', [1, 3], [1, -2, 3])],
  nodes: [
    { op: 'Relu', in: ['x'], out: ['positive'], name: 'first' },
    { op: 'Det', in: ['positive'], out: ['d'], name: 'determinant' },
    { op: 'MatMul', in: ['d', 'w'], out: ['m'], name: 'dense' },
    { op: 'Relu', in: ['m'], out: ['r'], name: 'second' },
    { op: 'Bernoulli', in: ['r'], out: ['y'], name: 'coin' },
  ],
}

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'zkonnx-test-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function write(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

const surveyOf = (spec: ModelSpec) => survey(write('model.onnx', buildBytes(spec)))

describe('a model that cannot be imported', () => {
  test('has every fault named, also those behind another, and its sound part imported', async () => {
    const { blockers, imported, standIns, facts } = await surveyOf(TWO_FAULTS)
    expect(blockers.map(({ node, operator, opset }) => [node, operator, opset])).toEqual([
      ['determinant', 'Det', 17],
      ['coin', 'Bernoulli', 17],
    ])
    for (const { reason, hint } of blockers) expect([reason, hint]).not.toContain('')
    expect(blockers[1]!.reason).toContain('RandomUniformLike')
    expect(standIns.at(0)).toBe('d')
    expect(imported!.graph.nodes.map(({ source }) => source)).toEqual(
      expect.arrayContaining(['MatMul', 'Relu']),
    )
    expect(facts.operators).toEqual(
      expect.arrayContaining([
        { operator: 'Relu', nodes: 2, unsupported: 0 },
        { operator: 'Det', nodes: 1, unsupported: 1 },
        { operator: 'MatMul', nodes: 1, unsupported: 0 },
      ]),
    )
  })

  test('says what its inputs hold where those are no numbers', async () => {
    const { blockers } = await surveyOf({
      opset: 17,
      inputs: { word: { shape: [1], type: Type.STRING }, x: { shape: [1] } },
      outputs: { out: Type.STRING, y: Type.FLOAT },
      nodes: [
        { op: 'StringNormalizer', in: ['word'], out: ['out'], name: 'lower' },
        { op: 'Bernoulli', in: ['x'], out: ['y'], name: 'coin' },
      ],
    })
    expect(blockers.map(({ node }) => node).sort()).toEqual(['coin', 'lower', 'word'])
    expect(blockers[0]!.reason).toContain('STRING')
  })

  test('is not asked to fix a value that only stands for what a node makes', async () => {
    const { blockers } = await surveyOf({
      ...TWO_FAULTS,
      nodes: [
        { op: 'Det', in: ['x'], out: ['d'], name: 'determinant' },
        { op: 'Div', in: ['w', 'd'], out: ['y'], name: 'quotient' },
      ],
    })
    expect(blockers[0]!.node).toBe('determinant')
    for (const { hint, inputs } of blockers) {
      expect(hint).not.toContain('--fix')
      expect(inputs ?? []).toEqual([])
    }
  })

  test('contradicting the standard is a fault among others', async () => {
    const { blockers } = await surveyOf({
      ...TWO_FAULTS,
      nodes: [
        { op: 'MatMul', in: ['x', 'w'], out: ['m'], name: 'misfit' },
        { op: 'Det', in: ['m'], out: ['y'], name: 'determinant' },
      ],
    })
    expect(blockers.map(({ operator }) => operator)).toEqual(['ONNX Runtime', 'MatMul', 'Det'])
    expect(blockers[0]!.reason).toMatch(/refuses/)
  })

  test('whose weights are missing still says which, and which operators it has', async () => {
    const model = buildModel(TWO_FAULTS)
    model.graph!.initializer = [
      create(TensorProtoSchema, {
        name: 'w',
        dims: [1n, 3n],
        dataType: Type.FLOAT,
        dataLocation: Location.EXTERNAL,
        externalData: [{ key: 'location', value: 'gone.data' }],
      }),
    ]
    const { blockers, facts, imported } = await survey(write('outside.onnx', encodeModel(model)))
    expect(blockers.map(({ node }) => node)).toEqual(['gone.data', 'determinant', 'coin'])
    expect(blockers[0]).toMatchObject({ operator: 'external data', reason: expect.stringContaining('"w"') })
    expect(facts).toMatchObject({ nodes: 5, opsets: { 'ai.onnx': 17 } })
    expect(imported).toBeUndefined()
  })

  test('whose input has no shape says how to give it', async () => {
    const { blockers } = await surveyOf({ ...TWO_FAULTS, inputs: { x: {} } })
    expect(blockers[0]).toMatchObject({ node: 'x', operator: 'graph input' })
    expect(blockers[0]!.hint).toContain('--dim x=')
  })
})

test('a sound model is imported whole, with its facts', async () => {
  const { blockers, imported, standIns, types, facts } = await surveyOf({
    ...TWO_FAULTS,
    inputs: { x: { shape: ['batch', 1] } },
    nodes: [
      { op: 'MatMul', in: ['x', 'w'], out: ['m'], name: 'dense' },
      { op: 'Relu', in: ['m'], out: ['y'], name: 'last' },
    ],
  })
  expect(blockers).toEqual([])
  expect(standIns).toEqual([])
  expect(imported!.graph.outputs.map(({ name }) => name)).toEqual(['y'])
  expect(types).toEqual({ x: 'float32' })
  expect(facts).toMatchObject({
    inputs: [{ name: 'x', type: 'float32', shape: ['batch', 1] }],
    nodes: 2,
    parameters: 3,
    notes: [expect.stringContaining('pinned')],
  })
})

test('what cannot be read, or is asked for wrongly, is an error', async () => {
  const path = write('model.onnx', buildBytes(TWO_FAULTS))
  await expect(survey(join(folder, 'absent.onnx'))).rejects.toThrow(ModelFileError)
  await expect(survey(write('text.onnx', 'no model'))).rejects.toThrow(ModelFileError)
  await expect(survey(path, { dims: { height: 3 } })).rejects.toThrow(DimensionError)
  await expect(survey(path, { outputs: ['z'] })).rejects.toThrow(OutputError)
})

test('there is advice for every operator, and a command for each common exporter', () => {
  for (const [domain, operator] of [
    ['', 'Loop'],
    ['', 'QLinearConv'],
    ['', 'SequenceAt'],
    ['ai.onnx.ml', 'LabelEncoder'],
    ['com.microsoft', 'FusedConv'],
    ['my.domain', 'Thing'],
  ] as const) {
    expect(insteadOf(domain, operator), operator).not.toBe(insteadOf('', 'Unheard'))
  }
  const commands = ['pytorch 2.1', 'tf2onnx 1.9', 'skl2onnx', 'OnnxMLTools', ''].map(exportAgain)
  expect(new Set(commands).size).toBe(commands.length)
})
