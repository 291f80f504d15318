/** Random models of the operators that only move elements. */
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
import { floats, ints, type ModelSpec, type TensorInit, Type } from './onnx-model.js'

const expand: Draw = (random) => {
  const shape = anyShape(random)
  const [from, to] = chance(random)
    ? [broadcastable(random, shape), shape]
    : [shape, broadcastable(random, shape)]
  return one('Expand', {
    opset: pick(random, [8, 13]),
    shape: from,
    inputs: ['x', 's'],
    initializers: [ints('s', to)],
  })
}

const tile: Draw = (random) => {
  const shape = anyShape(random, 1, 3)
  const repeats = shape.map(() => whole(random, 1, 3))
  return one('Tile', {
    opset: pick(random, [7, 13]),
    shape,
    inputs: ['x', 'r'],
    initializers: [ints('r', repeats)],
  })
}

const depthToSpace: Draw = (random) => {
  const block = whole(random, 1, 3)
  const opset = pick(random, [7, 11, 13])
  const mode = opset >= 11 && chance(random) ? { mode: pick(random, ['DCR', 'CRD']) } : {}
  const shape = [
    whole(random, 1, 2),
    whole(random, 1, 2) * block ** 2,
    whole(random, 1, 3),
    whole(random, 1, 3),
  ]
  return one('DepthToSpace', { opset, shape, attributes: { blocksize: BigInt(block), ...mode } })
}

const spaceToDepth: Draw = (random) => {
  const block = whole(random, 1, 3)
  const shape = [
    whole(random, 1, 2),
    whole(random, 1, 2),
    block * whole(random, 1, 2),
    block * whole(random, 1, 2),
  ]
  return one('SpaceToDepth', {
    opset: pick(random, [7, 13]),
    shape,
    attributes: { blocksize: BigInt(block) },
  })
}

function places(random: Random, shape: readonly number[], extent: number): number[] {
  return Array.from({ length: sizeOf(shape) }, () => whole(random, -extent, extent - 1))
}

const gatherElements: Draw = (random) => {
  const shape = anyShape(random, 1, 3)
  const axis = whole(random, 0, shape.length - 1)
  const dims = shape.map((extent, at) => whole(random, 1, at === axis ? 5 : extent))
  return one('GatherElements', {
    opset: pick(random, [11, 13]),
    shape,
    inputs: ['x', 'i'],
    initializers: [ints('i', places(random, dims, shape[axis]!), dims)],
    attributes: { axis: BigInt(chance(random) ? axis : axis - shape.length) },
  })
}

/** A few tuples that each name an element or a slice of the axes from `skip` on. */
function tuples(random: Random, shape: readonly number[], dims: readonly number[], skip: number): TensorInit {
  const depth = whole(random, 1, shape.length - skip)
  const all = Array.from({ length: sizeOf(dims) }, () =>
    shape.slice(skip, skip + depth).map((extent) => whole(random, -extent, extent - 1)),
  )
  return ints('i', all.flat(), [...dims, depth])
}

const gatherNd: Draw = (random) => {
  const shape = anyShape(random, 2, 4)
  const batch = chance(random) ? 1 : 0
  const indices = tuples(random, shape, [...shape.slice(0, batch), whole(random, 1, 3)], batch)
  const attributes = batch > 0 ? { batch_dims: BigInt(batch) } : {}
  const opset = batch > 0 ? pick(random, [12, 13]) : pick(random, [11, 13])
  return one('GatherND', { opset, shape, inputs: ['x', 'i'], initializers: [indices], attributes })
}

/** One update a place, since the order among several is not defined. */
const scatterElements: Draw = (random) => {
  const shape = anyShape(random, 1, 3)
  const axis = whole(random, 0, shape.length - 1)
  const dims = shape.with(axis, 1)
  const indices = ints('i', places(random, dims, shape[axis]!), dims)
  const initializers = [indices, weights(random, 'u', dims)]
  const [inputs, rest] = chance(random) ? [['x', 'i', 'u'], dims] : [['d', 'i', 'x'], dims]
  const opset = pick(random, [9, 11, 13])
  const op = opset < 11 ? 'Scatter' : 'ScatterElements'
  const attributes = { axis: BigInt(axis) }
  const computed = inputs[0] === 'x' ? shape : rest
  const all = [...initializers, weights(random, 'd', shape)]
  return one(op, { opset, shape: computed, inputs, initializers: all, attributes })
}

