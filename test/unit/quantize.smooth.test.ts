/** Functions, quotients and roots in integers: as near to the float program as they say, in constraints as in the reference. */
import { describe, expect, test } from 'vitest'
import { halvingCost, halvingOf } from '../../src/base/halving.js'
import { build, count, evaluate } from '../../src/circuit/circuit.js'
import { draft } from '../../src/circuit/synthesize.js'
import { execute } from '../../src/model/execute.js'
import { erf } from '../../src/model/functions.js'
import type { Graph } from '../../src/model/graph.js'
import { decodeModel } from '../../src/onnx/decode.js'
import { importGraph } from '../../src/onnx/import.js'
import { quantizeInputs } from '../../src/quantize/input.js'
import { knobsOf } from '../../src/quantize/knobs.js'
import { realsOf } from '../../src/quantize/output.js'
import { fitPieces } from '../../src/quantize/pieces.js'
import { prepare, quantize, quantizePrepared } from '../../src/quantize/quantize.js'
import { flatten, isSatisfied } from '../helpers/circuits.js'
import { buildBytes, floats, type NodeSpec, Type } from '../helpers/onnx-model.js'
import { Random } from '../helpers/random.js'

const SEED = 31

/** By operator, the range of its argument. */
const FUNCTIONS: readonly [string, number, number][] = [
  ['Sigmoid', -8, 8],
  ['Tanh', -4, 4],
  ['Softplus', -9, 5],
  ['Softsign', -20, 20],
  ['Elu', -5, 3],
  ['Selu', -5, 3],
  ['Celu', -5, 3],
  ['Erf', -3, 3],
  ['Exp', -6, 2],
  ['Log', 0.05, 40],
  ['Sqrt', 0, 50],
  ['Reciprocal', 0.2, 9],
  ['Sin', -6, 6],
]

describe.each(FUNCTIONS)('%s', (op, lo, hi) => {
  const graph = graphOf([{ op, in: ['x'], out: ['y'] }], [40])

  test('is within a step of the float program, at 8 bits', () => {
    const { worst, range } = errorsOf(graph, 40, lo, hi)
    expect(worst / range, `seed ${SEED}`).toBeLessThan(1 / 256 + STEEP[op]!)
  })
})

/** What rounding the argument to its 8 bits may add, in parts of the range: its step times the steepest slope. */
const STEEP: Readonly<Record<string, number>> = Object.fromEntries(
  FUNCTIONS.map(([op, lo, hi]) => {
    const f = plain(op)
    const step = ((hi - lo) * 1.2) / 255
    const places = Array.from({ length: 400 }, (_, i) => lo + ((hi - lo) * i) / 399)
    const values = places.map(f)
    const steepest = places.reduce(
      (most, x) =>
        Math.max(
          most,
          Math.abs(f(x + step / 2) - f(x)),
          Math.abs(f(x) - f(Math.max(x - step / 2, op === 'Log' || op === 'Sqrt' ? 1e-9 : -Infinity))),
        ),
      0,
    )
    return [op, steepest / (Math.max(...values, 0) - Math.min(...values, 0))]
  }),
)

function plain(op: string): (x: number) => number {
  const graph = graphOf([{ op, in: ['x'], out: ['y'] }], [1])
  return (x) => execute(graph, [Float64Array.of(x)])[graph.outputs[0]!.tensor]![0]!
}

describe('models that normalize', () => {
  test.each<[string, NodeSpec[]]>([
    [
      'Softmax, then a product',
      [
        { op: 'Softmax', in: ['x'], out: ['p'] },
        { op: 'Mul', in: ['p', 'c'], out: ['y'] },
      ],
    ],
    [
      'LogSoftmax, then a product',
      [
        { op: 'LogSoftmax', in: ['x'], out: ['p'] },
        { op: 'Mul', in: ['p', 'c'], out: ['y'] },
      ],
    ],
    ['LayerNormalization', [{ op: 'LayerNormalization', in: ['x', 'c'], out: ['y'] }]],
    ['ReduceL2', [{ op: 'ReduceL2', in: ['x'], out: ['y'] }]],
    ['ReduceLogSumExp', [{ op: 'ReduceLogSumExp', in: ['x'], out: ['y'] }]],
    [
      'Div by |x| + 1',
      [
        { op: 'Abs', in: ['x'], out: ['a'] },
        { op: 'Add', in: ['a', 'one'], out: ['b'] },
        { op: 'Div', in: ['x', 'b'], out: ['y'] },
      ],
    ],
  ])('%s: within 2 % of the range, at 8 bits', (_, nodes) => {
    const graph = graphOf(nodes, [3, 8])
    const { worst, range } = errorsOf(graph, 24, -3, 3)
    expect(worst / range, `seed ${SEED}`).toBeLessThan(0.02)
  })
})

