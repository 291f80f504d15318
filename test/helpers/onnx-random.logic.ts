/** Random models of comparisons, logic and selection. */
import {
  anyShape,
  broadcastable,
  chance,
  type Draw,
  one,
  pick,
  type Random,
  weights,
  whole,
} from './onnx-draw.js'
import { floats, ints, type ModelSpec, type NodeSpec, type TensorInit, Type } from './onnx-model.js'

/** Whole numbers 0 to 3 of a shape, in a tensor "few": so that equal ones meet. */
function fewValues(shape: readonly number[], type: Type): { input: readonly number[]; nodes: NodeSpec[] } {
  return {
    input: [...shape, 4],
    nodes: [
      { op: 'ArgMax', in: ['x'], out: ['places'], attributes: { axis: -1n, keepdims: 0n } },
      { op: 'Cast', in: ['places'], out: ['few'], attributes: { to: BigInt(type) } },
    ],
  }
}

/** Against a constant on either side, or the tensor's own values in another order. */
function comparison(op: string, opsets: readonly number[], floatsToo: boolean): Draw {
  return (random): ModelSpec => {
    const shape = anyShape(random, 1, 3)
    const opset = pick(random, opsets)
    if (floatsToo && chance(random)) {
      const initializers = [weights(random, 'c', broadcastable(random, shape))]
      const relu = { op: 'Relu', in: ['x'], out: ['r'] }
      const inputs = pick(random, [
        ['x', 'c'],
        ['c', 'x'],
        ['r', 'x'],
        ['x', 'r'],
      ])
      const spec = one(op, { opset, shape, inputs, initializers, type: Type.BOOL })
      return { ...spec, nodes: [relu, ...spec.nodes] }
    }
    const type = pick(random, [Type.INT64, Type.INT32, ...(opset >= 11 ? [Type.FLOAT] : [])])
    const { input, nodes } = fewValues(shape, type)
    const other = broadcastable(random, shape)
    const constant = ints(
      'c64',
      other
        .reduce<number[]>((all, extent) => Array.from({ length: extent }, () => all).flat(), [0])
        .map(() => whole(random, -1, 4)),
      other,
    )
    const cast = { op: 'Cast', in: ['c64'], out: ['c'], attributes: { to: BigInt(type) } }
    const turned = { op: 'Transpose', in: ['few'], out: ['turned'] }
    const square = shape.every((extent) => extent === shape[0])
    const inputs = pick(random, [['few', 'c'], ['c', 'few'], ...(square ? [['few', 'turned']] : [])])
    return {
      opset,
      inputs: { x: { shape: input } },
      outputs: { y: Type.BOOL },
      initializers: [constant],
      nodes: [...nodes, cast, turned, { op, in: inputs, out: ['y'] }],
    }
  }
}

/** Two flags that comparisons make, of shapes that broadcast; or one and a constant. */
function logic(op: string): Draw {
  return (random): ModelSpec => {
    const shape = anyShape(random)
    const other = broadcastable(random, shape)
    const bits = { name: 'k', dims: other.map(BigInt), dataType: Type.BOOL }
    const size = other.reduce((product, extent) => product * extent, 1)
    const constant = { ...bits, int32Data: Array.from({ length: size }, () => whole(random, 0, 1)) }
    const inputs = pick(random, [
      ['a', 'b'],
      ['a', 'k'],
      ['k', 'b'],
    ])
    return {
      opset: pick(random, [9, 13]),
      inputs: { x: { shape } },
      outputs: { y: Type.BOOL },
      initializers: [weights(random, 'c', shape), weights(random, 'd', shape), constant],
      nodes: [
        { op: 'Greater', in: ['x', 'c'], out: ['a'] },
        { op: 'Less', in: ['x', 'd'], out: ['b'] },
        { op, in: op === 'Not' ? ['a'] : inputs, out: ['y'] },
      ],
    }
  }
}

