/** What the import makes of whole graphs: names, outputs, notes, and what it refuses. */
import { describe, expect, test } from 'vitest'
import { execute } from '../../src/model/execute.js'
import { decodeModel } from '../../src/onnx/decode.js'
import { type Imported, type ImportOptions, importGraph, OutputError } from '../../src/onnx/import.js'
import { InvalidNodeError } from '../../src/onnx/node.js'
import { createInference, RuntimeRunError } from '../../src/onnx/ort.js'
import { UnsupportedOperatorError } from '../../src/onnx/unsupported.js'
import { buildBytes, floats, ints, type ModelSpec, type NodeSpec, Type } from '../helpers/onnx-model.js'

function specOf(nodes: NodeSpec[], extra: Partial<ModelSpec> = {}): ModelSpec {
  return { opset: 13, inputs: { x: { shape: [2, 3] } }, outputs: { y: Type.FLOAT }, nodes, ...extra }
}

function load(nodes: NodeSpec[], extra: Partial<ModelSpec> = {}, options: ImportOptions = {}): Imported {
  return importGraph(decodeModel(buildBytes(specOf(nodes, extra))), options)
}

function refusal(nodes: NodeSpec[], extra: Partial<ModelSpec> = {}): UnsupportedOperatorError {
  try {
    load(nodes, extra)
  } catch (error) {
    if (error instanceof UnsupportedOperatorError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('names', () => {
  test('tensors and nodes are named as in the file, unnamed nodes by their output', () => {
    const { graph } = load([
      { op: 'Relu', in: ['x'], out: ['h'], name: 'act' },
      { op: 'Neg', in: ['h'], out: ['y'] },
    ])
    expect(graph.tensors.map((tensor) => tensor.name)).toEqual(['x', 'h', 'y'])
    expect(graph.nodes.map(({ name, source }) => [name, source])).toEqual([
      ['act', 'Relu'],
      ['y', 'Neg'],
    ])
  })

  test('stay unique where the file repeats itself', () => {
    const { graph } = load([
      { op: 'Relu', in: ['x'], out: ['h'], name: 'act' },
      { op: 'Relu', in: ['h'], out: ['y'], name: 'act' },
    ])
    expect(graph.nodes.map((node) => node.name)).toEqual(['act', 'act.2'])
  })
})

describe('outputs', () => {
  const nodes = [
    { op: 'Relu', in: ['x'], out: ['y'] },
    { op: 'Det', in: ['x'], out: ['z'] },
  ]
  const outputs = { y: Type.FLOAT, z: Type.FLOAT }

  test('only nodes that the chosen outputs need are looked at', () => {
    expect(() => load(nodes, { outputs })).toThrow(UnsupportedOperatorError)
    expect(load(nodes, { outputs }, { outputs: ['y'] }).graph.outputs.map((port) => port.name)).toEqual(['y'])
  })

  test('an unknown one is refused with the list of all', () => {
    expect(() => load(nodes, { outputs }, { outputs: ['logits'] })).toThrow(OutputError)
    expect(() => load(nodes, { outputs }, { outputs: ['logits'] })).toThrow('y, z')
  })

  test('constant and passed-through ones are kept', () => {
    const spec = {
      outputs: { y: Type.FLOAT, c: Type.FLOAT },
      initializers: [floats('c', [2], [1, 2])],
    }
    const { graph } = load([{ op: 'Identity', in: ['x'], out: ['y'] }], spec)
    const values = execute(graph, [Float64Array.of(1, 2, 3, 4, 5, 6)])
    expect(graph.outputs.map(({ tensor }) => [...values[tensor]!])).toEqual([
      [1, 2, 3, 4, 5, 6],
      [1, 2],
    ])
  })
})

test('constant integers divide towards zero', () => {
  const initializers = [ints('a', [7, -7, 6]), ints('b', [2], [])]
  const { graph } = load([{ op: 'Div', in: ['a', 'b'], out: ['y'] }], { initializers })
  expect([...execute(graph, [])[graph.outputs[0]!.tensor]!]).toEqual([3, -3, 3])
})

test('inputs that nothing reads are left out', () => {
  const inputs = { unused: { shape: [4], type: Type.STRING }, x: { shape: [2, 3] } }
  const { graph } = load([{ op: 'Relu', in: ['x'], out: ['y'] }], { inputs })
  expect(graph.inputs).toEqual([{ name: 'x', tensor: 0 }])
  expect(graph.notes.some((note) => note.includes('"unused"'))).toBe(true)
})

describe('Softmax', () => {
  test('as the last step is left out, with a note', () => {
    const { graph, softmaxOutputs } = load([
      { op: 'Relu', in: ['x'], out: ['h'] },
      { op: 'Softmax', in: ['h'], out: ['p'], name: 'probabilities' },
      { op: 'Flatten', in: ['p'], out: ['y'] },
    ])
    expect(softmaxOutputs).toEqual(['y'])
    expect(graph.nodes.map((node) => node.source)).toEqual(['Relu', 'Flatten'])
    expect(graph.notes[0]).toContain('"probabilities"')
  })

  test.each<[string, NodeSpec]>([
    ['a scaling', { op: 'Mul', in: ['p', 'two'], out: ['y'] }],
    ['a maximum', { op: 'ReduceMax', in: ['p'], out: ['y'], attributes: { axes: [1n] } }],
    [
      'a concatenation with other values',
      { op: 'Concat', in: ['p', 'x'], out: ['y'], attributes: { axis: 0n } },
    ],
    ['an ArgMax over another axis', { op: 'ArgMax', in: ['p'], out: ['y'], attributes: { axis: 0n } }],
  ])('before %s is computed', (_, node) => {
    const softmax = { op: 'Softmax', in: ['x'], out: ['p'], name: 'probabilities' }
    const { graph, softmaxOutputs } = load([softmax, { ...node, name: 'reader' }], {
      initializers: [floats('two', [], [2])],
    })
    expect(softmaxOutputs).toEqual([])
    const made = graph.nodes.find(({ op }) => op.kind === 'quotient')
    expect(made).toMatchObject({ source: 'Softmax' })
    const values = execute(graph, [Float64Array.of(1, 2, 3, -1, 0, 5)])[made!.output]!
    const sums = [values.subarray(0, 3), values.subarray(3)].map((row) => row.reduce((a, b) => a + b))
    expect(sums[0]).toBeCloseTo(1, 12)
    expect(sums[1]).toBeCloseTo(1, 12)
  })
})

describe('unsupported nodes', () => {
  test('are reported all together, each with name, operator, opset, reason and what to do', () => {
    const error = refusal(
      [
        { op: 'Det', in: ['x'], out: ['a'], name: 'volume' },
        { op: 'Relu', in: ['a'], out: ['b'] },
        { op: 'Pow', in: ['x', 'x'], out: ['c'], name: 'power' },
        { op: 'ZipMap', domain: 'ai.onnx.ml', in: ['c'], out: ['d'] },
        { op: 'Concat', in: ['b', 'd'], out: ['y'], attributes: { axis: 0n } },
      ],
      { domains: { 'ai.onnx.ml': 3 } },
    )
    expect(error.nodes.map(({ node, operator, opset }) => [node, operator, opset])).toEqual([
      ['volume', 'Det', 13],
      ['power', 'Pow', 13],
      ['d', 'ai.onnx.ml.ZipMap', 3],
    ])
    for (const { node, reason, hint } of error.nodes) {
      expect(error.message).toContain(`"${node}"`)
      expect(error.message).toContain(reason)
      expect(error.message).toContain(hint)
    }
    expect(error.fault).toBe('input')
  })

  test.each<[string, NodeSpec, string]>([
    ['Pow with computed exponents', { op: 'Pow', in: ['x', 'x'], out: ['y'] }, 'exponents are computed'],
    ['Pow with a huge exponent', { op: 'Pow', in: ['x', 'huge'], out: ['y'] }, 'to the power of 1000'],
    ['Reshape to a computed shape', { op: 'Reshape', in: ['x', 'x'], out: ['y'] }, 'target shape'],
    ['Equal of floats', { op: 'Equal', in: ['x', 'half'], out: ['y'] }, 'computed floats are equal'],
  ])('%s', (_, node, reason) => {
    expect(
      refusal([node], { initializers: [floats('half', [], [0.5]), floats('huge', [], [1000])] }).message,
    ).toContain(reason)
  })

  test('an old opset', () => {
    expect(refusal([{ op: 'Relu', in: ['x'], out: ['y'] }], { opset: 5 }).message).toContain('opset 5')
  })

  test('inputs that hold strings', () => {
    const inputs = { x: { shape: [2, 3], type: Type.STRING } }
    expect(refusal([{ op: 'Identity', in: ['x'], out: ['y'] }], { inputs }).message).toContain('STRING')
  })
})

describe('invalid nodes', () => {
  const einsum = (equation: string) => ({ op: 'Einsum', in: ['x'], out: ['y'], attributes: { equation } })
  test.each<[string, NodeSpec, string]>([
    ['a tensor from nowhere', { op: 'Relu', in: ['absent'], out: ['y'] }, '"absent"'],
    ['a missing input', { op: 'Add', in: ['x'], out: ['y'] }, 'input 1'],
    ['shapes that do not broadcast', { op: 'Add', in: ['x', 'c'], out: ['y'] }, '2x3 and 4'],
    [
      'an axis that is not there',
      { op: 'Flatten', in: ['x'], out: ['y'], attributes: { axis: 5n } },
      'axis 5',
    ],
    ['a shape of another size', { op: 'Reshape', in: ['x', 'c'], out: ['y'] }, 'does not become'],
    ['an index outside', { op: 'Gather', in: ['x', 'i'], out: ['y'] }, 'index 9'],
    ['an element outside', { op: 'GatherElements', in: ['c', 'i'], out: ['y'] }, 'index 9'],
    ['a tuple that names no axes', { op: 'GatherND', in: ['x', 'i3'], out: ['y'] }, '1x3 into 2x3'],
    ['repeats of other axes', { op: 'Tile', in: ['x', 'i'], out: ['y'] }, 'repeats 2 axes'],
    ['an equation of other inputs', einsum('ij,jk->ik'), '1 inputs'],
    ['an equation with a label from nowhere', einsum('ij->ik'), 'ij->ik'],
    ['a label of two extents', einsum('ii->i'), '"i" stands for'],
    [
      'blocks that do not fit',
      { op: 'DepthToSpace', in: ['image'], out: ['y'], attributes: { blocksize: 2n } },
      'blocks of 2x2',
    ],
    ['a Resize of fewer axes', { op: 'Resize', in: ['x', '', '', 'i'], out: ['y'] }, 'resizes 2 axes'],
    ['a division by zero', { op: 'Div', in: ['x', 'zero'], out: ['y'] }, 'divides by zero'],
  ])('%s', (_, node, reason) => {
    const initializers = [
      floats('c', [4], [1, 2, 3, 4]),
      ints('i', [9]),
      ints('i3', [0, 0, 0], [1, 3]),
      floats('zero', [], [0]),
      floats('image', [1, 3, 1, 1], [1, 2, 3]),
    ]
    const run = () => load([{ ...node, name: 'culprit' }], { initializers })
    expect(run).toThrow(InvalidNodeError)
    expect(run).toThrow('"culprit"')
    expect(run).toThrow(reason)
  })

  test('an attribute of another type names node, operator and attribute', () => {
    const node = { op: 'Flatten', in: ['x'], out: ['y'], name: 'culprit', attributes: { axis: 'one' } }
    expect(() => load([node])).toThrow(/"culprit" \(Flatten\).*"axis"/)
  })

  test('a window of absurd size', () => {
    const attributes = { kernel_shape: [2n], pads: [1n, 2n ** 40n] }
    const inputs = { x: { shape: [1, 1, 4] } }
    expect(() => load([{ op: 'MaxPool', in: ['x'], out: ['y'], attributes }], { inputs })).toThrow(
      /more than|not valid/,
    )
  })
})

describe('inference', () => {
  test('takes plain numbers for any element type', async () => {
    const types = [Type.FLOAT, Type.DOUBLE, Type.INT32, Type.INT64, Type.UINT8, Type.BOOL]
    for (const type of types) {
      const cast = { op: 'Cast', in: ['x'], out: ['y'], attributes: { to: BigInt(Type.FLOAT) } }
      const inference = await createInference(
        buildBytes(specOf([cast], { inputs: { x: { shape: [2], type } } })),
      )
      const { y } = await inference.run({ x: { dims: [2], data: [0, 1] } })
      expect(y).toEqual({ shape: [2], data: Float64Array.of(0, 1) })
      await inference.release()
    }
  })

  test('a wrong shape, and an input that is missing, are typed errors', async () => {
    const inference = await createInference(buildBytes(specOf([{ op: 'Relu', in: ['x'], out: ['y'] }])))
    await expect(inference.run({})).rejects.toThrow(RuntimeRunError)
    await expect(inference.run({ x: { dims: [2, 3], data: [1] } })).rejects.toThrow('2x3')
    await expect(inference.run({ x: { dims: [7], data: new Float64Array(7) } })).rejects.toThrow(
      RuntimeRunError,
    )
    await inference.release()
  })
})
