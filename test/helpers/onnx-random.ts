/** Random models of one operator each, over the attributes and forms that the operator has at its opset. */
import { sizeOf } from '../../src/base/tensor.js'
import {
  anyShape,
  bigs,
  broadcastable,
  chance,
  type Draw,
  one,
  pick,
  type Random,
  weights,
  whole,
} from './onnx-draw.js'
import { type AttributeValue, floats, ints, type ModelSpec, randomValues, Type } from './onnx-model.js'

import { CHOICE_DRAWS } from './onnx-random.choice.js'
import { CONTROL_DRAWS } from './onnx-random.control.js'
import { LAYOUT_DRAWS } from './onnx-random.layout.js'
import { LINEAR_DRAWS } from './onnx-random.linear.js'
import { LOGIC_DRAWS } from './onnx-random.logic.js'
import { ML_DRAWS } from './onnx-random.ml.js'
import { PRODUCT_DRAWS } from './onnx-random.product.js'
import { QUANTIZED_DRAWS } from './onnx-random.quantized.js'
import { RECURRENT_DRAWS } from './onnx-random.recurrent.js'
import { SMOOTH_DRAWS } from './onnx-random.smooth.js'

function binary(op: string, constantSide: 'either' | 'right'): Draw {
  return (random) => {
    const shape = anyShape(random)
    const other = broadcastable(random, shape)
    const [x, c] = chance(random) ? [shape, other] : [other, shape]
    const values = randomValues(random, c).map((value) => (Math.abs(value) < 0.1 ? 0.5 : value))
    const swap = constantSide === 'either' && chance(random)
    return one(op, {
      opset: pick(random, [7, 13, 14, 22]),
      shape: x,
      inputs: swap ? ['c', 'x'] : ['x', 'c'],
      initializers: [floats('c', c, values)],
    })
  }
}

function residual(op: string): Draw {
  return (random) => {
    const shape = anyShape(random)
    const spec = one(op, { opset: 13, shape })
    const relu = { op: 'Relu', in: ['x'], out: ['r'] }
    return { ...spec, nodes: [relu, { ...spec.nodes[0]!, in: chance(random) ? ['x', 'r'] : ['r', 'x'] }] }
  }
}

const gemm: Draw = (random) => {
  const [m, k, n] = [whole(random, 1, 4), whole(random, 1, 5), whole(random, 1, 4)]
  const [transA, transB, right] = [chance(random), chance(random), chance(random)]
  const a = transA ? [k, m] : [m, k]
  const b = transB ? [n, k] : [k, n]
  const c = pick(random, [undefined, [], [n], [m, n], [m, 1], [1, n]])
  const attributes = {
    transA: BigInt(Number(transA)),
    transB: BigInt(Number(transB)),
    ...(chance(random) ? { alpha: 0.5, beta: -2 } : {}),
  }
  const constants = [weights(random, 'w', right ? b : a), ...(c ? [weights(random, 'c', c)] : [])]
  const inputs = [...(right ? ['x', 'w'] : ['w', 'x']), ...(c ? ['c'] : [])]
  return one('Gemm', {
    opset: pick(random, [11, 13]),
    shape: right ? a : b,
    inputs,
    initializers: constants,
    attributes,
  })
}

const matmul: Draw = (random) => {
  const k = whole(random, 1, 4)
  const batch = anyShape(random, 0, 2)
  const [a, b] = pick(random, [
    [
      [...batch, whole(random, 1, 3), k],
      [k, whole(random, 1, 3)],
    ],
    [
      [whole(random, 1, 3), k],
      [...batch, k, whole(random, 1, 3)],
    ],
    [
      [...batch, 2, k],
      [...batch.map(() => 1), k, 3],
    ],
    [[k], [...batch, k, 3]],
    [[...batch, 2, k], [k]],
    [[k], [k]],
  ])
  const right = chance(random)
  const inputs = right ? ['x', 'w'] : ['w', 'x']
  return one('MatMul', {
    opset: pick(random, [9, 13]),
    shape: right ? a! : b!,
    inputs,
    initializers: [weights(random, 'w', right ? b! : a!)],
  })
}

