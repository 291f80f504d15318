/** Comparisons, logic and selection of ONNX models in the integer program: what is exact in floats is exact in integers. */
import { describe, expect, test } from 'vitest'
import { boundsOf } from '../../src/model/bounds.js'
import { execute } from '../../src/model/execute.js'
import { decodeModel } from '../../src/onnx/decode.js'
import { importGraph } from '../../src/onnx/import.js'
import { quantizeInputs } from '../../src/quantize/input.js'
import { realsOf } from '../../src/quantize/output.js'
import { quantize } from '../../src/quantize/quantize.js'
import { buildBytes, floats, ints, type ModelSpec, type NodeSpec, Type } from '../helpers/onnx-model.js'
import { Random } from '../helpers/random.js'

const SEED = 41

/** Values k/parts of -2 to 2: a grid that the integers hold exactly. */
function onGrid(random: Random, size: number, parts = 16): Float64Array {
  return Float64Array.from({ length: size }, () => Math.fround(random.int(-2 * parts, 2 * parts) / parts))
}

/** The worst difference between the two programs, and the integer program's bounds of the output. */
function compareExactly(nodes: NodeSpec[], size: number, spec: Partial<ModelSpec> = {}, parts = 16) {
  const random = new Random(SEED)
  const bytes = buildBytes({
    opset: 16,
    inputs: { x: { shape: [size] } },
    outputs: { y: Type.FLOAT },
    nodes,
    ...spec,
  })
  const { graph } = importGraph(decodeModel(bytes))
  const samples = Array.from({ length: 60 }, () => [onGrid(random, size, parts)])
  const { model } = quantize(graph, samples)
  const { tensor } = model.outputs[0]!
  let worst = 0
  for (const sample of samples) {
    const truth = execute(graph, sample)[graph.outputs[0]!.tensor]!
    const reals = realsOf(model, tensor, execute(model, quantizeInputs(model, sample))[tensor]!)
    reals.forEach((real, at) => {
      worst = Math.max(worst, Math.abs(real - truth[at]!))
    })
  }
  return {
    worst,
    bounds: boundsOf(model)[tensor]!,
    kinds: model.nodes.map(({ op }) => op.kind),
    ops: model.nodes.map(({ op }) => op),
  }
}

const zero = { initializers: [floats('zero', [], [0]), floats('c', [4], [-0.5, 0.25, 0.25, 1])] }

describe('exact on a grid', () => {
  test.each<[string, NodeSpec[]]>([
    ['Greater', [{ op: 'Greater', in: ['x', 'c'], out: ['y'] }]],
    ['GreaterOrEqual', [{ op: 'GreaterOrEqual', in: ['x', 'c'], out: ['y'] }]],
    ['Less', [{ op: 'Less', in: ['c', 'x'], out: ['y'] }]],
    ['LessOrEqual', [{ op: 'LessOrEqual', in: ['x', 'c'], out: ['y'] }]],
    ['Sign', [{ op: 'Sign', in: ['x'], out: ['y'] }]],
    ['Cast to bool', [{ op: 'Cast', in: ['x'], out: ['y'], attributes: { to: BigInt(Type.BOOL) } }]],
    ['ThresholdedRelu', [{ op: 'ThresholdedRelu', in: ['x'], out: ['y'], attributes: { alpha: 0.25 } }]],
  ])('%s', (_, nodes) => {
    expect(compareExactly(nodes, 4, zero).worst).toBeLessThan(1e-9)
  })

  test.each<[string, NodeSpec[]]>([
    ['Shrink', [{ op: 'Shrink', in: ['x'], out: ['y'], attributes: { lambd: 0.5, bias: 0.25 } }]],
    [
      'Where',
      [
        { op: 'Greater', in: ['x', 'zero'], out: ['g'] },
        { op: 'Where', in: ['g', 'x', 'c'], out: ['y'] },
      ],
    ],
  ])('%s chooses exactly, and rounds what it adds', (_, nodes) => {
    const { worst, kinds } = compareExactly(nodes, 4, zero)
    expect(worst).toBeLessThan(4 / 127)
    expect(kinds).not.toContain('rescale')
  })

  test('the order of TopK', () => {
    const node = { op: 'TopK', in: ['x', 'k'], out: ['y', 'i'] }
    const k = { name: 'k', dims: [1n], dataType: Type.INT64, int64Data: [3n] }
    expect(compareExactly([node], 5, { initializers: [k] }).worst).toBeLessThan(1e-9)
  })
})

