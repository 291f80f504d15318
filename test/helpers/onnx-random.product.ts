/** Random models of operators that multiply two computed tensors, both of which are cut out of the one input. */
import { sizeOf } from '../../src/base/tensor.js'
import {
  anyShape,
  bigs,
  broadcastable,
  chance,
  type Draw,
  pick,
  type Random,
  weights,
  whole,
} from './onnx-draw.js'
import {
  type AttributeValue,
  floats,
  ints,
  type ModelSpec,
  type NodeSpec,
  type TensorInit,
  Type,
} from './onnx-model.js'

type Parts = {
  readonly opset: number
  /** Computed inputs of the operator, by name. */
  readonly parts: Readonly<Record<string, readonly number[]>>
  readonly inputs: string[]
  readonly initializers?: TensorInit[]
  readonly attributes?: Record<string, AttributeValue>
}

function computed(op: string, { opset, parts, inputs, initializers, attributes }: Parts): ModelSpec {
  const nodes: NodeSpec[] = []
  const cuts: TensorInit[] = []
  let start = 0
  for (const [name, shape] of Object.entries(parts)) {
    const places = Array.from({ length: sizeOf(shape) }, (_, at) => start + at)
    cuts.push(ints(`${name}_places`, places, shape))
    nodes.push({ op: 'Gather', in: ['x', `${name}_places`], out: [name] })
    start += sizeOf(shape)
  }
  nodes.push({ op, name: 'node', in: inputs, out: ['y'], attributes: attributes ?? {} })
  return {
    opset,
    inputs: { x: { shape: [start] } },
    outputs: { y: Type.FLOAT },
    initializers: [...cuts, ...(initializers ?? [])],
    nodes,
  }
}

const mul: Draw = (random) => {
  const shape = anyShape(random)
  const other = broadcastable(random, shape)
  const [a, b] = chance(random) ? [shape, other] : [other, shape]
  const inputs = pick(random, [
    ['a', 'b'],
    ['b', 'a'],
    ['a', 'a'],
  ])
  return computed('Mul', { opset: pick(random, [7, 13, 14]), parts: { a, b }, inputs })
}

const matmul: Draw = (random) => {
  const [rows, k, columns] = [whole(random, 1, 3), whole(random, 1, 4), whole(random, 1, 3)]
  const batch = anyShape(random, 0, 2)
  const [a, b] = pick(random, [
    [
      [...batch, rows, k],
      [...batch, k, columns],
    ],
    [
      [...batch.map(() => 1), rows, k],
      [...batch, k, columns],
    ],
    [
      [rows, k],
      [...batch, k, columns],
    ],
    [[k], [k, columns]],
    [[...batch, rows, k], [k]],
    [[k], [k]],
  ])
  return computed('MatMul', { opset: pick(random, [9, 13]), parts: { a: a!, b: b! }, inputs: ['a', 'b'] })
}

const gemm: Draw = (random) => {
  const [m, k, n] = [whole(random, 1, 4), whole(random, 1, 5), whole(random, 1, 4)]
  const [transA, transB] = [chance(random), chance(random)]
  const c = pick(random, [undefined, [], [n], [m, n], [m, 1]])
  const constantC = chance(random)
  return computed('Gemm', {
    opset: pick(random, [11, 13]),
    parts: {
      a: transA ? [k, m] : [m, k],
      b: transB ? [n, k] : [k, n],
      ...(c === undefined || constantC ? {} : { c }),
    },
    inputs: ['a', 'b', ...(c === undefined ? [] : ['c'])],
    initializers: c !== undefined && constantC ? [weights(random, 'c', c)] : [],
    attributes: {
      transA: BigInt(Number(transA)),
      transB: BigInt(Number(transB)),
      ...(chance(random) ? { alpha: 0.5, beta: -2 } : {}),
    },
  })
}

/** Weights, bias or both are computed, and sometimes the image is not. */
function convolution(op: 'Conv' | 'ConvTranspose'): Draw {
  return (random) => {
    const extents = Array.from({ length: whole(random, 1, 2) }, () => whole(random, 2, 4))
    const kernel = extents.map((extent) => whole(random, 1, Math.min(3, extent)))
    const [groups, depth, perGroup] = [whole(random, 1, 2), whole(random, 1, 2), whole(random, 1, 2)]
    const filters = groups * perGroup
    const shapes = {
      i: [whole(random, 1, 2), groups * depth, ...extents],
      w: op === 'Conv' ? [filters, depth, ...kernel] : [groups * depth, perGroup, ...kernel],
      b: [filters],
    }
    const constants = pick(random, [[], ['b'], ['w'], ['i']]) as readonly string[]
    const names = (['i', 'w', 'b'] as const).filter((name) => name !== 'b' || chance(random))
    const pads = kernel.map((size) => whole(random, 0, size - 1))
    return computed(op, {
      opset: pick(random, [7, 11, 22]),
      parts: Object.fromEntries(
        names.flatMap((name) => (constants.includes(name) ? [] : [[name, shapes[name]]])),
      ),
      inputs: [...names],
      initializers: names.flatMap((name) =>
        constants.includes(name) ? [weights(random, name, shapes[name])] : [],
      ),
      attributes: {
        group: BigInt(groups),
        strides: bigs(kernel.map(() => whole(random, 1, 2))),
        ...(op === 'Conv' ? { pads: bigs([...pads, ...pads]) } : {}),
      },
    })
  }
}

