/** Random models in small integers: quantized here, computed with, and read back as floats. */
import { anyShape, chance, type Draw, pick, type Random, whole } from './onnx-draw.js'
import { floats, type ModelSpec, type NodeSpec, type TensorInit, Type } from './onnx-model.js'

type Small = typeof Type.INT8 | typeof Type.UINT8

const RANGES: Record<number, readonly [number, number]> = { [Type.INT8]: [-128, 127], [Type.UINT8]: [0, 255] }

function small(name: string, dims: readonly number[], type: Type, values: readonly number[]): TensorInit {
  return { name, dims: dims.map(BigInt), dataType: type, int32Data: [...values] }
}

function randomSmall(random: Random, name: string, dims: readonly number[], type: Small): TensorInit {
  const [lo, hi] = RANGES[type]!
  const size = dims.reduce((product, extent) => product * extent, 1)
  return small(
    name,
    dims,
    type,
    Array.from({ length: size }, () => whole(random, lo, hi)),
  )
}

const scaleOf = (random: Random, name: string, dims: readonly number[] = [], most = 0.03): TensorInit =>
  floats(
    name,
    dims,
    Array.from({ length: dims.reduce((size, extent) => size * extent, 1) }, () =>
      Math.fround(most * (0.2 + 0.8 * random())),
    ),
  )

/** The input in integers, "q", with its scale "s" and zero point "z". */
function quantized(random: Random, type: Small): { nodes: NodeSpec[]; initializers: TensorInit[] } {
  const [lo, hi] = RANGES[type]!
  return {
    nodes: [{ op: 'QuantizeLinear', in: ['x', 's', 'z'], out: ['q'] }],
    initializers: [scaleOf(random, 's'), small('z', [], type, [whole(random, lo, hi)])],
  }
}

const types: readonly Small[] = [Type.INT8, Type.UINT8]

const quantizeLinear: Draw = (random): ModelSpec => {
  const shape = anyShape(random, 2, 4)
  const type = pick(random, types)
  const axis = whole(random, 0, shape.length - 1)
  const perAxis = chance(random)
  const opset = perAxis ? pick(random, [13, 19]) : pick(random, [10, 13, 19])
  const dims = perAxis ? [shape[axis]!] : []
  const attributes = perAxis ? { axis: BigInt(chance(random) ? axis : axis - shape.length) } : {}
  const inputs = ['s', 'z'].slice(0, type === Type.UINT8 && chance(random) ? 1 : 2)
  return {
    opset,
    irVersion: 9,
    inputs: { x: { shape } },
    outputs: { y: Type.FLOAT, q: type },
    initializers: [scaleOf(random, 's', dims), randomSmall(random, 'z', dims, type)],
    nodes: [
      { op: 'QuantizeLinear', in: ['x', ...inputs], out: ['q'], attributes },
      { op: 'DequantizeLinear', in: ['q', ...inputs], out: ['y'], attributes },
    ],
  }
}

const matMulInteger: Draw = (random) => {
  const [m, k, n] = [whole(random, 1, 3), whole(random, 1, 5), whole(random, 1, 4)]
  const { nodes, initializers } = quantized(random, Type.UINT8)
  const type = pick(random, types)
  const zeros = chance(random) ? ['z', 'v'] : []
  return {
    opset: 10,
    inputs: { x: { shape: [m, k] } },
    outputs: { y: Type.INT32 },
    initializers: [
      ...initializers,
      randomSmall(random, 'w', [k, n], type),
      randomSmall(random, 'v', chance(random) ? [n] : [], type),
    ],
    nodes: [...nodes, { op: 'MatMulInteger', in: ['q', 'w', ...zeros], out: ['y'] }],
  }
}

