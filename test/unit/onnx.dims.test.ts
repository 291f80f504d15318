import { describe, expect, test } from 'vitest'
import { decodeModel, encodeModel, type Model } from '../../src/onnx/decode.js'
import { DimensionError, type Dims, MissingShapeError, pinDimensions } from '../../src/onnx/dims.js'
import { importGraph, OpenShapeError } from '../../src/onnx/import.js'
import { fold } from '../../src/onnx/ort.js'
import { buildBytes, floats, type ModelSpec, Type } from '../helpers/onnx-model.js'

type Shape = readonly (number | string | null)[]

function modelWith(shape: Shape | undefined, extra: Partial<ModelSpec> = {}): Model {
  return decodeModel(
    buildBytes({
      opset: 13,
      inputs: { x: shape === undefined ? {} : { shape } },
      outputs: { y: Type.FLOAT },
      nodes: [{ op: 'Relu', in: ['x'], out: ['y'] }],
      ...extra,
    }),
  )
}

function shapeAfter(shape: Shape | undefined, dims?: Dims): { shape: readonly number[]; notes: string[] } {
  const model = modelWith(shape)
  const notes = pinDimensions(model, dims)
  const { graph } = importGraph(model)
  return { shape: graph.tensors[graph.inputs[0]!.tensor]!.shape, notes }
}

describe('pinDimensions', () => {
  test.each<[string, Shape | undefined, Dims | undefined, number[], string | undefined]>([
    ['static shapes stay', [2, 3], undefined, [2, 3], undefined],
    ['a named axis becomes 1', ['batch', 3], undefined, [1, 3], 'axis 0 (batch) to 1'],
    ['a named axis takes its extent', ['batch', 3], { batch: 4 }, [4, 3], 'axis 0 (batch) to 4'],
    ['an unnamed axis becomes 1', [null, 3], undefined, [1, 3], 'axis 0 (unnamed) to 1'],
    [
      'extents 0 and -1 are open',
      [0, -1, 3],
      undefined,
      [1, 1, 3],
      'axis 0 (unnamed) to 1, axis 1 (unnamed) to 1',
    ],
    ['an input takes a whole shape', [null, 'length'], { x: [2, 5] }, [2, 5], 'axis 1 (length) to 5'],
    ['a missing shape is given', undefined, { x: [2, 5] }, [2, 5], 'was set to 2x5'],
  ])('%s', (_, before, dims, after, note) => {
    const { shape, notes } = shapeAfter(before, dims)
    expect(shape).toEqual(after)
    expect(notes.length).toBe(note === undefined ? 0 : 1)
    if (note !== undefined) expect(notes[0]).toContain(note)
  })

  test.each<[string, Shape, Dims, string]>([
    ['a name that is nowhere', ['batch', 3], { bach: 1 }, '"bach"'],
    ['an extent of 0', ['batch', 3], { batch: 0 }, 'extent 0'],
    ['a fraction', ['batch', 3], { batch: 1.5 }, 'extent 1.5'],
    ['another static extent', ['batch', 3], { x: [1, 4] }, 'cannot be 1x4'],
    ['another rank', ['batch', 3], { x: [1] }, 'cannot be 1'],
  ])('refuses %s', (_, shape, dims, message) => {
    expect(() => pinDimensions(modelWith(shape), dims)).toThrow(DimensionError)
    expect(() => pinDimensions(modelWith(shape), dims)).toThrow(message)
  })

  test('asks for a shape that is missing', () => {
    expect(() => pinDimensions(modelWith(undefined))).toThrow(MissingShapeError)
  })

  test('open axes that nobody pinned are refused by the import', () => {
    expect(() => importGraph(modelWith(['batch', 3]))).toThrow(OpenShapeError)
  })

  test('initializers that are inputs as well become constants (IR 3)', async () => {
    const model = modelWith([1, 2], {
      irVersion: 3,
      inputs: { x: { shape: ['N', 2] }, w: { shape: [2, 2] } },
      initializers: [floats('w', [2, 2], [1, 2, 3, 4])],
      nodes: [{ op: 'MatMul', in: ['x', 'w'], out: ['y'] }],
    })
    pinDimensions(model)
    const { graph } = importGraph(decodeModel(await fold(encodeModel(model))))
    expect(graph.inputs.map((port) => port.name)).toEqual(['x'])
  })

  test('stale shapes of later tensors do not disturb', async () => {
    const model = modelWith(['N', 4], {
      nodes: [
        { op: 'Relu', in: ['x'], out: ['h'] },
        { op: 'Flatten', in: ['h'], out: ['y'] },
      ],
    })
    const stale = modelWith(['M', 7]).graph.input[0]!
    model.graph.valueInfo = [{ ...stale, name: 'h' }]
    model.graph.output = [{ ...modelWith(['K', 'L']).graph.input[0]!, name: 'y' }]
    pinDimensions(model, { N: 2 })
    const { graph } = importGraph(decodeModel(await fold(encodeModel(model))))
    expect(graph.tensors[graph.outputs[0]!.tensor]!.shape).toEqual([2, 4])
  })
})