/** Between the input, its Relu, and constants; by a computed or a constant condition. */
const where: Draw = (random) => {
  const shape = anyShape(random, 1, 3)
  const size = shape.reduce((product, extent) => product * extent, 1)
  const bits = Array.from({ length: size }, () => whole(random, 0, 1))
  const condition = { name: 'k', dims: shape.map(BigInt), dataType: Type.BOOL, int32Data: bits }
  const inputs = [
    pick(random, ['g', 'g', 'k']),
    ...pick(random, [
      ['x', 'r'],
      ['r', 'c'],
      ['c', 'x'],
      ['c', 'd'],
    ]),
  ]
  return {
    opset: pick(random, [9, 16]),
    inputs: { x: { shape } },
    outputs: { y: Type.FLOAT },
    initializers: [
      condition,
      weights(random, 'c', broadcastable(random, shape)),
      weights(random, 'd', shape),
    ],
    nodes: [
      { op: 'Relu', in: ['x'], out: ['r'] },
      { op: 'Greater', in: ['x', 'd'], out: ['g'] },
      { op: 'Where', in: inputs, out: ['y'] },
    ],
  }
}

const sign: Draw = (random) => {
  const shape = anyShape(random)
  const spec = one('Sign', { opset: pick(random, [9, 13]), shape, inputs: [pick(random, ['x', 'r'])] })
  return { ...spec, nodes: [{ op: 'Relu', in: ['x'], out: ['r'] }, ...spec.nodes] }
}

const castToBool: Draw = (random) => {
  const { input, nodes } = fewValues(anyShape(random, 1, 3), pick(random, [Type.INT64, Type.FLOAT]))
  const relu = { op: 'Relu', in: ['x'], out: ['r'] }
  const cast = {
    op: 'Cast',
    in: [pick(random, ['few', 'r'])],
    out: ['y'],
    attributes: { to: BigInt(Type.BOOL) },
  }
  return {
    opset: 13,
    inputs: { x: { shape: input } },
    outputs: { y: Type.BOOL },
    nodes: [relu, ...nodes, cast],
  }
}

const neverTrue: Draw = (random) => {
  const op = pick(random, ['IsNaN', 'IsInf'])
  return one(op, { opset: pick(random, [10, 20]), shape: anyShape(random), type: Type.BOOL })
}

const thresholdedRelu: Draw = (random) =>
  one('ThresholdedRelu', {
    opset: pick(random, [10, 22]),
    shape: anyShape(random),
    attributes: chance(random) ? {} : { alpha: 2 * random() - 1 },
  })

const shrink: Draw = (random) => {
  const lambd = random()
  const attributes = pick(random, [{}, { lambd, bias: lambd }, { lambd, bias: random() - 0.5 }])
  return one('Shrink', { opset: 9, shape: anyShape(random), attributes })
}

const hardSwish: Draw = (random) => one('HardSwish', { opset: 14, shape: anyShape(random) })

const hardmax: Draw = (random) => {
  const shape = anyShape(random)
  const opset = pick(random, [11, 13])
  const axis = BigInt(whole(random, -shape.length, shape.length - 1))
  const hasDefault = shape.length > 1 && chance(random)
  const { input, nodes } = fewValues(shape, Type.FLOAT)
  const last = { op: 'Hardmax', in: ['few'], out: ['y'], attributes: hasDefault ? {} : { axis } }
  return { opset, inputs: { x: { shape: input } }, outputs: { y: Type.FLOAT }, nodes: [...nodes, last] }
}

/** Of indices that count from both ends, and some that are outside. */
const oneHot: Draw = (random) => {
  const shape = anyShape(random, 1, 2)
  const { input, nodes } = fewValues(shape, Type.INT64)
  const axis = BigInt(whole(random, -shape.length - 1, shape.length))
  const depth: TensorInit = ints('depth', [whole(random, 1, 4)], [])
  const moved = { op: 'Sub', in: ['few', 'offset'], out: ['index'] }
  const encoded = { op: 'OneHot', in: ['index', 'depth', 'values'], out: ['y'], attributes: { axis } }
  return {
    opset: pick(random, [9, 11]),
    inputs: { x: { shape: input } },
    outputs: { y: Type.FLOAT },
    initializers: [depth, ints('offset', [whole(random, 0, 3)], []), floats('values', [2], [0.5, -2])],
    nodes: [...nodes, moved, encoded],
  }
}

