/** Folding in a process of its own: what hostile constants may cost, and what they leave behind. */

import { describe, expect, test } from 'vitest'
import { decodeModel, encodeModel } from '../../src/onnx/decode.js'
import { FoldLimitError, foldApart } from '../../src/onnx/fold-apart.js'
import type { ModelProto } from '../../src/onnx/gen/onnx_pb.js'
import { importGraph } from '../../src/onnx/import.js'
import { RuntimeLoadError } from '../../src/onnx/ort.js'
import { buildModel, floats, ints, type ModelSpec, type NodeSpec, Type } from '../helpers/onnx-model.js'

function modelOf(nodes: NodeSpec[], initializers: ModelSpec['initializers'] = []): ModelProto {
  return buildModel({
    opset: 17,
    inputs: { x: { shape: [1] } },
    outputs: { y: Type.FLOAT },
    nodes,
    initializers,
  })
}

const plain = encodeModel(
  modelOf(
    [
      { op: 'Add', in: ['a', 'a'], out: ['b'] },
      { op: 'Add', in: ['x', 'b'], out: ['y'] },
    ],
    [floats('a', [1], [1])],
  ),
)

test('computes what depends on no input', async () => {
  const { graph } = decodeModel(await foldApart(plain))
  expect(graph.node.map(({ opType }) => opType)).toEqual(['Add'])
})

test('many at once each get their own answer', async () => {
  const refused = encodeModel(modelOf([{ op: 'Nothing', in: ['x'], out: ['y'] }]))
  const results = await Promise.allSettled([plain, refused, plain, refused].map((bytes) => foldApart(bytes)))
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected'])
  expect(results[1]).toMatchObject({ reason: { name: new RuntimeLoadError('').name } })
})

describe('a model that', () => {
  const ofOnes = (shape: number[], then: NodeSpec[]) =>
    encodeModel(
      modelOf(
        [
          { op: 'ConstantOfShape', in: ['s'], out: ['c'], attributes: { value: floats('', [1], [1]) } },
          ...then,
          { op: 'Add', in: ['x', 'r'], out: ['y'] },
        ],
        [ints('s', shape)],
      ),
    )

  test.each([2 ** 30, 2 ** 40])('asks for %s constants is refused', async (count) => {
    const bytes = ofOnes([count], [{ op: 'ReduceSum', in: ['c'], out: ['r'] }])
    const load = async () => importGraph(decodeModel(await foldApart(bytes)))
    await expect(load()).rejects.toThrow(/TooLarge|too large|more than|constants cannot be computed|refuses/)
    expect((await foldApart(plain)).length).toBeGreaterThan(0)
  })

  test('takes too long is ended, and the next one is folded', async () => {
    const long: NodeSpec[] = [
      { op: 'MatMul', in: ['c', 'c'], out: ['m'] },
      { op: 'ReduceSum', in: ['m'], out: ['r'] },
    ]
    const bytes = ofOnes([6000, 6000], long)
    await expect(foldApart(bytes, { milliseconds: 300 })).rejects.toThrow(FoldLimitError)
    expect((await foldApart(plain)).length).toBeGreaterThan(0)
  })
})