describe('rounding', () => {
  const scaled = {
    initializers: [floats('w', [], [2.5]), floats('b', [], [-0.25]), floats('third', [], [1 / 3])],
  }
  const affine = [
    { op: 'Mul', in: ['x', 'w'], out: ['a'] },
    { op: 'Add', in: ['a', 'b'], out: ['h'] },
  ]

  test.each(['Ceil', 'Floor', 'Round'])('%s is exact where floats are multiples of 1/2^k, ties too', (op) => {
    expect(compareExactly([{ op, in: ['x'], out: ['y'] }], 6).worst).toBe(0)
    expect(compareExactly([...affine, { op, in: ['h'], out: ['y'] }], 6, scaled).worst).toBe(0)
  })

  test.each(['Ceil', 'Floor'])('%s of tenths leaves whole numbers what they are', (op) => {
    expect(compareExactly([{ op, in: ['x'], out: ['y'] }], 6, {}, 10).worst).toBe(0)
  })

  test('ties are decided where there are some, and only there', () => {
    const kindsOf = (nodes: NodeSpec[]) => compareExactly(nodes, 6, scaled)
    const isEven = ({ ops }: ReturnType<typeof kindsOf>) =>
      ops.some((op) => op.kind === 'round' && op.even && op.shift > 0)
    expect(isEven(kindsOf([{ op: 'Round', in: ['x'], out: ['y'] }]))).toBe(true)
    const thirds = [
      { op: 'Mul', in: ['x', 'third'], out: ['h'] },
      { op: 'Round', in: ['h'], out: ['y'] },
    ]
    expect(isEven(kindsOf(thirds))).toBe(false)
    expect(kindsOf(thirds).worst).toBe(0)
  })

  test('a Relu before it is not rescaled', () => {
    const nodes = [
      { op: 'Relu', in: ['x'], out: ['r'] },
      { op: 'Mul', in: ['r', 'w'], out: ['h'] },
      { op: 'Round', in: ['h'], out: ['y'] },
    ]
    expect(compareExactly(nodes, 6, scaled).worst).toBe(0)
  })

  test('remainders of whole numbers', () => {
    const spec = {
      initializers: [ints('seven', [7], []), floats('w', [], [16])],
    }
    const nodes = [
      { op: 'Mul', in: ['x', 'w'], out: ['h'] },
      { op: 'Cast', in: ['h'], out: ['whole'], attributes: { to: BigInt(Type.INT64) } },
      { op: 'Mod', in: ['whole', 'seven'], out: ['m'] },
      { op: 'Div', in: ['whole', 'seven'], out: ['d'] },
      { op: 'Concat', in: ['m', 'd'], out: ['y'], attributes: { axis: 0n } },
    ]
    expect(compareExactly(nodes, 4, spec).worst).toBe(0)
  })
})

describe('logic', () => {
  test.each(['And', 'Or', 'Xor'])('%s is known to be 0 or 1, and costs one product', (op) => {
    const nodes = [
      { op: 'Greater', in: ['x', 'zero'], out: ['a'] },
      { op: 'Less', in: ['x', 'c'], out: ['b'] },
      { op, in: ['a', 'b'], out: ['y'] },
    ]
    const { worst, bounds, kinds } = compareExactly(nodes, 4, zero)
    expect(worst).toBe(0)
    expect([Math.min(...bounds.lo), Math.max(...bounds.hi)]).toEqual([0, 1])
    expect(kinds.filter((kind) => kind === 'product')).toHaveLength(1)
    expect(kinds).not.toContain('rescale')
  })
})
