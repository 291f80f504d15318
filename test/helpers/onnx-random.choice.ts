/** Random models of the operators that compare and choose. */
import { anyShape, bigs, broadcastable, chance, type Draw, one, pick, weights, whole } from './onnx-draw.js'
import { floats, ints, type ModelSpec, Type } from './onnx-model.js'

const abs: Draw = (random) => one('Abs', { opset: pick(random, [7, 13]), shape: anyShape(random) })

const leakyRelu: Draw = (random) =>
  one('LeakyRelu', {
    opset: pick(random, [7, 16]),
    shape: anyShape(random),
    attributes: chance(random) ? {} : { alpha: 3 * random() - 1 },
  })

const prelu: Draw = (random) => {
  const shape = anyShape(random)
  return one('PRelu', {
    opset: pick(random, [9, 16]),
    shape,
    inputs: ['x', 's'],
    initializers: [weights(random, 's', broadcastable(random, shape))],
  })
}

const hardSigmoid: Draw = (random) =>
  one('HardSigmoid', {
    opset: pick(random, [7, 22]),
    shape: anyShape(random),
    attributes: chance(random) ? {} : { alpha: random(), beta: random() },
  })

/** Computed tensors (the input and its Relu) among constants, of which some are single numbers. */
function extreme(op: string): Draw {
  return (random) => {
    const shape = anyShape(random)
    const inputs = pick(random, [['x'], ['x', 'c'], ['k', 'x'], ['c', 'x', 'r'], ['r', 'x'], ['c', 'x', 'k']])
    return {
      opset: pick(random, [8, 12, 13]),
      inputs: { x: { shape: chance(random) ? shape : broadcastable(random, shape) } },
      outputs: { y: Type.FLOAT },
      initializers: [weights(random, 'c', shape), floats('k', [], [random() - 0.5])],
      nodes: [
        { op: 'Relu', in: ['x'], out: ['r'] },
        { op, in: inputs, out: ['y'] },
      ],
    }
  }
}

/** Few distinct values, so that equal ones meet: the input is rounded by an ArgMax over pairs. */
function index(op: string): Draw {
  return (random): ModelSpec => {
    const shape = anyShape(random, 1, 3)
    const axis = BigInt(whole(random, -shape.length, shape.length - 1))
    const last = BigInt(whole(random, 0, 1))
    const opset = last === 1n ? pick(random, [12, 13]) : pick(random, [11, 13])
    const attributes = {
      axis,
      keepdims: BigInt(whole(random, 0, 1)),
      ...(last === 1n ? { select_last_index: last } : {}),
    }
    return {
      opset,
      inputs: { x: { shape: [...shape, 2] } },
      outputs: { y: Type.INT64 },
      nodes: [
        { op: 'ArgMax', in: ['x'], out: ['few'], attributes: { axis: -1n, keepdims: 0n } },
        { op: 'Cast', in: ['few'], out: ['c'], attributes: { to: BigInt(Type.FLOAT) } },
        { op, in: ['c'], out: ['y'], attributes },
      ],
    }
  }
}

const topK: Draw = (random) => {
  const shape = anyShape(random)
  const opset = pick(random, [9, 10, 11])
  const axis = BigInt(whole(random, opset < 11 ? 0 : -shape.length, shape.length - 1))
  const spec = one('TopK', { opset, shape, attributes: { axis }, outputs: ['y', 'y1'] })
  const node = spec.nodes[0]!
  const outputs = { y: Type.FLOAT, y1: Type.INT64 }
  if (opset < 10) return { ...spec, outputs, nodes: [{ ...node, attributes: { axis, k: 1n } }] }
  const attributes = opset >= 11 && chance(random) ? { axis, largest: 0n, sorted: 0n } : { axis }
  const nodes = [{ ...node, in: ['x', 'k'], attributes }]
  return { ...spec, outputs, nodes, initializers: [ints('k', [1])] }
}

const reduceMin: Draw = (random) => {
  const shape = anyShape(random)
  const opset = pick(random, [11, 13, 18])
  const axes = [...shape.keys()].filter(() => chance(random))
  const keepdims = BigInt(whole(random, 0, 1))
  if (axes.length === 0) return one('ReduceMin', { opset, shape, attributes: { keepdims } })
  return opset < 18
    ? one('ReduceMin', { opset, shape, attributes: { keepdims, axes: bigs(axes) } })
    : one('ReduceMin', {
        opset,
        shape,
        inputs: ['x', 'a'],
        initializers: [ints('a', axes)],
        attributes: { keepdims },
      })
}

/** Slices of a constant or of the input itself, at the places of the largest along an axis, counted from either end. */
const pickComputed: Draw = (random): ModelSpec => {
  const shape = anyShape(random, 2, 3)
  const extent = 4
  const gathers = chance(random) ? 'x' : 'c'
  const from = gathers === 'x' ? shape : [extent, whole(random, 1, 3)]
  const axis = gathers === 'x' ? whole(random, 0, shape.length - 1) : 0
  const over = whole(random, 0, shape.length - 1)
  // never more places than the axis has
  const places = Math.min(shape[over]!, from[axis]!)
  return {
    opset: 13,
    inputs: { x: { shape } },
    outputs: { y: Type.FLOAT },
    initializers: [
      weights(random, 'c', [extent, from.at(-1)!]),
      ints('begin', [0]),
      ints('end', [places]),
      ints('over', [over]),
      ints('back', [chance(random) ? 0 : -from[axis]!], []),
    ],
    nodes: [
      { op: 'Slice', in: ['x', 'begin', 'end', 'over'], out: ['part'] },
      { op: 'ArgMax', in: ['part'], out: ['i'], attributes: { axis: BigInt(over), keepdims: 0n } },
      { op: 'Add', in: ['i', 'back'], out: ['j'] },
      { op: 'Gather', in: [gathers, 'j'], out: ['y'], attributes: { axis: BigInt(axis) } },
    ],
  }
}

const pickEach: Draw = (random): ModelSpec => {
  const shape = anyShape(random, 2, 3)
  const axis = whole(random, 0, shape.length - 1)
  return {
    opset: 13,
    inputs: { x: { shape } },
    outputs: { y: Type.FLOAT },
    nodes: [
      { op: 'ArgMax', in: ['x'], out: ['i'], attributes: { axis: BigInt(axis), keepdims: 1n } },
      { op: 'GatherElements', in: ['x', 'i'], out: ['y'], attributes: { axis: BigInt(axis) } },
    ],
  }
}

export const CHOICE_DRAWS: Readonly<Record<string, Draw>> = {
  'Gather at computed places': pickComputed,
  'GatherElements at computed places': pickEach,
  Abs: abs,
  'ArgMax among equals': index('ArgMax'),
  ArgMin: index('ArgMin'),
  HardSigmoid: hardSigmoid,
  LeakyRelu: leakyRelu,
  Max: extreme('Max'),
  Min: extreme('Min'),
  PRelu: prelu,
  ReduceMin: reduceMin,
  TopK: topK,
}