/** Attributes of a window that fits, for a kernel over the given extents. */
function windowAttributes(
  random: Random,
  extents: readonly number[],
  kernel: readonly number[],
  dilate: boolean,
) {
  const dilations = kernel.map((size, axis) =>
    dilate && (size - 1) * 2 < extents[axis]! ? whole(random, 1, 2) : 1,
  )
  const auto = pick(random, ['NOTSET', 'NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID'])
  // with SAME padding, ONNX Runtime refuses windows with gaps between them
  const strides = kernel.map((size) => whole(random, 1, auto.startsWith('SAME') ? size : 3))
  const pads = [...kernel, ...kernel].map((size) => whole(random, 0, size - 1))
  return {
    strides: bigs(strides),
    ...(dilations.some((value) => value > 1) && auto === 'NOTSET' ? { dilations: bigs(dilations) } : {}),
    ...(auto === 'NOTSET' ? { pads: bigs(pads) } : { auto_pad: auto }),
  }
}

function spatial(random: Random): { extents: number[]; kernel: number[] } {
  const extents = Array.from({ length: whole(random, 1, 3) }, () => whole(random, 3, 6))
  return { extents, kernel: extents.map(() => whole(random, 1, 3)) }
}

const conv: Draw = (random) => {
  const { extents, kernel } = spatial(random)
  const groups = whole(random, 1, 3)
  const [depth, perGroup] = [whole(random, 1, 2), whole(random, 1, 2)]
  const bias = chance(random) ? [weights(random, 'b', [groups * perGroup])] : []
  return one('Conv', {
    opset: pick(random, [7, 11, 22]),
    shape: [whole(random, 1, 2), groups * depth, ...extents],
    inputs: ['x', 'w', ...(bias.length > 0 ? ['b'] : [])],
    initializers: [weights(random, 'w', [groups * perGroup, depth, ...kernel]), ...bias],
    attributes: { group: BigInt(groups), ...windowAttributes(random, extents, kernel, true) },
  })
}

const maxPool: Draw = (random) => {
  const { extents, kernel } = spatial(random)
  const opset = pick(random, [8, 10, 12, 22])
  const window = windowAttributes(random, extents, kernel, opset >= 10)
  return one('MaxPool', {
    opset,
    shape: [whole(random, 1, 2), whole(random, 1, 2), ...extents],
    attributes: { kernel_shape: bigs(kernel), ...window, ...ceilMode(random, opset >= 10, window) },
  })
}

const averagePool: Draw = (random) => {
  const { extents, kernel } = spatial(random)
  const opset = pick(random, [7, 10, 11, 19, 22])
  const window = windowAttributes(random, extents, kernel, opset >= 19)
  return one('AveragePool', {
    opset,
    shape: [whole(random, 1, 2), whole(random, 1, 2), ...extents],
    attributes: {
      kernel_shape: bigs(kernel),
      count_include_pad: BigInt(whole(random, 0, 1)),
      ...window,
      ...ceilMode(random, opset >= 10, window),
    },
  })
}

function ceilMode(random: Random, allowed: boolean, window: object): { ceil_mode?: bigint } {
  return allowed && !('auto_pad' in window) && chance(random) ? { ceil_mode: 1n } : {}
}

function globalPool(op: string): Draw {
  return (random) => one(op, { opset: pick(random, [7, 13, 22]), shape: [2, 3, ...spatial(random).extents] })
}

function reduce(op: string, inputSince: number): Draw {
  return (random) => {
    const shape = anyShape(random)
    const opset = pick(random, [11, 13, 18])
    const all = [...shape.keys()]
    const axes = all.filter(() => chance(random)).map((axis) => (chance(random) ? axis : axis - shape.length))
    const keepdims = BigInt(whole(random, 0, 1))
    if (axes.length === 0) {
      const noop = opset >= inputSince && chance(random) ? { noop_with_empty_axes: 1n } : {}
      return one(op, { opset, shape, attributes: { keepdims, ...noop } })
    }
    return opset >= inputSince
      ? one(op, {
          opset,
          shape,
          inputs: ['x', 'axes'],
          initializers: [ints('axes', axes)],
          attributes: { keepdims },
        })
      : one(op, { opset, shape, attributes: { keepdims, axes: bigs(axes) } })
  }
}

const batchNormalization: Draw = (random) => {
  const shape = [2, 3, ...anyShape(random, 0, 2)]
  const variance = floats('v', [3], [0.5 + random(), 0.5 + random(), 0.5 + random()])
  return one('BatchNormalization', {
    opset: pick(random, [7, 9, 14, 15]),
    shape,
    inputs: ['x', 's', 'b', 'm', 'v'],
    initializers: [...['s', 'b', 'm'].map((name) => weights(random, name, [3])), variance],
    attributes: { epsilon: 0.01 },
  })
}