const scatterNd: Draw = (random) => {
  const shape = anyShape(random, 1, 3)
  const indices = tuples(random, shape, [1], 0)
  const slice = shape.slice(Number((indices.dims as bigint[])[1]))
  const initializers = [indices, weights(random, 'u', [1, ...slice])]
  return one('ScatterND', { opset: pick(random, [11, 13]), shape, inputs: ['x', 'i', 'u'], initializers })
}

const trilu: Draw = (random) => {
  const k = whole(random, -3, 3)
  const given = chance(random)
  return one('Trilu', {
    opset: 14,
    shape: anyShape(random, 2, 3),
    inputs: given ? ['x', 'k'] : ['x'],
    initializers: given ? [ints('k', [k], [])] : [],
    attributes: chance(random) ? { upper: BigInt(whole(random, 0, 1)) } : {},
  })
}

const compress: Draw = (random) => {
  const shape = anyShape(random, 1, 3)
  const axis = chance(random) ? whole(random, 0, shape.length - 1) : undefined
  const extent = axis === undefined ? sizeOf(shape) : shape[axis]!
  const kept = Array.from({ length: extent }, (_, at) => (at === 0 ? 1 : whole(random, 0, 1)))
  const condition = { name: 'c', dims: [BigInt(extent)], dataType: Type.BOOL, int32Data: kept }
  const attributes = axis === undefined ? {} : { axis: BigInt(axis) }
  return one('Compress', {
    opset: pick(random, [9, 11]),
    shape,
    inputs: ['x', 'c'],
    initializers: [condition],
    attributes,
  })
}

const reverseSequence: Draw = (random) => {
  const shape = anyShape(random, 2, 4)
  const time = BigInt(whole(random, 0, 1))
  const [steps, batch] = time === 0n ? [shape[0]!, shape[1]!] : [shape[1]!, shape[0]!]
  const lengths = ints(
    'l',
    Array.from({ length: batch }, () => whole(random, 1, steps)),
  )
  const attributes = { time_axis: time, batch_axis: 1n - time }
  return one('ReverseSequence', { opset: 10, shape, inputs: ['x', 'l'], initializers: [lengths], attributes })
}

const centerCropPad: Draw = (random) => {
  const shape = anyShape(random, 1, 3)
  const axes = [...shape.keys()].filter(() => chance(random))
  const some = axes.length > 0
  const target = (some ? axes : shape).map(() => whole(random, 1, 6))
  const attributes = some ? { axes: bigs(axes) } : {}
  return one('CenterCropPad', {
    opset: 18,
    shape,
    inputs: ['x', 's'],
    initializers: [ints('s', target)],
    attributes,
  })
}

/** What constants make of each other, added to the input. */
const constantShapes: Draw = (random): ModelSpec => {
  const [rows, columns] = [whole(random, 1, 4), whole(random, 1, 4)]
  const indices = Array.from({ length: rows }, () => whole(random, -columns, columns))
  const axis = pick(random, [0n, 1n, -1n])
  const shape = axis === 0n ? [columns, rows] : [rows, columns]
  return {
    opset: 15,
    inputs: { x: { shape } },
    outputs: { y: Type.FLOAT, n: Type.INT64 },
    initializers: [
      ints('i', indices),
      ints('d', [columns], []),
      floats('v', [2], [0.5, 2]),
      ...[0, shape[1]!, 1].map((value, at) => floats(`r${at}`, [], [value])),
    ],
    nodes: [
      { op: 'Size', in: ['x'], out: ['n'] },
      { op: 'OneHot', in: ['i', 'd', 'v'], out: ['o'], attributes: { axis } },
      { op: 'EyeLike', in: ['x'], out: ['e'], attributes: { k: BigInt(whole(random, -2, 2)) } },
      { op: 'Range', in: ['r0', 'r1', 'r2'], out: ['r'] },
      { op: 'CastLike', in: ['n', 'x'], out: ['m'] },
      { op: 'Sum', in: ['x', 'o', 'e', 'r', 'm'], out: ['y'] },
    ],
  }
}

