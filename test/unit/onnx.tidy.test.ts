/** What real files hold besides the model: dead nodes, shared names, disorder, functions, branches that are decided. */
import { create } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { execute } from '../../src/model/execute.js'
import { decodeModel, encodeModel } from '../../src/onnx/decode.js'
import {
  AttributeProtoSchema,
  FunctionProtoSchema,
  GraphProtoSchema,
  AttributeProto_AttributeType as Kind,
  type ModelProto,
} from '../../src/onnx/gen/onnx_pb.js'
import { type LoadOptions, prepare } from '../../src/onnx/load.js'
import { UnsupportedOperatorError } from '../../src/onnx/unsupported.js'
import { buildModel, floats, type ModelSpec, type NodeSpec, Type } from '../helpers/onnx-model.js'

function modelOf(nodes: NodeSpec[], extra: Partial<ModelSpec> = {}): ModelProto {
  return buildModel({ opset: 17, inputs: { x: { shape: [2] } }, outputs: { y: Type.FLOAT }, nodes, ...extra })
}

/** What the model makes of -1 and 2. */
async function answer(model: ModelProto, options: LoadOptions = {}): Promise<number[]> {
  const file = { model: decodeModel(encodeModel(model)), digest: 'sha256:' as const, files: [] }
  const { graph } = await prepare(file, options)
  return [...execute(graph, [Float64Array.of(-1, 2)])[graph.outputs[0]!.tensor]!]
}

const custom: NodeSpec = { op: 'Twice', domain: 'my.ops', in: ['x'], out: ['z'] }
const relu: NodeSpec = { op: 'Relu', name: 'n', in: ['x'], out: ['y'] }

test('a custom operator that nothing needs is no matter', async () => {
  expect(await answer(modelOf([custom, relu], { domains: { 'my.ops': 1 } }))).toEqual([0, 2])
})

test('nor is one that only another output needs', async () => {
  const model = modelOf([custom, relu], {
    domains: { 'my.ops': 1 },
    outputs: { y: Type.FLOAT, z: Type.FLOAT },
  })
  expect(await answer(model, { outputs: ['y'] })).toEqual([0, 2])
})

test('one that is needed is named, with all others', async () => {
  const model = modelOf([custom, { op: 'Thrice', domain: 'my.ops', in: ['z'], out: ['y'] }])
  const error = await answer(model).catch((thrown) => thrown)
  expect(error).toBeInstanceOf(UnsupportedOperatorError)
  expect(error.nodes.map(({ operator }: { operator: string }) => operator)).toEqual([
    'my.ops.Twice',
    'my.ops.Thrice',
  ])
})

test('nodes may share a name, and that of a third', async () => {
  const nodes = [
    { op: 'Neg', name: 'n', in: ['x'], out: ['a'] },
    { op: 'Relu', name: 'n', in: ['a'], out: ['b'] },
    { op: 'Neg', name: 'n.2', in: ['b'], out: ['y'] },
  ]
  expect(await answer(modelOf(nodes))).toEqual([-1, 0])
})

test('a constant may come after the node that reads it', async () => {
  const nodes = [
    { op: 'Add', in: ['x', 'c'], out: ['y'] },
    { op: 'Constant', in: [], out: ['c'], attributes: { value_float: 3 } },
  ]
  expect(await answer(modelOf(nodes))).toEqual([2, 5])
})

test('functions of the model are put in their places', async () => {
  const model = modelOf([{ ...custom, out: ['y'], attributes: { k: 2.5 } }], { domains: { 'my.ops': 1 } })
  const body = [
    {
      opType: 'Constant',
      output: ['k'],
      attribute: [{ name: 'value_float', type: Kind.FLOAT, refAttrName: 'k' }],
    },
    { opType: 'Mul', input: ['a', 'k'], output: ['b'] },
  ]
  const opsetImport = [{ domain: '', version: 17n }]
  const own = { name: 'Twice', domain: 'my.ops', input: ['a'], output: ['b'], attribute: ['k'], opsetImport }
  model.functions.push(create(FunctionProtoSchema, { ...own, node: body }))
  expect(await answer(model)).toEqual([-2.5, 5])
})

test.each([
  ['then', 1, [0, 2]],
  ['else', 0, [1, -2]],
])(
  'of a branch whose condition is constant, the %s side is taken, with what it reads outside',
  async (_, chosen, y) => {
    const condition = { name: 'c', dims: [], dataType: Type.BOOL, int32Data: [chosen] }
    const initializers = [condition, floats('one', [], [1])]
    const nodes = [
      { op: 'Mul', in: ['x', 'one'], out: ['outside'] },
      { op: 'If', in: ['c'], out: ['y'] },
    ]
    const model = modelOf(nodes, { initializers })
    const branch = (name: string, opType: string) =>
      create(AttributeProtoSchema, {
        name: `${name}_branch`,
        type: Kind.GRAPH,
        g: create(GraphProtoSchema, {
          name,
          output: [{ name, type: { value: { case: 'tensorType', value: { elemType: Type.FLOAT } } } }],
          node: [{ opType, input: ['outside'], output: [name] }],
        }),
      })
    model.graph!.node[1]!.attribute.push(branch('then', 'Relu'), branch('else', 'Neg'))
    expect(await answer(model)).toEqual(y)
  },
)
