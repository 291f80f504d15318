/** How near integer programs come to products of computed tensors, at the bits that are the default. */
import { describe, expect, test } from 'vitest'
import { execute } from '../../src/model/execute.js'
import type { Graph } from '../../src/model/graph.js'
import type { QuantizedModel } from '../../src/model/quantized.js'
import { decodeModel } from '../../src/onnx/decode.js'
import { importGraph } from '../../src/onnx/import.js'
import { quantizeInputs } from '../../src/quantize/input.js'
import { realsOf } from '../../src/quantize/output.js'
import { quantize } from '../../src/quantize/quantize.js'
import { buildBytes, floats, ints, type NodeSpec, type TensorInit, Type } from '../helpers/onnx-model.js'
import { Random } from '../helpers/random.js'

const random = new Random(31)

describe('products of computed tensors', () => {
  test('attention, its scores as they are', () => {
    const graph = imported([6, 8], attention('y'), projections(8))
    const { model, error } = measured(graph, samples(48, 40))
    expect(error).toBeLessThan(0.02)
    // tokens' scores are rescaled, what they are made of is not
    expect(kinds(model)).toEqual([
      'linear',
      'linear',
      'linear',
      ...['product', 'linear', 'rescale'],
      'product',
      'linear',
    ])
  })

  test('attention as a residual, and a dense layer after it', () => {
    const nodes: NodeSpec[] = [
      ...attention('a'),
      { op: 'Add', in: ['a', 'x'], out: ['h'] },
      { op: 'MatMul', in: ['h', 'w'], out: ['d'] },
      { op: 'Relu', in: ['d'], out: ['y'] },
    ]
    const graph = imported([4, 8], nodes, [...projections(8), weights('w', [8, 16], 0.4)])
    expect(measured(graph, samples(32, 40)).error).toBeLessThan(0.025)
  })

  test.each([0.05, 0.5, 5])('a gate of weight %f beside its input: neither loses its digits', (size) => {
    const nodes: NodeSpec[] = [
      { op: 'MatMul', in: ['x', 'w'], out: ['g'] },
      { op: 'Mul', in: ['g', 'x'], out: ['p'] },
      { op: 'Add', in: ['p', 'x'], out: ['s'] },
      { op: 'Relu', in: ['s'], out: ['y'] },
    ]
    const graph = imported([1, 8], nodes, [weights('w', [8, 8], size)])
    expect(measured(graph, samples(8, 80)).error).toBeLessThan(0.02)
  })

  test('the polynomial of a Gelu', () => {
    const nodes: NodeSpec[] = [
      { op: 'Pow', in: ['x', 'three'], out: ['p'] },
      { op: 'Mul', in: ['p', 'k'], out: ['q'] },
      { op: 'Add', in: ['q', 'x'], out: ['y'] },
    ]
    const graph = imported([8], nodes, [ints('three', [3]), floats('k', [], [0.044715])])
    const { error, model } = measured(graph, samples(8, 80))
    expect(error).toBeLessThan(0.02)
    expect(kinds(model)).not.toContain('rescale')
  })

  test('squares and products of features whose ranges differ by millions', () => {
    const sizes = [1e-3, 1, 30, 4e3]
    const data = Array.from({ length: 80 }, () => [
      Float64Array.from(sizes, (size) => size * random.float(-0.5, 1.5)),
    ])
    const nodes: NodeSpec[] = [
      { op: 'Transpose', in: ['x'], out: ['t'] },
      { op: 'MatMul', in: ['t', 'x'], out: ['g'] },
      { op: 'Mul', in: ['g', 'w'], out: ['y'] },
    ]
    const inverse = sizes.flatMap((a) => sizes.map((b) => 1 / (a * b)))
    const graph = imported([1, 4], nodes, [floats('w', [4, 4], inverse)])
    expect(measured(graph, data).error).toBeLessThan(0.02)
  })

  test('high powers of such features are rescaled on the way', () => {
    const data = Array.from({ length: 80 }, () => [
      Float64Array.of(random.float(0.5, 1) * 1e-2, random.float(0.5, 1) * 10),
    ])
    const graph = imported([2], [{ op: 'Pow', in: ['x', 'e'], out: ['y'] }], [ints('e', [8])])
    const { model, error } = measured(graph, data)
    expect(error).toBeLessThan(0.03)
    expect(kinds(model)).toContain('rescale')
  })

  test('whole numbers stay exact', () => {
    const nodes: NodeSpec[] = [
      { op: 'Mul', in: ['x', 'x'], out: ['s'] },
      { op: 'MatMul', in: ['s', 'w'], out: ['y'] },
    ]
    const graph = imported([1, 4], nodes, [floats('w', [4, 1], [1, 2, -3, 1])])
    const data = Array.from({ length: 60 }, () => [
      Float64Array.from({ length: 4 }, () => random.int(0, 200)),
    ])
    expect(measured(graph, data).error).toBe(0)
  })
})

function attention(output: string): NodeSpec[] {
  return [
    { op: 'MatMul', in: ['x', 'wq'], out: ['q'] },
    { op: 'MatMul', in: ['x', 'wk'], out: ['k'] },
    { op: 'MatMul', in: ['x', 'wv'], out: ['v'] },
    { op: 'Transpose', in: ['k'], out: ['t'] },
    { op: 'MatMul', in: ['q', 't'], out: ['s'] },
    { op: 'Mul', in: ['s', 'c'], out: ['scores'] },
    { op: 'MatMul', in: ['scores', 'v'], out: [output] },
  ]
}

function projections(depth: number): TensorInit[] {
  const each = ['wq', 'wk', 'wv'].map((name) => weights(name, [depth, depth], 1 / Math.sqrt(depth)))
  return [...each, floats('c', [], [1 / Math.sqrt(depth)])]
}

function weights(name: string, shape: readonly [number, number], size: number): TensorInit {
  return floats(
    name,
    shape,
    Array.from({ length: shape[0] * shape[1] }, () => random.float(-2, 2) * size),
  )
}

function samples(size: number, count: number): Float64Array[][] {
  return Array.from({ length: count }, () => [
    Float64Array.from({ length: size }, () => random.float(-1, 1) + random.float(-1, 1)),
  ])
}

function imported(shape: readonly number[], nodes: NodeSpec[], initializers: TensorInit[]): Graph {
  const spec = { opset: 13, inputs: { x: { shape } }, outputs: { y: Type.FLOAT }, nodes, initializers }
  return importGraph(decodeModel(buildBytes(spec))).graph
}

const kinds = (model: QuantizedModel): string[] => model.nodes.map(({ op }) => op.kind)

/** The greatest error of the output over all samples, as a part of its range. */
function measured(graph: Graph, data: readonly Float64Array[][]): { model: QuantizedModel; error: number } {
  const { model } = quantize(graph, data)
  let worst = 0
  let [lo, hi] = [Infinity, -Infinity]
  for (const sample of data) {
    const wanted = execute(graph, sample)[graph.outputs[0]!.tensor]!
    const { tensor } = model.outputs[0]!
    const reals = realsOf(model, tensor, execute(model, quantizeInputs(model, sample))[tensor]!)
    wanted.forEach((value, i) => {
      worst = Math.max(worst, Math.abs(value - reals[i]!))
      ;[lo, hi] = [Math.min(lo, value), Math.max(hi, value)]
    })
  }
  return { model, error: worst / (hi - lo) }
}