/** The values in order and their indices, among equal ones too. */
const topK: Draw = (random) => {
  const shape = anyShape(random, 1, 3).map((extent) => extent + 1)
  const axis = whole(random, -shape.length, shape.length - 1)
  const k = whole(random, 2, shape.at(axis)!)
  const { input, nodes } = fewValues(shape, Type.FLOAT)
  const largest = BigInt(whole(random, 0, 1))
  const last = {
    op: 'TopK',
    in: ['few', 'k'],
    out: ['y', 'y1'],
    attributes: { axis: BigInt(axis), largest },
  }
  return {
    opset: 11,
    inputs: { x: { shape: input } },
    outputs: { y: Type.FLOAT, y1: Type.INT64 },
    initializers: [ints('k', [k])],
    nodes: [...nodes, last],
  }
}

/** Of values on a grid of halves too, where ties are. */
const rounding: Draw = (random) => {
  const op = pick(random, ['Ceil', 'Floor', 'Round'])
  const shape = anyShape(random, 1, 3)
  const { input, nodes } = fewValues(shape, Type.FLOAT)
  const halves = [
    { op: 'Mul', in: ['few', 'half'], out: ['halves'] },
    { op: 'Sub', in: ['halves', 'one'], out: ['moved'] },
  ]
  return {
    opset: pick(random, [11, 13]),
    inputs: { x: { shape: input } },
    outputs: { y: Type.FLOAT },
    initializers: [floats('half', [], [pick(random, [0.5, 0.25, 3.5])]), floats('one', [], [1])],
    nodes: [...nodes, ...halves, { op, in: [pick(random, ['x', 'moved'])], out: ['y'] }],
  }
}

/** Of whole numbers of either sign, and of floats. */
const mod: Draw = (random) => {
  const shape = anyShape(random, 1, 3)
  const divisors = broadcastable(random, shape)
  const size = divisors.reduce((product, extent) => product * extent, 1)
  const by = Array.from({ length: size }, () => pick(random, [-5, -3, -2, 2, 3, 7]))
  const opset = pick(random, [10, 13])
  if (chance(random)) {
    const initializers = [
      floats(
        'd',
        divisors,
        by.map((value) => value / 4),
      ),
    ]
    return one('Mod', { opset, shape, inputs: ['x', 'd'], initializers, attributes: { fmod: 1n } })
  }
  const { input, nodes } = fewValues(shape, Type.INT64)
  const last = {
    op: 'Mod',
    in: ['moved', 'd'],
    out: ['y'],
    attributes: { fmod: BigInt(whole(random, 0, 1)) },
  }
  return {
    opset,
    inputs: { x: { shape: input } },
    outputs: { y: Type.INT64 },
    initializers: [ints('five', [5], []), ints('seven', [7], []), ints('d', by, divisors)],
    nodes: [
      ...nodes,
      { op: 'Mul', in: ['few', 'five'], out: ['wide'] },
      { op: 'Sub', in: ['wide', 'seven'], out: ['moved'] },
      last,
    ],
  }
}

const divideWhole: Draw = (random) => {
  const { input, nodes } = fewValues(anyShape(random, 1, 3), Type.INT64)
  return {
    opset: pick(random, [7, 13, 14]),
    inputs: { x: { shape: input } },
    outputs: { y: Type.INT64 },
    initializers: [
      ints('factor', [pick(random, [3, 49, 100])], []),
      ints('offset', [whole(random, 0, 150)], []),
      ints('d', [pick(random, [-7, -2, 3, 7, 49])], []),
    ],
    nodes: [
      ...nodes,
      { op: 'Mul', in: ['few', 'factor'], out: ['wide'] },
      { op: 'Sub', in: ['wide', 'offset'], out: ['moved'] },
      { op: 'Div', in: ['moved', 'd'], out: ['y'] },
    ],
  }
}

