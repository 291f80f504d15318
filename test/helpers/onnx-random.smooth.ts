/** Random models of functions, quotients, roots, probabilities and normalizations. */
import { anyShape, bigs, broadcastable, chance, type Draw, one, pick, weights, whole } from './onnx-draw.js'
import { type AttributeValue, floats, ints, type ModelSpec, type NodeSpec, Type } from './onnx-model.js'

type Random = () => number

/** The operator alone, on values of about -1 to 1. */
function plain(
  op: string,
  opset: number,
  attributes: (random: Random) => Record<string, AttributeValue> = () => ({}),
): Draw {
  return (random) => one(op, { opset, shape: anyShape(random), attributes: attributes(random) })
}

const alpha = (random: Random) => (chance(random) ? {} : { alpha: 0.2 + random() })

/** |x| + least, made by the model itself, so that it is computed and positive. */
function positive(
  random: Random,
  least: number,
): { nodes: NodeSpec[]; shape: number[]; offset: ReturnType<typeof floats> } {
  return {
    shape: anyShape(random),
    offset: floats('least', [], [least]),
    nodes: [
      { op: 'Abs', in: ['x'], out: ['size'] },
      { op: 'Add', in: ['size', 'least'], out: ['p'] },
    ],
  }
}

function onPositive(op: string, least: number): Draw {
  return (random): ModelSpec => {
    const { nodes, shape, offset } = positive(random, least)
    return {
      opset: 13,
      inputs: { x: { shape } },
      outputs: { y: Type.FLOAT },
      initializers: [offset],
      nodes: [...nodes, { op, in: ['p'], out: ['y'] }],
    }
  }
}

/** x or a constant over something positive, or its negation. */
const div: Draw = (random) => {
  const { nodes, shape, offset } = positive(random, 0.2)
  return {
    opset: pick(random, [7, 13, 14]),
    inputs: { x: { shape } },
    outputs: { y: Type.FLOAT },
    initializers: [offset, weights(random, 'c', broadcastable(random, shape))],
    nodes: [
      ...nodes,
      { op: 'Neg', in: ['p'], out: ['n'] },
      { op: 'Div', in: [pick(random, ['x', 'c', 'size']), pick(random, ['p', 'n'])], out: ['y'] },
    ],
  }
}

/** Probabilities that the model goes on computing with. */
function probabilities(op: string): Draw {
  return (random) => {
    const shape = anyShape(random, 1, 3)
    const axis = BigInt(whole(random, 0, shape.length - 1))
    return {
      opset: pick(random, [11, 13]),
      inputs: { x: { shape } },
      outputs: { y: Type.FLOAT },
      initializers: [weights(random, 'c', broadcastable(random, shape))],
      nodes: [
        { op, name: 'node', in: ['x'], out: ['p'], attributes: { axis } },
        { op: pick(random, ['Mul', 'Add']), in: ['p', 'c'], out: ['y'] },
      ],
    }
  }
}

function reduction(op: string, onPositives: boolean): Draw {
  return (random) => {
    const { nodes, shape, offset } = positive(random, 0.1)
    const input = onPositives ? 'p' : 'x'
    const opset = pick(random, [13, 18])
    const axes = bigs([whole(random, 0, shape.length - 1)])
    const listed = chance(random)
    const keepdims = { keepdims: BigInt(whole(random, 0, 1)) }
    return {
      opset,
      inputs: { x: { shape } },
      outputs: { y: Type.FLOAT },
      initializers: [offset, ints('axes', axes.map(Number))].slice(0, listed && opset === 18 ? 2 : 1),
      nodes: [
        ...nodes,
        {
          op,
          in: listed && opset === 18 ? [input, 'axes'] : [input],
          out: ['y'],
          attributes: listed && opset === 13 ? { ...keepdims, axes } : keepdims,
        },
      ],
    }
  }
}

const layerNormalization: Draw = (random) => {
  const shape = anyShape(random, 2, 4)
  const axis = whole(random, 1, shape.length - 1)
  const inner = shape.slice(axis)
  const bias = chance(random)
  return one('LayerNormalization', {
    opset: 17,
    shape,
    inputs: bias ? ['x', 's', 'b'] : ['x', 's'],
    initializers: [weights(random, 's', inner), weights(random, 'b', inner)].slice(0, bias ? 2 : 1),
    attributes: { axis: BigInt(axis), ...(chance(random) ? {} : { epsilon: 0.01 }) },
  })
}