const clip: Draw = (random) => {
  const shape = anyShape(random)
  const [lo, hi] = [-random(), random()]
  const sides = pick(random, ['both', 'lo', 'hi', 'none'])
  const [hasLo, hasHi] = [sides === 'both' || sides === 'lo', sides === 'both' || sides === 'hi']
  if (chance(random)) {
    const attributes = { ...(hasLo ? { min: lo } : {}), ...(hasHi ? { max: hi } : {}) }
    return one('Clip', { opset: pick(random, [7, 10]), shape, attributes })
  }
  const bounds = [...(hasLo ? [floats('lo', [], [lo])] : []), ...(hasHi ? [floats('hi', [], [hi])] : [])]
  const inputs = ['x', hasLo ? 'lo' : '', hasHi ? 'hi' : '']
  return one('Clip', { opset: pick(random, [11, 13]), shape, inputs, initializers: bounds })
}

const flatten: Draw = (random) => {
  const shape = anyShape(random)
  const axis = whole(random, -shape.length, shape.length)
  return one('Flatten', { opset: 13, shape, attributes: { axis: BigInt(axis) } })
}

const reshape: Draw = (random) => {
  const shape = anyShape(random)
  const size = sizeOf(shape)
  const target = pick(random, [[-1], [1, size], [size, -1, 1], [0, -1], [1, -1, 1]])
  return one('Reshape', {
    opset: pick(random, [7, 13, 14, 21]),
    shape,
    inputs: ['x', 's'],
    initializers: [ints('s', target)],
  })
}

const transpose: Draw = (random) => {
  const shape = anyShape(random)
  const order = [...shape.keys()].map((axis) => ({ axis, key: random() })).sort((a, b) => a.key - b.key)
  const attributes = chance(random) ? { perm: bigs(order.map(({ axis }) => axis)) } : {}
  return one('Transpose', { opset: 13, shape, attributes })
}

/** An operator whose axes were an attribute before opset 13 and are an input since. */
function axesOperator(
  op: string,
  shape: readonly number[],
  axes: readonly number[],
  old: boolean,
): ModelSpec {
  return old
    ? one(op, { opset: 11, shape, attributes: { axes: bigs(axes) } })
    : one(op, { opset: 13, shape, inputs: ['x', 'axes'], initializers: [ints('axes', axes)] })
}

const squeeze: Draw = (random) => {
  const shape = pick(random, [
    [1, 3, 1, 2],
    [1, 1],
    [2, 1, 1],
  ])
  const ones = [...shape.keys()].filter((axis) => shape[axis] === 1)
  const axes = ones.filter(() => chance(random)).map((axis) => (chance(random) ? axis : axis - shape.length))
  return axes.length === 0
    ? one('Squeeze', { opset: 13, shape })
    : axesOperator('Squeeze', shape, axes, chance(random))
}

const unsqueeze: Draw = (random) => {
  const old = chance(random)
  return axesOperator(
    'Unsqueeze',
    anyShape(random),
    pick(random, [[0], [0, 2], [1], ...(old ? [] : [[-1], [2, 0]])]),
    old,
  )
}

const concat: Draw = (random) => {
  const shape = anyShape(random)
  const axis = whole(random, 0, shape.length - 1)
  const other = shape.with(axis, whole(random, 1, 3))
  const inputs = pick(random, [
    ['x', 'c'],
    ['c', 'x'],
    ['x', 'c', 'x'],
  ])
  const given = chance(random) ? axis : axis - shape.length
  const initializers = [weights(random, 'c', other)]
  return one('Concat', {
    opset: pick(random, [11, 13]),
    shape,
    inputs,
    initializers,
    attributes: { axis: BigInt(given) },
  })
}

const slice: Draw = (random) => {
  const shape = [whole(random, 3, 6), whole(random, 3, 6)]
  const old = chance(random)
  const step = old ? 1 : pick(random, [1, 2, -1, -2])
  const axis = whole(random, 0, 1)
  const last = shape[axis]!
  // the two ends are never equal, so that something is left
  const [low, high] = [pick(random, [0, 1, -last, -100]), pick(random, [last, 100, -1, 2 ** 31 - 1])]
  const [start, end] = step > 0 ? [low, high] : [high, pick(random, [0, -100, -last - 1])]
  if (old) {
    return one('Slice', {
      opset: 9,
      shape,
      attributes: { starts: [BigInt(start)], ends: [BigInt(end)], axes: [BigInt(axis)] },
    })
  }
  return one('Slice', {
    opset: pick(random, [10, 13]),
    shape,
    inputs: ['x', 's', 'e', 'a', 't'],
    initializers: [
      ints('s', [start]),
      ints('e', [end]),
      ints('a', [axis - (chance(random) ? 2 : 0)]),
      ints('t', [step]),
    ],
  })
}