const qlinearMatMul: Draw = (random) => {
  const [m, k, n] = [whole(random, 1, 3), whole(random, 1, 5), whole(random, 1, 4)]
  const type = pick(random, types)
  const { nodes, initializers } = quantized(random, type)
  const columns = chance(random) ? [n] : []
  const inputs = ['q', 's', 'z', 'w', 't', 'v', 'r', 'o']
  return {
    opset: 10,
    inputs: { x: { shape: [m, k] } },
    outputs: { y: type },
    initializers: [
      ...initializers,
      randomSmall(random, 'w', [k, n], type),
      scaleOf(random, 't', columns),
      randomSmall(random, 'v', columns, type),
      scaleOf(random, 'r', [], 0.2),
      randomSmall(random, 'o', [], type),
    ],
    nodes: [...nodes, { op: 'QLinearMatMul', in: inputs, out: ['y'] }],
  }
}

function convolution(random: Random) {
  const [channels, filters, extent] = [whole(random, 1, 2), whole(random, 1, 3), whole(random, 3, 5)]
  const kernel = whole(random, 1, 3)
  const pads = Array.from({ length: 4 }, () => BigInt(whole(random, 0, kernel - 1)))
  return {
    shape: [1, channels, extent, extent],
    weights: [filters, channels, kernel, kernel],
    attributes: { pads, strides: [BigInt(whole(random, 1, 2)), 1n] },
  }
}

const convInteger: Draw = (random) => {
  const { shape, weights, attributes } = convolution(random)
  const { nodes, initializers } = quantized(random, Type.UINT8)
  const zeros = chance(random) ? ['z', 'v'] : []
  return {
    opset: 10,
    inputs: { x: { shape } },
    outputs: { y: Type.INT32 },
    initializers: [
      ...initializers,
      randomSmall(random, 'w', weights, Type.UINT8),
      randomSmall(random, 'v', [], Type.UINT8),
    ],
    nodes: [...nodes, { op: 'ConvInteger', in: ['q', 'w', ...zeros], out: ['y'], attributes }],
  }
}

const qlinearConv: Draw = (random) => {
  const { shape, weights, attributes } = convolution(random)
  const type = pick(random, types)
  const { nodes, initializers } = quantized(random, type)
  const own = chance(random) ? [weights[0]!] : []
  const bias = Array.from({ length: weights[0]! }, () => whole(random, -2000, 2000))
  const given = chance(random) ? ['b'] : []
  const inputs = ['q', 's', 'z', 'w', 't', 'v', 'r', 'o', ...given]
  return {
    opset: 10,
    inputs: { x: { shape } },
    outputs: { y: type },
    initializers: [
      ...initializers,
      randomSmall(random, 'w', weights, Type.INT8),
      scaleOf(random, 't', own),
      small('v', own, Type.INT8, new Array<number>(own[0] ?? 1).fill(0)),
      scaleOf(random, 'r', [], 0.2),
      randomSmall(random, 'o', [], type),
      small('b', [weights[0]!], Type.INT32, bias),
    ],
    nodes: [...nodes, { op: 'QLinearConv', in: inputs, out: ['y'], attributes }],
  }
}

const qlinearAdd: Draw = (random) => {
  const shape = anyShape(random)
  const type = pick(random, types)
  const { nodes, initializers } = quantized(random, type)
  const inputs = ['q', 's', 'z', 'c', 't', 'v', 'r', 'o']
  const add = { op: 'QLinearAdd', domain: 'com.microsoft', in: inputs, out: ['y'] }
  return {
    opset: 13,
    domains: { 'com.microsoft': 1 },
    inputs: { x: { shape } },
    outputs: { y: type },
    initializers: [
      ...initializers,
      randomSmall(random, 'c', shape, type),
      scaleOf(random, 't'),
      randomSmall(random, 'v', [], type),
      scaleOf(random, 'r', [], 0.1),
      randomSmall(random, 'o', [], type),
    ],
    nodes: [...nodes, add],
  }
}

export const QUANTIZED_DRAWS: Readonly<Record<string, Draw>> = {
  ConvInteger: convInteger,
  MatMulInteger: matMulInteger,
  QLinearAdd: qlinearAdd,
  QLinearConv: qlinearConv,
  QLinearMatMul: qlinearMatMul,
  'QuantizeLinear and DequantizeLinear': quantizeLinear,
}