const rmsNormalization: Draw = (random) => {
  const shape = anyShape(random, 2, 4)
  const axis = whole(random, 1, shape.length - 1)
  return one('RMSNormalization', {
    opset: 23,
    shape,
    inputs: ['x', 's'],
    initializers: [weights(random, 's', shape.slice(axis))],
    attributes: { axis: BigInt(axis) },
  })
}

const instanceNormalization: Draw = (random) => {
  const shape = [whole(random, 1, 2), whole(random, 1, 3), whole(random, 2, 4), whole(random, 1, 3)]
  const channels = [shape[1]!]
  return one('InstanceNormalization', {
    opset: pick(random, [7, 13]),
    shape,
    inputs: ['x', 's', 'b'],
    initializers: [weights(random, 's', channels), weights(random, 'b', channels)],
  })
}

const groupNormalization: Draw = (random) => {
  const [groups, each] = [whole(random, 1, 2), whole(random, 1, 3)]
  const opset = pick(random, [18, 21])
  const shape = [whole(random, 1, 2), groups * each, whole(random, 2, 3), whole(random, 1, 3)]
  const factors = [opset === 18 ? groups : groups * each]
  return one('GroupNormalization', {
    opset,
    shape,
    inputs: ['x', 's', 'b'],
    initializers: [weights(random, 's', factors), weights(random, 'b', factors)],
    attributes: { num_groups: BigInt(groups) },
  })
}

const lpNormalization: Draw = (random) => {
  const shape = anyShape(random, 1, 3)
  return one('LpNormalization', {
    opset: 7,
    shape,
    attributes: { axis: BigInt(whole(random, 0, shape.length - 1)), p: BigInt(whole(random, 1, 2)) },
  })
}

const normalizer: Draw = (random) => {
  const shape = anyShape(random, 2, 2)
  return {
    opset: 13,
    domains: { 'ai.onnx.ml': 1 },
    inputs: { x: { shape } },
    outputs: { y: Type.FLOAT },
    initializers: [floats('least', [], [0.3])],
    nodes: [
      { op: 'Abs', in: ['x'], out: ['size'] },
      { op: 'Add', in: ['size', 'least'], out: ['p'] },
      {
        op: 'Normalizer',
        domain: 'ai.onnx.ml',
        in: ['p'],
        out: ['y'],
        attributes: { norm: pick(random, ['MAX', 'L1', 'L2']) },
      },
    ],
  }
}

export const SMOOTH_DRAWS: Readonly<Record<string, Draw>> = {
  Sigmoid: plain('Sigmoid', 13),
  Tanh: plain('Tanh', 13),
  Softplus: plain('Softplus', 13),
  Softsign: plain('Softsign', 13),
  Mish: plain('Mish', 18),
  Erf: plain('Erf', 13),
  Exp: plain('Exp', 13),
  Asinh: plain('Asinh', 9),
  Atan: plain('Atan', 7),
  Cos: plain('Cos', 7),
  Cosh: plain('Cosh', 9),
  Sin: plain('Sin', 7),
  Sinh: plain('Sinh', 9),
  Tan: plain('Tan', 7),
  Elu: plain('Elu', 7, alpha),
  Celu: plain('Celu', 12, alpha),
  Selu: plain('Selu', 7, (random) => (chance(random) ? {} : { alpha: random(), gamma: 1 + random() })),
  Gelu: plain('Gelu', 20, (random) => (chance(random) ? {} : { approximate: 'tanh' })),
  Swish: plain('Swish', 24, alpha),
  Log: onPositive('Log', 0.05),
  Sqrt: onPositive('Sqrt', 0),
  Reciprocal: onPositive('Reciprocal', 0.2),
  'Div by computed': div,
  'Softmax inside': probabilities('Softmax'),
  'LogSoftmax inside': probabilities('LogSoftmax'),
  ReduceL2: reduction('ReduceL2', false),
  ReduceLogSum: reduction('ReduceLogSum', true),
  ReduceLogSumExp: reduction('ReduceLogSumExp', false),
  LayerNormalization: layerNormalization,
  RMSNormalization: rmsNormalization,
  InstanceNormalization: instanceNormalization,
  GroupNormalization: groupNormalization,
  LpNormalization: lpNormalization,
  Normalizer: normalizer,
}