const gather: Draw = (random) => {
  const shape = anyShape(random, 1, 3)
  const axis = whole(random, 0, shape.length - 1)
  const extent = shape[axis]!
  const dims = pick(random, [[], [2], [2, 2]])
  const indices = Array.from({ length: sizeOf(dims) }, () => whole(random, -extent, extent - 1))
  const initializers = [ints('i', indices, dims)]
  return one('Gather', {
    opset: 13,
    shape,
    inputs: ['x', 'i'],
    initializers,
    attributes: { axis: BigInt(axis) },
  })
}

const split: Draw = (random) => {
  const shape = [2, 6, 3]
  const outputs = ['y', 'y1', 'y2']
  const attributes = { axis: pick(random, [1n, -2n]) }
  const form = pick(random, ['equal', 'attribute', 'input', 'count'])
  if (form === 'equal') return one('Split', { opset: 11, shape, outputs, attributes })
  if (form === 'attribute')
    return one('Split', { opset: 11, shape, outputs, attributes: { ...attributes, split: [1n, 2n, 3n] } })
  if (form === 'count') {
    return one('Split', {
      opset: 18,
      shape: [2, 5, 3],
      outputs,
      attributes: { ...attributes, num_outputs: 3n },
    })
  }
  const initializers = [ints('s', [3, 1, 2])]
  return one('Split', { opset: 13, shape, outputs, inputs: ['x', 's'], initializers, attributes })
}

const pad: Draw = (random) => {
  const shape = [whole(random, 2, 4), whole(random, 2, 4)]
  const opset = pick(random, [10, 11, 18, 19])
  const modes = ['constant', 'constant', 'edge', 'reflect', ...(opset >= 19 ? ['wrap'] : [])]
  const mode = pick(random, modes)
  const axis = opset >= 18 && chance(random) ? whole(random, -2, 1) : undefined
  const count = axis === undefined ? 4 : 2
  const pads = Array.from({ length: count }, () => whole(random, mode === 'constant' ? -1 : 0, 1))
  if (opset === 10) return one('Pad', { opset, shape, attributes: { mode, pads: bigs(pads), value: 1.5 } })
  const value = chance(random)
  return one('Pad', {
    opset,
    shape,
    inputs: ['x', 'p', value ? 'v' : '', ...(axis === undefined ? [] : ['a'])],
    initializers: [
      ints('p', pads),
      ...(value ? [floats('v', [], [-1])] : []),
      ...(axis === undefined ? [] : [ints('a', [axis])]),
    ],
    attributes: { mode },
  })
}

const argMax: Draw = (random) => {
  const shape = anyShape(random)
  const axis = whole(random, -shape.length, shape.length - 1)
  const attributes = { axis: BigInt(axis), keepdims: BigInt(whole(random, 0, 1)) }
  return one('ArgMax', { opset: pick(random, [11, 13]), shape, attributes, type: Type.INT64 })
}

/** The label that a classifier ends with: Softmax or LogSoftmax, then ArgMax over the same axis. */
const softmaxLabel: Draw = (random) => {
  const opset = pick(random, [11, 13])
  const nodes = [
    { op: pick(random, ['Softmax', 'LogSoftmax']), in: ['x'], out: ['p'], attributes: { axis: 1n } },
    { op: 'Identity', in: ['p'], out: ['q'] },
    { op: 'ArgMax', in: ['q'], out: ['y'], attributes: { axis: 1n, keepdims: 0n } },
  ]
  return { opset, inputs: { x: { shape: [2, 4, opset === 11 ? 1 : 3] } }, outputs: { y: Type.INT64 }, nodes }
}

/** Integers through float: an ArgMax, cast and scaled. */
const castLabel: Draw = (random) => ({
  opset: 13,
  inputs: { x: { shape: [3, 4] } },
  outputs: { y: Type.FLOAT },
  initializers: [floats('w', [], [0.5])],
  nodes: [
    { op: 'ArgMax', in: ['x'], out: ['a'], attributes: { axis: 1n } },
    { op: 'Cast', in: ['a'], out: ['b'], attributes: { to: BigInt(pick(random, [Type.INT32, Type.UINT8])) } },
    { op: 'Cast', in: ['b'], out: ['c'], attributes: { to: BigInt(Type.FLOAT) } },
    { op: 'Mul', in: ['c', 'w'], out: ['y'] },
  ],
})