test.each<[string, NodeSpec[]]>([
  [
    'Swish',
    [
      { op: 'Sigmoid', in: ['x'], out: ['s'] },
      { op: 'Mul', in: ['x', 's'], out: ['y'] },
    ],
  ],
  [
    'Gelu',
    [
      { op: 'Mul', in: ['x', 'root'], out: ['r'] },
      { op: 'Erf', in: ['r'], out: ['e'] },
      { op: 'Add', in: ['e', 'one'], out: ['f'] },
      { op: 'Mul', in: ['x', 'f'], out: ['g'] },
      { op: 'Mul', in: ['g', 'half'], out: ['y'] },
    ],
  ],
  [
    'Mish',
    [
      { op: 'Softplus', in: ['x'], out: ['p'] },
      { op: 'Tanh', in: ['p'], out: ['t'] },
      { op: 'Mul', in: ['x', 't'], out: ['y'] },
    ],
  ],
])('%s written in several nodes becomes one function', (_, nodes) => {
  const graph = graphOf(nodes, [40])
  const { model } = quantize(graph, samplesOf(40, -4, 4))
  expect(model.nodes.filter(({ op }) => op.kind === 'piecewise' || op.kind === 'product')).toHaveLength(1)
  const { worst, range } = errorsOf(graph, 40, -4, 4)
  expect(worst / range).toBeLessThan(1 / 100)
})

test('a broken line keeps to its tolerance at every integer', () => {
  const span = { lo: -3000, hi: 5000 }
  for (const f of [Math.tanh, (x: number) => Math.exp(-x * x), (x: number) => Math.abs(x), Math.sin]) {
    const { op, scale, error } = fitPieces(f, { scale: 1e-3, span, tolerance: () => 1e-3 })!
    expect(error).toBeLessThan(1e-3 * 1.125)
    for (let x = span.lo; x <= span.hi; x++) {
      const y = op.slope[pieceAt(op.start, x)]! * x + op.offset[pieceAt(op.start, x)]!
      expect(Math.abs(y * scale - f(x * 1e-3))).toBeLessThanOrEqual(error + 1e-12)
    }
    // constant beyond its ends
    for (const [x, end] of [
      [span.lo - 9, span.lo],
      [span.hi + 9, span.hi],
    ] as const) {
      const at = (place: number) =>
        op.slope[pieceAt(op.start, place)]! * place + op.offset[pieceAt(op.start, place)]!
      expect(at(x)).toBe(at(end))
    }
  }
})

test('pieces are cut by halving where that is cheaper, and keep to the tolerance all the same', () => {
  const bounds = { lo: -6_000_000, hi: 1_700_000 }
  const [scale, tolerance] = [1.2e-5, 2e-3]
  const asked = { lo: bounds.lo, hi: 29_000 }
  const {
    op,
    span,
    scale: unit,
    error,
  } = fitPieces(Math.exp, {
    scale,
    span: asked,
    bounds,
    tolerance: () => tolerance,
  })!
  const starts = [...op.start].filter((start) => start > bounds.lo)
  const halving = halvingOf({ ...bounds, thresholds: starts })
  // naming takes two range checks of the widest piece alone, twice 22 bits
  expect(halvingCost(halving)).toBeLessThan(2 * 23 + starts.length / 2)
  expect(span.lo).toBe(asked.lo)
  expect(span.hi).toBeGreaterThanOrEqual(asked.hi)
  expect(error).toBeLessThan(tolerance * 1.125)
  for (let x = span.lo; x <= span.hi; x += 97) {
    const y = op.slope[pieceAt(op.start, x)]! * x + op.offset[pieceAt(op.start, x)]!
    expect(Math.abs(y * unit - Math.exp(x * scale))).toBeLessThanOrEqual(error + 1e-12)
  }
})

test('the digits of a function may be chosen on their own', () => {
  const graph = graphOf(
    [
      { op: 'Exp', in: ['x'], out: ['t'] },
      { op: 'ReduceSum', in: ['t'], out: ['y'], attributes: {} },
    ],
    [40],
  )
  const prepared = prepare(graph, samplesOf(40, -4, 1))
  const smooth = prepared.graph.nodes.find(({ op }) => op.kind === 'smooth')!
  expect(knobsOf(prepared)).toContainEqual({ layer: smooth.name, what: 'activation' })
  const costOf = (activation: number) =>
    count(draft(quantizePrepared(prepared, { layers: { [smooth.name]: { activation } } }).model)).constraints
  expect(costOf(-2)).toBeLessThan(costOf(0))
  expect(costOf(2)).toBeGreaterThan(costOf(0))
})

