/** What the import makes of classical models: maps become tensors, labels are looked up, the rest is refused by reason. */
import { describe, expect, test } from 'vitest'
import { execute } from '../../src/model/execute.js'
import { decodeModel, encodeModel } from '../../src/onnx/decode.js'
import { importGraph } from '../../src/onnx/import.js'
import { createInference } from '../../src/onnx/ort.js'
import { numberLabels } from '../../src/onnx/string-labels.js'
import { dropZipMaps } from '../../src/onnx/zip-map.js'
import { buildBytes, ints, type ModelSpec, type NodeSpec, Type } from '../helpers/onnx-model.js'

const DOMAIN = 'ai.onnx.ml'

function specOf(nodes: NodeSpec[], extra: Partial<ModelSpec> = {}): ModelSpec {
  const inputs = { x: { shape: [2, 3] } }
  return { opset: 13, domains: { [DOMAIN]: 1 }, inputs, outputs: { y: Type.FLOAT }, nodes, ...extra }
}

function load(nodes: NodeSpec[], extra: Partial<ModelSpec> = {}) {
  return importGraph(decodeModel(buildBytes(specOf(nodes, extra))))
}

function classifier(attributes: NodeSpec['attributes']): NodeSpec {
  const sizes = { coefficients: [1, 0, 0, 0, 1, 0, 0, 0, 1], intercepts: [0, 0, 0] }
  return {
    op: 'LinearClassifier',
    domain: DOMAIN,
    name: 'classifier',
    in: ['x'],
    out: ['label', 'y'],
    attributes: { ...sizes, ...attributes },
  }
}

describe('ZipMap', () => {
  const nodes: NodeSpec[] = [
    { op: 'Scaler', domain: DOMAIN, in: ['x'], out: ['s'], attributes: { offset: [1], scale: [2] } },
    {
      op: 'ZipMap',
      domain: DOMAIN,
      in: ['s'],
      out: ['y'],
      attributes: { classlabels_int64s: [5n, 6n, 7n] },
    },
  ]

  test('passes its scores on under its own name, in files without standard operators too', async () => {
    const model = decodeModel(buildBytes(specOf(nodes)))
    model.opsetImport = model.opsetImport.filter(({ domain }) => domain === DOMAIN)
    const notes = dropZipMaps(model)
    expect(notes).toHaveLength(1)
    expect(notes[0]).toContain('"y"')
    expect(notes[0]).toContain('5, 6, 7')
    const x = Float64Array.of(1, 2, 3, 4, 5, 6)
    const inference = await createInference(encodeModel(model))
    const { y } = await inference.run({ x: { dims: [2, 3], data: x } })
    await inference.release()
    const { graph } = importGraph(model)
    expect(graph.outputs.map((port) => port.name)).toEqual(['y'])
    expect(execute(graph, [x])[graph.outputs[0]!.tensor]).toEqual(y!.data)
  })

  test('a model without one stays as it is', () => {
    const model = decodeModel(buildBytes(specOf(nodes.slice(0, 1).map((node) => ({ ...node, out: ['y'] })))))
    const before = encodeModel(model)
    expect(dropZipMaps(model)).toEqual([])
    expect(encodeModel(model)).toEqual(before)
  })
})

describe('LinearClassifier', () => {
  test.each(['SOFTMAX', 'LOGISTIC'])('%s is left out, with a note', (transform) => {
    const { graph, softmaxOutputs } = load([classifier({ post_transform: transform })])
    expect(softmaxOutputs).toEqual(['y'])
    expect(graph.notes.join()).toContain(`${transform} of "classifier"`)
  })

  test.each<[string, NodeSpec['attributes'], string]>([
    ['labels that are strings', { classlabels_strings: ['a', 'b', 'c'] }, 'strings'],
    ['fewer labels than classes', { classlabels_ints: [1n, 2n] }, '2 entries'],
  ])('refuses %s', (_, attributes, reason) => {
    const outputs = { label: Type.INT64 }
    expect(() => load([classifier(attributes)], { outputs })).toThrow(reason)
  })

  test('refuses PROBIT', () => {
    expect(() => load([classifier({ post_transform: 'PROBIT' })])).toThrow('PROBIT')
  })

  test('computes the probabilities that the model goes on with', () => {
    const nodes: NodeSpec[] = [
      { ...classifier({ post_transform: 'LOGISTIC' }), out: ['label', 'p'] },
      { op: 'Neg', in: ['p'], out: ['y'] },
    ]
    expect(load(nodes).graph.nodes.map(({ op }) => op.kind)).toContain('smooth')
  })

  test('coefficients of another size are invalid', () => {
    expect(() => load([classifier({ coefficients: [1, 2] })])).toThrow('2 coefficients')
  })
})

