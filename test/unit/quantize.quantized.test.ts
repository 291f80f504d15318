/** Models in small integers, and inputs of whole numbers: the integer program is the model, bit for bit. */
import { describe, expect, test } from 'vitest'
import { boundsOf } from '../../src/model/bounds.js'
import { execute } from '../../src/model/execute.js'
import { decodeModel } from '../../src/onnx/decode.js'
import { importGraph } from '../../src/onnx/import.js'
import { quantizeInputs } from '../../src/quantize/input.js'
import { realsOf } from '../../src/quantize/output.js'
import { quantize } from '../../src/quantize/quantize.js'
import { buildBytes, floats, type ModelSpec, type TensorInit, Type } from '../helpers/onnx-model.js'
import { Random } from '../helpers/random.js'

const SEED = 43

function small(
  name: string,
  dims: readonly number[],
  values: readonly number[],
  type = Type.INT8,
): TensorInit {
  return { name, dims: dims.map(BigInt), dataType: type, int32Data: [...values] }
}

function randomSmall(random: Random, name: string, dims: readonly number[]): TensorInit {
  const size = dims.reduce((product, extent) => product * extent, 1)
  return small(
    name,
    dims,
    Array.from({ length: size }, () => random.int(-127, 127)),
  )
}

/** QLinearConv, Relu as QDQ has it, QLinearMatMul: what quantizers of ONNX Runtime write, on an int8 input. */
function network(random: Random, inputType: Type): ModelSpec {
  const scale = (name: string, value: number) => floats(name, [], [Math.fround(value)])
  return {
    opset: 13,
    inputs: { x: { shape: [1, 2, 4, 4], type: inputType } },
    outputs: { y: Type.INT8 },
    initializers: [
      scale('sx', 0.0123),
      scale('sw', 0.0071),
      scale('sh', 0.0456),
      scale('sv', 0.0032),
      scale('sy', 0.037),
      small('zx', [], [3]),
      small('z0', [], [0]),
      small('zh', [], [-128]),
      small('zy', [], [5]),
      randomSmall(random, 'w', [3, 2, 3, 3]),
      small('b', [3], [700, -900, 20], Type.INT32),
      randomSmall(random, 'v', [12, 4]),
      { name: 'flat', dims: [2n], dataType: Type.INT64, int64Data: [1n, 12n] },
    ],
    nodes: [
      { op: 'QLinearConv', in: ['x', 'sx', 'zx', 'w', 'sw', 'z0', 'sh', 'zx', 'b'], out: ['c'] },
      { op: 'DequantizeLinear', in: ['c', 'sh', 'zx'], out: ['f'] },
      { op: 'Relu', in: ['f'], out: ['r'] },
      { op: 'QuantizeLinear', in: ['r', 'sh', 'zh'], out: ['h'] },
      { op: 'Reshape', in: ['h', 'flat'], out: ['g'] },
      { op: 'QLinearMatMul', in: ['g', 'sh', 'zh', 'v', 'sv', 'z0', 'sy', 'zy'], out: ['y'] },
    ],
  }
}

describe('int8 models', () => {
  test.each([4, 8])(`equal the float program whatever bits are asked for: %i (seed ${SEED})`, (bits) => {
    const random = new Random(SEED)
    const { graph } = importGraph(decodeModel(buildBytes(network(random, Type.INT8))))
    const draw = () => [Float64Array.from({ length: 32 }, () => random.int(-128, 127))]
    const { model } = quantize(graph, Array.from({ length: 20 }, draw), {
      bits: { activation: bits, weight: bits, input: bits },
    })
    const { tensor } = model.outputs[0]!
    expect([...model.scales[tensor]!]).toEqual([1])
    const seen = new Set<number>()
    for (let round = 0; round < 300; round++) {
      const sample = draw()
      const truth = execute(graph, sample)[graph.outputs[0]!.tensor]!
      const integers = execute(model, quantizeInputs(model, sample))[tensor]!
      expect([...integers]).toEqual([...truth])
      for (const value of truth) seen.add(value)
    }
    expect(seen.size).toBeGreaterThan(100)
  })

  test('a Relu in reals is done on the integers', () => {
    const random = new Random(SEED)
    const { graph } = importGraph(decodeModel(buildBytes(network(random, Type.INT8))))
    const sample = [Float64Array.from({ length: 32 }, () => random.int(-128, 127))]
    const { model } = quantize(graph, [sample])
    const bounds = boundsOf(model)
    for (const { op, inputs } of model.nodes) {
      if (op.kind !== 'clamp') continue
      const { lo, hi } = bounds[inputs[0]!]!
      expect(Math.max(...hi) - Math.min(...lo)).toBeLessThan(2 ** 14)
    }
    expect(model.nodes.some(({ op }) => op.kind === 'rescale' && op.shift > 0)).toBe(false)
  })
})

describe('inputs of whole numbers', () => {
  const quantizeOne = (type: Type, samples: readonly number[][], domain?: { lo: number; hi: number }) => {
    const nodes = [{ op: 'Cast', in: ['x'], out: ['y'], attributes: { to: BigInt(Type.FLOAT) } }]
    const spec = { opset: 13, inputs: { x: { shape: [2], type } }, outputs: { y: Type.FLOAT }, nodes }
    const { graph } = importGraph(decodeModel(buildBytes(spec)))
    const data = samples.map((sample) => [Float64Array.from(sample)])
    const { model } = quantize(graph, data, domain && { domains: { x: domain } })
    const [input] = model.inputs
    expect([...realsOf(model, input!.tensor, Float64Array.of(1, 1))]).toEqual([1, 1])
    return [[...input!.lo], [...input!.hi]]
  }

  test('bytes and flags take the range of their type, however few samples there are', () => {
    expect(quantizeOne(Type.UINT8, [[3, 200]])).toEqual([[0], [255]])
    expect(quantizeOne(Type.INT8, [[3, 7]])).toEqual([[-128], [127]])
    expect(quantizeOne(Type.BOOL, [[1, 1]])).toEqual([[0], [1]])
  })

  test('others go in steps of one over what the samples have, and a margin', () => {
    expect(quantizeOne(Type.INT64, [[-100, 100]])).toEqual([[-127], [128]])
    expect(quantizeOne(Type.INT32, [[0, 100_000]])).toEqual([[0], [131_071]])
    expect(
      quantizeOne(
        Type.INT64,
        [
          [0, 10],
          [5, 7],
        ],
        { lo: -2.5, hi: 30.5 },
      ),
    ).toEqual([[-2], [30]])
  })
})