test.each([
  [0.5, 0.5204998778130465],
  [2, 0.9953222650189527],
  [2.6, 0.9997639655834707],
  [-1, -0.8427007929497149],
])('erf(%d)', (x, value) => {
  expect(erf(x)).toBeCloseTo(value, 14)
})

test('a function that is bent too often for a broken line, or not finite, has none', () => {
  const options = { scale: 1, span: { lo: -1e6, hi: 1e6 }, tolerance: () => 1e-3 }
  expect(fitPieces(Math.sin, options)).toBeUndefined()
  expect(fitPieces(Math.log, { ...options, span: { lo: 0, hi: 9 } })).toBeUndefined()
})

test('a sigmoid that was only seen where it is flat is followed to where it is not', () => {
  const graph = graphOf([{ op: 'Sigmoid', in: ['x'], out: ['y'] }], [40])
  const { model } = quantize(graph, samplesOf(40, 3, 6), { domains: { x: { lo: -8, hi: 8 } } })
  const values = execute(model, quantizeInputs(model, [new Float64Array(40).fill(-4)]))
  const [port] = model.outputs
  expect(realsOf(model, port!.tensor, values[port!.tensor]!)[0]).toBeCloseTo(1 / (1 + Math.exp(4)), 2)
})

test('a logarithm is followed from half of the least value seen', () => {
  const graph = graphOf([{ op: 'Log', in: ['x'], out: ['y'] }], [40])
  const { model } = quantize(graph, samplesOf(40, 1, 9), { domains: { x: { lo: -1, hi: 20 } } })
  const { op } = model.nodes.find((node) => node.op.kind === 'piecewise')!
  expect(op.kind === 'piecewise' && op.slope.length).toBeLessThan(40)
  expect(model.notes.join()).toContain('stays constant beyond')
})

test('a divisor that takes both signs is refused', () => {
  const graph = graphOf([{ op: 'Reciprocal', in: ['x'], out: ['y'] }], [4])
  expect(() => quantize(graph, samplesOf(4, -1, 1))).toThrow(/zero among them/)
})

/** Against the float program on samples of a range, checked in the circuit as well. */
function errorsOf(graph: Graph, size: number, lo: number, hi: number) {
  const samples = samplesOf(size, lo, hi)
  const { model } = quantize(graph, samples)
  const blueprint = draft(model)
  const { r1cs } = build(blueprint)
  let [worst, least, most] = [0, 0, 0]
  for (const sample of samples) {
    const inputs = quantizeInputs(model, sample)
    const values = execute(model, inputs)
    const float = execute(graph, sample)
    const [port] = model.outputs
    const reals = realsOf(model, port!.tensor, values[port!.tensor]!)
    float[graph.outputs[0]!.tensor]!.forEach((expected, i) => {
      worst = Math.max(worst, Math.abs(reals[i]! - expected))
      least = Math.min(least, expected)
      most = Math.max(most, expected)
    })
    const evaluator = evaluate(blueprint, { publicInputs: [0n], privateInputs: flatten(inputs) })
    expect(isSatisfied(r1cs, evaluator)).toBe(true)
  }
  return { worst, range: most - least }
}

function samplesOf(size: number, lo: number, hi: number): Float64Array[][] {
  const random = new Random(SEED)
  const real = () => lo + ((hi - lo) * random.int(0, 1 << 20)) / (1 << 20)
  return Array.from({ length: 12 }, (_, sample) => [
    Float64Array.from({ length: size }, (_, i) => (sample === 0 && i < 2 ? [lo, hi][i]! : real())),
  ])
}

function graphOf(nodes: NodeSpec[], shape: number[]): Graph {
  const random = new Random(SEED)
  const width = shape.at(-1)!
  const bytes = buildBytes({
    opset: 17,
    inputs: { x: { shape } },
    outputs: { y: Type.FLOAT },
    initializers: [
      floats(
        'c',
        [width],
        Array.from({ length: width }, () => random.int(50, 150) / 100),
      ),
      floats('one', [], [1]),
      floats('half', [], [0.5]),
      floats('root', [], [Math.SQRT1_2]),
    ],
    nodes,
  })
  return importGraph(decodeModel(bytes)).graph
}

function pieceAt(start: Float64Array, x: number): number {
  return start.filter((place) => x >= place).length
}