describe('labels that are strings', () => {
  const strings = (names: readonly string[]) => names.map((name) => Buffer.from(name))
  const table = (names: readonly string[]) => ({
    name: 'table',
    dims: [BigInt(names.length)],
    dataType: Type.STRING,
    stringData: strings(names),
  })
  const lookUpNodes: NodeSpec[] = [
    { op: 'ArgMax', in: ['x'], out: ['i'], attributes: { axis: 1n, keepdims: 0n } },
    { op: 'ArrayFeatureExtractor', domain: DOMAIN, in: ['table', 'i'], out: ['l'] },
    { op: 'Identity', in: ['l'], out: ['label'] },
  ]

  test.each<[string, Partial<ModelSpec>]>([
    ['a classifier', { nodes: [classifier({ classlabels_strings: ['b', 'c', 'a'] })] }],
    ['a table', { nodes: lookUpNodes, initializers: [table(['b', 'c', 'a'])] }],
  ])('of %s become the places of the classes', async (_, extra) => {
    const model = decodeModel(buildBytes(specOf([], { outputs: { label: Type.STRING }, ...extra })))
    const notes = numberLabels(model)
    expect(notes).toHaveLength(1)
    expect(notes[0]).toContain('0 for b, 1 for c, 2 for a')
    const x = Float64Array.of(1, 2, 3, 6, 5, 4)
    const inference = await createInference(encodeModel(model))
    const { label } = await inference.run({ x: { dims: [2, 3], data: x } })
    await inference.release()
    const { graph } = importGraph(model)
    const found = execute(graph, [x])[graph.outputs[0]!.tensor]!
    expect([...found]).toEqual([2, 0])
    expect([...label!.data]).toEqual([2, 0])
  })

  test('that something computes with stay, and are refused', () => {
    const nodes: NodeSpec[] = [
      { ...classifier({ classlabels_strings: ['b', 'c', 'a'] }), out: ['l', 'p'] },
      { op: 'LabelEncoder', domain: DOMAIN, in: ['l'], out: ['y'], attributes: {} },
    ]
    const model = decodeModel(buildBytes(specOf(nodes)))
    expect(numberLabels(model)).toEqual([])
    expect(() => importGraph(model)).toThrow('strings')
  })
})

describe('Normalizer', () => {
  const norm = (from: string): NodeSpec => ({ op: 'Normalizer', domain: DOMAIN, in: [from], out: ['y'] })

  test('of plain numbers divides by their norm', () => {
    expect(load([norm('x')]).graph.nodes.map(({ op }) => op.kind)).toContain('quotient')
  })

  test('across the distributions of a Softmax computes with its probabilities', () => {
    const softmax = { op: 'Softmax', in: ['x'], out: ['p'], attributes: { axis: 0n } }
    const quotients = load([softmax, norm('p')]).graph.nodes.filter(({ op }) => op.kind === 'quotient')
    expect(quotients).toHaveLength(2)
  })
})

test('a table at an index that may lie outside is refused', () => {
  const nodes: NodeSpec[] = [
    { op: 'ArgMax', in: ['x'], out: ['i'], attributes: { axis: 1n, keepdims: 0n } },
    { op: 'ArrayFeatureExtractor', domain: DOMAIN, in: ['table', 'i'], out: ['y'] },
  ]
  const extra = { outputs: { y: Type.INT64 }, initializers: [ints('table', [0, 1])] }
  expect(() => load(nodes, extra)).toThrow('may lie outside')
})