/** Shape, Gather, Unsqueeze, Concat, Reshape: how exporters flatten. */
const shapeChain: Draw = (random) => ({
  opset: 11,
  inputs: { x: { shape: anyShape(random, 2, 4) } },
  outputs: { y: Type.FLOAT },
  initializers: [ints('zero', [0], []), ints('rest', [-1])],
  nodes: [
    { op: 'Shape', in: ['x'], out: ['s'] },
    { op: 'Gather', in: ['s', 'zero'], out: ['n'] },
    { op: 'Unsqueeze', in: ['n'], out: ['n1'], attributes: { axes: [0n] } },
    { op: 'Concat', in: ['n1', 'rest'], out: ['t'], attributes: { axis: 0n } },
    { op: 'Reshape', in: ['x', 't'], out: ['y'] },
  ],
})

const constantOfShape: Draw = (random) => ({
  opset: 13,
  inputs: { x: { shape: [2, 3] } },
  outputs: { y: Type.FLOAT },
  nodes: [
    { op: 'Shape', in: ['x'], out: ['s'] },
    {
      op: 'ConstantOfShape',
      in: ['s'],
      out: ['c'],
      attributes: chance(random) ? { value: floats('', [1], [1.5]) } : {},
    },
    { op: 'Add', in: ['x', 'c'], out: ['y'] },
  ],
})

const constants: Draw = (random) => {
  const forms: Record<string, AttributeValue>[] = [
    { value: floats('', [2], [1, 2]) },
    { value: { dims: [2n], dataType: Type.FLOAT, rawData: new Uint8Array(Float32Array.of(3, 4).buffer) } },
    { value_float: 2.5 },
    { value_floats: [1.5, -2] },
  ]
  const nodes = [
    { op: 'Constant', in: [], out: ['c'], attributes: pick(random, forms) },
    { op: 'Mul', in: ['x', 'c'], out: ['y'] },
  ]
  return { opset: 13, inputs: { x: { shape: [3, 2] } }, outputs: { y: Type.FLOAT }, nodes }
}

const dropout: Draw = (random) => {
  const shape = anyShape(random)
  const opset = pick(random, [7, 10, 12, 13])
  if (opset >= 12)
    return one('Dropout', { opset, shape, inputs: ['x', 'r'], initializers: [floats('r', [], [0.4])] })
  return one('Dropout', { opset, shape, attributes: { ratio: 0.4 } })
}

const sum: Draw = (random) => {
  const shape = anyShape(random)
  const initializers = [weights(random, 'c', broadcastable(random, shape))]
  return one('Sum', {
    opset: 13,
    shape,
    inputs: pick(random, [['x'], ['x', 'c'], ['c', 'x', 'x']]),
    initializers,
  })
}

const unary =
  (op: string): Draw =>
  (random) =>
    one(op, { opset: pick(random, [7, 13, 14]), shape: anyShape(random) })

export const DRAWS: Readonly<Record<string, Draw>> = {
  Add: binary('Add', 'either'),
  'Add of computed tensors': residual('Add'),
  ArgMax: argMax,
  'ArgMax of Softmax': softmaxLabel,
  AveragePool: averagePool,
  BatchNormalization: batchNormalization,
  'Cast of ArgMax': castLabel,
  Clip: clip,
  Concat: concat,
  Constant: constants,
  ConstantOfShape: constantOfShape,
  Conv: conv,
  Div: binary('Div', 'right'),
  Dropout: dropout,
  Flatten: flatten,
  Gather: gather,
  Gemm: gemm,
  GlobalAveragePool: globalPool('GlobalAveragePool'),
  GlobalMaxPool: globalPool('GlobalMaxPool'),
  Identity: unary('Identity'),
  MatMul: matmul,
  MaxPool: maxPool,
  Mul: binary('Mul', 'either'),
  Neg: unary('Neg'),
  Pad: pad,
  ReduceL1: reduce('ReduceL1', 18),
  ReduceMax: reduce('ReduceMax', 18),
  ReduceMean: reduce('ReduceMean', 18),
  ReduceSum: reduce('ReduceSum', 13),
  Relu: unary('Relu'),
  Reshape: reshape,
  'Shape chain': shapeChain,
  Slice: slice,
  Split: split,
  Squeeze: squeeze,
  Sub: binary('Sub', 'either'),
  'Sub of computed tensors': residual('Sub'),
  Sum: sum,
  Transpose: transpose,
  Unsqueeze: unsqueeze,
  ...CHOICE_DRAWS,
  ...CONTROL_DRAWS,
  ...LAYOUT_DRAWS,
  ...LINEAR_DRAWS,
  ...LOGIC_DRAWS,
  ...ML_DRAWS,
  ...QUANTIZED_DRAWS,
  ...PRODUCT_DRAWS,
  ...RECURRENT_DRAWS,
  ...SMOOTH_DRAWS,
}