/** Modes and coordinates that ONNX Runtime has kernels for; extents that are scaled up and down. */
const resize: Draw = (random) => {
  const mode = pick(random, ['nearest', 'nearest', 'linear', 'cubic'])
  const opset = pick(random, [10, 11, 13, 18, 19])
  const lead = mode === 'cubic' ? [1, 1] : [whole(random, 1, 2), whole(random, 1, 2)]
  const shape = [...lead, whole(random, 1, 5), whole(random, 1, 5)]
  if (opset === 10) {
    const scales = [1, 1, pick(random, [1, 2, 1.5]), pick(random, [1, 2, 3])]
    const attributes = { mode: mode === 'cubic' ? 'linear' : mode }
    const initializers = [floats('s', [4], scales)]
    return one('Resize', { opset, shape, inputs: ['x', 's'], initializers, attributes })
  }
  const coordinates = pick(random, [
    'half_pixel',
    'pytorch_half_pixel',
    'align_corners',
    'asymmetric',
    ...(opset >= 19 ? ['half_pixel_symmetric'] : []),
  ])
  const attributes = {
    mode,
    coordinate_transformation_mode: coordinates,
    ...(mode === 'nearest'
      ? { nearest_mode: pick(random, ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil']) }
      : {}),
    ...(mode === 'cubic' && chance(random) ? { cubic_coeff_a: -0.5, exclude_outside: 1n } : {}),
  }
  const target = shape.slice(2).map(() => whole(random, 1, 7))
  // quarters are exact in float32, so that positions are rounded alike
  const scales = shape.slice(2).map((extent) => Math.max(whole(random, 2, 10) / 4, 1 / extent))
  const sized = chance(random)
  const initializers = sized ? [ints('t', [...lead, ...target])] : [floats('s', [4], [1, 1, ...scales])]
  return one('Resize', {
    opset,
    shape,
    inputs: sized ? ['x', '', '', 't'] : ['x', '', 's'],
    initializers,
    attributes,
  })
}

/** Shrinking with a wider kernel, so that every element counts. */
const resizeSmooth: Draw = (random) => {
  const shape = [1, 1, whole(random, 4, 9), whole(random, 4, 9)]
  const mode = pick(random, ['linear', 'cubic'])
  return one('Resize', {
    opset: pick(random, [18, 19]),
    shape,
    inputs: ['x', '', '', 't'],
    initializers: [ints('t', [1, 1, whole(random, 1, 6), whole(random, 1, 6)])],
    attributes: { mode, antialias: 1n },
  })
}

const resizeAxes: Draw = (random) => {
  const shape = [1, 2, whole(random, 2, 5), whole(random, 2, 5)]
  const policy = pick(random, ['stretch', 'not_larger', 'not_smaller'])
  return one('Resize', {
    opset: pick(random, [18, 19]),
    shape,
    inputs: ['x', '', '', 't'],
    initializers: [ints('t', [whole(random, 2, 8), whole(random, 2, 8)])],
    attributes: { mode: 'linear', axes: [2n, 3n], keep_aspect_ratio_policy: policy },
  })
}

const cropAndResize: Draw = (random) => {
  const shape = [1, 1, whole(random, 2, 5), whole(random, 2, 5)]
  // an axis that keeps its extent is refused
  const target = shape.slice(2).map((extent) =>
    pick(
      random,
      [1, 2, 3, 4, 5, 6].filter((to) => to !== extent),
    ),
  )
  const ends = () => [random() / 2 - 0.1, random() / 2 + 0.6]
  const [rows, columns] = [ends(), ends()]
  const roi = [0, 0, rows[0]!, columns[0]!, 1, 1, rows[1]!, columns[1]!]
  return one('Resize', {
    opset: pick(random, [11, 13]),
    shape,
    inputs: ['x', 'roi', '', 't'],
    initializers: [floats('roi', [8], roi), ints('t', [1, 1, ...target])],
    attributes: {
      mode: 'linear',
      coordinate_transformation_mode: 'tf_crop_and_resize',
      extrapolation_value: 7,
    },
  })
}

const upsample: Draw = (random) => {
  const opset = pick(random, [7, 9])
  const shape = [1, whole(random, 1, 2), whole(random, 1, 4), whole(random, 1, 4)]
  const scales = [1, 1, pick(random, [1, 2, 1.5]), pick(random, [1, 2, 3])]
  const mode = pick(random, ['nearest', 'linear'])
  return opset < 9
    ? one('Upsample', { opset, shape, attributes: { mode, scales } })
    : one('Upsample', {
        opset,
        shape,
        inputs: ['x', 's'],
        initializers: [floats('s', [4], scales)],
        attributes: { mode },
      })
}

export const LAYOUT_DRAWS: Readonly<Record<string, Draw>> = {
  CenterCropPad: centerCropPad,
  Compress: compress,
  'Constants of shapes': constantShapes,
  DepthToSpace: depthToSpace,
  Expand: expand,
  GatherElements: gatherElements,
  GatherND: gatherNd,
  Resize: resize,
  'Resize of some axes': resizeAxes,
  'Resize with antialias': resizeSmooth,
  'Resize of a region': cropAndResize,
  ReverseSequence: reverseSequence,
  ScatterElements: scatterElements,
  ScatterND: scatterNd,
  SpaceToDepth: spaceToDepth,
  Tile: tile,
  Trilu: trilu,
  Upsample: upsample,
}