const castToWhole: Draw = (random) => {
  const shape = anyShape(random, 1, 3)
  const [input, to] = pick(random, [
    ['wide', Type.INT32],
    ['wide', Type.INT64],
    ['positive', Type.UINT8],
  ] as const)
  return {
    opset: pick(random, [9, 13]),
    inputs: { x: { shape } },
    outputs: { y: to },
    initializers: [floats('ten', [], [10])],
    nodes: [
      { op: 'Mul', in: ['x', 'ten'], out: ['wide'] },
      { op: 'Relu', in: ['wide'], out: ['positive'] },
      { op: 'Cast', in: [input], out: ['y'], attributes: { to: BigInt(to) } },
    ],
  }
}

/** Of a constant or of what is computed, by whole numbers that count from either end. */
const gatherComputed: Draw = (random) => {
  const shape = [whole(random, 1, 3), whole(random, 1, 3)]
  const { input, nodes } = fewValues(shape, Type.INT64)
  const op = pick(random, ['Gather', 'GatherElements'])
  return {
    opset: 13,
    inputs: { x: { shape: input } },
    outputs: { y: Type.FLOAT },
    initializers: [
      weights(random, 'c', [shape[0]!, 5]),
      ints('flat', [shape[0]!, -1]),
      ints('offset', [whole(random, 0, 3)], []),
    ],
    nodes: [
      ...nodes,
      { op: 'Reshape', in: ['x', 'flat'], out: ['d'] },
      { op: 'Sub', in: ['few', 'offset'], out: ['index'] },
      { op, in: [pick(random, ['c', 'd']), 'index'], out: ['y'], attributes: { axis: 1n } },
    ],
  }
}

const label = (random: Random) => whole(random, -20, 20)

/** A table that is no line, read at an ArgMax. */
const unevenTable: Draw = (random) => {
  const classes = whole(random, 1, 5)
  const table = ints(
    't',
    Array.from({ length: classes }, () => label(random)),
  )
  return {
    opset: 13,
    domains: { 'ai.onnx.ml': 1 },
    inputs: { x: { shape: [1, classes] } },
    outputs: { y: Type.INT64 },
    initializers: [table],
    nodes: [
      { op: 'ArgMax', in: ['x'], out: ['a'], attributes: { axis: 1n } },
      { op: 'ArrayFeatureExtractor', domain: 'ai.onnx.ml', in: ['t', 'a'], out: ['y'] },
    ],
  }
}

export const LOGIC_DRAWS: Readonly<Record<string, Draw>> = {
  And: logic('And'),
  'ArrayFeatureExtractor of an uneven table': unevenTable,
  'Cast to bool': castToBool,
  'Cast to whole numbers': castToWhole,
  'Ceil, Floor and Round': rounding,
  'Div of whole numbers': divideWhole,
  Equal: comparison('Equal', [7, 11, 13, 19], false),
  'Gather and GatherElements by computed indices': gatherComputed,
  Greater: comparison('Greater', [9, 13], true),
  GreaterOrEqual: comparison('GreaterOrEqual', [12, 16], true),
  Hardmax: hardmax,
  HardSwish: hardSwish,
  'IsNaN and IsInf': neverTrue,
  Mod: mod,
  Less: comparison('Less', [9, 13], true),
  LessOrEqual: comparison('LessOrEqual', [12, 16], true),
  Not: logic('Not'),
  OneHot: oneHot,
  Or: logic('Or'),
  Shrink: shrink,
  Sign: sign,
  ThresholdedRelu: thresholdedRelu,
  'TopK of several': topK,
  Where: where,
  Xor: logic('Xor'),
}