const einsum: Draw = (random) => {
  const [a, b, c] = [whole(random, 1, 3), whole(random, 2, 3), whole(random, 2, 4)]
  const [equation, ...shapes] = pick<readonly [string, ...number[][]]>(random, [
    ['ij,jk->ik', [a, b], [b, c]],
    ['bij,bjk->bik', [a, b, c], [a, c, 2]],
    ['bhid,bhjd->bhij', [a, 2, b, c], [a, 2, 3, c]],
    ['...i,...i->...', [a, b, c], [b, c]],
    ['i,j->ij', [b], [c]],
    ['ii,i->', [c, c], [c]],
    ['ij,ij->', [a, b], [a, b]],
    ['ij,jk,kl->il', [a, b], [b, c], [c, 2]],
    ['i,i,i->i', [b], [b], [b]],
    ['ij,kj,il->kl', [a, b], [c, b], [a, 2]],
  ])
  const names = shapes.map((_, at) => `p${at}`)
  const fixed = shapes.length > 2 && chance(random) ? whole(random, 0, 2) : -1
  return computed('Einsum', {
    opset: 12,
    parts: Object.fromEntries(shapes.flatMap((shape, at) => (at === fixed ? [] : [[names[at]!, shape]]))),
    inputs: names,
    initializers: fixed < 0 ? [] : [weights(random, names[fixed]!, shapes[fixed]!)],
    attributes: { equation },
  })
}

/** Any of scales, biases and means are computed. */
const batchNormalization: Draw = (random) => {
  const shape = [2, 3, ...anyShape(random, 0, 2)]
  const made = (['s', 'b', 'm'] as const).filter(() => chance(random))
  const variance = floats('v', [3], [0.5 + random(), 0.5 + random(), 0.5 + random()])
  const constants = (['s', 'b', 'm'] as const).filter((name) => !made.includes(name))
  return computed('BatchNormalization', {
    opset: pick(random, [9, 14, 15]),
    parts: { i: shape, ...Object.fromEntries(made.map((name) => [name, [3]])) },
    inputs: ['i', 's', 'b', 'm', 'v'],
    initializers: [...constants.map((name) => weights(random, name, [3])), variance],
    attributes: { epsilon: 0.01 },
  })
}

const prelu: Draw = (random) => {
  const i = anyShape(random)
  return computed('PRelu', {
    opset: pick(random, [9, 16]),
    parts: { i, s: broadcastable(random, i) },
    inputs: ['i', 's'],
  })
}

/** Exponents of one kind or several, in float or int64. */
const pow: Draw = (random) => {
  const shape = anyShape(random)
  const places = pick(random, [[], [1], broadcastable(random, shape)])
  const exponents = Array.from({ length: sizeOf(places) }, () => whole(random, 0, 4))
  const opset = pick(random, [7, 12, 13, 15])
  const initializer =
    opset >= 12 && chance(random) ? ints('e', exponents, places) : floats('e', places, exponents)
  return {
    ...computed('Pow', { opset, parts: { i: shape }, inputs: ['i', 'e'] }),
    ...{ initializers: [ints('i_places', [...Array(sizeOf(shape)).keys()], shape), initializer] },
  }
}

function reduce(op: string): Draw {
  return (random) => {
    const i = anyShape(random)
    const opset = pick(random, [11, 13, 18])
    const axes = [...i.keys()].filter(() => chance(random)).map((axis) => axisOf(random, axis, i.length))
    const keepdims = BigInt(whole(random, 0, 1))
    const asInput = opset >= 18 && axes.length > 0
    return computed(op, {
      opset,
      parts: { i },
      inputs: ['i', ...(asInput ? ['axes'] : [])],
      initializers: asInput ? [ints('axes', axes)] : [],
      attributes: {
        keepdims,
        ...(opset < 18 && axes.length > 0 ? { axes: bigs(axes) } : {}),
        ...(opset >= 18 && axes.length === 0 && chance(random) ? { noop_with_empty_axes: 1n } : {}),
      },
    })
  }
}

const axisOf = (random: Random, axis: number, rank: number): number => (chance(random) ? axis : axis - rank)

export const PRODUCT_DRAWS: Readonly<Record<string, Draw>> = {
  'BatchNormalization with computed parameters': batchNormalization,
  'Conv with computed weights': convolution('Conv'),
  'ConvTranspose with computed weights': convolution('ConvTranspose'),
  'Einsum of computed tensors': einsum,
  'Gemm of computed tensors': gemm,
  'MatMul of computed tensors': matmul,
  'Mul of computed tensors': mul,
  'PRelu with computed slopes': prelu,
  Pow: pow,
  ReduceProd: reduce('ReduceProd'),
  ReduceSumSquare: reduce('ReduceSumSquare'),
}
