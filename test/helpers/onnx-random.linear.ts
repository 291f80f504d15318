/** Random models of further linear operators. */
import { anyShape, bigs, broadcastable, chance, type Draw, one, pick, weights, whole } from './onnx-draw.js'
import { floats, ints, type TensorInit, Type } from './onnx-model.js'

const mean: Draw = (random) => {
  const shape = anyShape(random)
  return one('Mean', {
    opset: pick(random, [8, 13]),
    shape,
    inputs: pick(random, [['x'], ['x', 'c'], ['c', 'x', 'x']]),
    initializers: [weights(random, 'c', broadcastable(random, shape))],
  })
}

const cumSum: Draw = (random) => {
  const shape = anyShape(random)
  const attributes = { exclusive: BigInt(whole(random, 0, 1)), reverse: BigInt(whole(random, 0, 1)) }
  return one('CumSum', {
    opset: pick(random, [11, 14]),
    shape,
    inputs: ['x', 'a'],
    initializers: [ints('a', [whole(random, -shape.length, shape.length - 1)], [])],
    attributes,
  })
}

const convTranspose: Draw = (random) => {
  const rank = whole(random, 1, 3)
  const axes = Array.from({ length: rank }, () => ({
    extent: whole(random, 1, 3),
    kernel: whole(random, 1, 3),
    stride: whole(random, 1, 3),
    dilation: whole(random, 1, 2),
  }))
  const groups = whole(random, 1, 2)
  const [depth, perGroup] = [whole(random, 1, 2), whole(random, 1, 2)]
  const form = pick(random, ['pads', 'pads', 'shape', 'SAME_UPPER', 'SAME_LOWER', 'VALID'])
  const extra = axes.map(({ stride }) => whole(random, 0, stride - 1))
  const full = axes.map(
    (axis, at) => (axis.extent - 1) * axis.stride + (axis.kernel - 1) * axis.dilation + 1 + extra[at]!,
  )
  const half = full.map((extent) => whole(random, 0, Math.floor((extent - 1) / 2)))
  const attributes = {
    group: BigInt(groups),
    strides: bigs(axes.map(({ stride }) => stride)),
    dilations: bigs(axes.map(({ dilation }) => dilation)),
    ...(extra.some((value) => value > 0) ? { output_padding: bigs(extra) } : {}),
    ...(form === 'pads' ? { pads: bigs([...half, ...half]) } : {}),
    ...(form === 'shape'
      ? { output_shape: bigs(full.map((extent) => whole(random, Math.max(1, extent - 2), extent))) }
      : {}),
    ...(/[AV]/.test(form) && form !== 'pads' ? { auto_pad: form } : {}),
  }
  const bias = chance(random) ? [weights(random, 'b', [groups * perGroup])] : []
  return one('ConvTranspose', {
    opset: pick(random, [7, 11, 22]),
    shape: [whole(random, 1, 2), groups * depth, ...axes.map(({ extent }) => extent)],
    inputs: ['x', 'w', ...(bias.length > 0 ? ['b'] : [])],
    initializers: [
      weights(random, 'w', [groups * depth, perGroup, ...axes.map(({ kernel }) => kernel)]),
      ...bias,
    ],
    attributes,
  })
}

const col2im: Draw = (random) => {
  const rank = whole(random, 1, 2)
  const axes = Array.from({ length: rank }, () => ({
    image: whole(random, 3, 6),
    block: whole(random, 1, 3),
    stride: whole(random, 1, 2),
    pad: whole(random, 0, 1),
  }))
  const columns = axes.reduce(
    (count, { image, block, stride, pad }) => count * (Math.floor((image + 2 * pad - block) / stride) + 1),
    1,
  )
  const rows = axes.reduce((count, { block }) => count * block, 2)
  const pads = axes.map(({ pad }) => pad)
  return one('Col2Im', {
    opset: 18,
    shape: [whole(random, 1, 2), rows, columns],
    inputs: ['x', 'image', 'block'],
    initializers: [
      ints(
        'image',
        axes.map(({ image }) => image),
      ),
      ints(
        'block',
        axes.map(({ block }) => block),
      ),
    ],
    attributes: { strides: bigs(axes.map(({ stride }) => stride)), pads: bigs([...pads, ...pads]) },
  })
}

/** Products, transpositions, diagonals, reductions and ellipses; the input takes either side. */
const einsum: Draw = (random) => {
  const [a, b, c] = [whole(random, 1, 3), whole(random, 2, 3), whole(random, 2, 4)]
  const [equation, x, w] = pick<readonly [string, number[], number[]?]>(random, [
    ['ij,jk->ik', [a, b], [b, c]],
    ['ij,jk', [a, b], [b, c]],
    ['jk, ij -> ki', [b, c], [a, b]],
    ['bij,bjk->bik', [a, b, c], [a, c, 2]],
    ['...ij,jk->...ik', [a, b, c], [c, 2]],
    ['...i,...i->...', [a, b, c], [b, c]],
    ['ij->ji', [b, c]],
    ['ij->', [b, c]],
    ['...ij->...', [a, b, c]],
    ['ii->i', [c, c]],
    ['ii', [c, c]],
    ['i,j->ij', [b], [c]],
    ['i,jk->i', [b], [c, 2]],
    ['bhwc,hkc->bhwk', [a, b, 2, c], [b, 3, c]],
  ])
  const constants: TensorInit[] = w === undefined ? [] : [weights(random, 'w', w)]
  const inputs = w === undefined ? ['x'] : ['x', 'w']
  const swap = w !== undefined && chance(random)
  const initializers = swap ? [weights(random, 'w', x)] : constants
  return one('Einsum', {
    opset: 12,
    shape: swap ? w : x,
    inputs: swap ? ['w', 'x'] : inputs,
    initializers,
    attributes: { equation },
  })
}

/** Relu6 as exporters spell it: a Clip, or a Relu below a Min. */
const relu6: Draw = (random) => {
  const clip = { op: 'Clip', in: ['a', 'zero', 'six'], out: ['y'] }
  const min = [
    { op: 'Relu', in: ['a'], out: ['r'] },
    { op: 'Min', in: ['r', 'six'], out: ['y'] },
  ]
  return {
    opset: 13,
    inputs: { x: { shape: anyShape(random) } },
    outputs: { y: Type.FLOAT },
    initializers: ['four', 'zero', 'six'].map((name, at) => floats(name, [], [[4, 0, 6][at]!])),
    nodes: [{ op: 'Mul', in: ['x', 'four'], out: ['a'] }, ...(chance(random) ? [clip] : min)],
  }
}

export const LINEAR_DRAWS: Readonly<Record<string, Draw>> = {
  Col2Im: col2im,
  ConvTranspose: convTranspose,
  CumSum: cumSum,
  Einsum: einsum,
  Mean: mean,
  Relu6: relu6,
}
