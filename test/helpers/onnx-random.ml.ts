/** Random models of the operators of ai.onnx.ml. */
import { chance, type Draw, one, pick, type Random, whole } from './onnx-draw.js'
import { floats, ints, type ModelSpec, type NodeSpec, Type } from './onnx-model.js'

const DOMAIN = 'ai.onnx.ml'

const numbers = (random: Random, count: number) => Array.from({ length: count }, () => 2 * random() - 1)

function shapeOf(random: Random): number[] {
  const features = whole(random, 1, 5)
  return chance(random) ? [whole(random, 1, 4), features] : [1, features]
}

function inDomain(spec: ModelSpec, version: number): ModelSpec {
  const nodes = spec.nodes.map((node) => ({ ...node, domain: DOMAIN }))
  return { ...spec, nodes, domains: { [DOMAIN]: version } }
}

const scaler: Draw = (random) => {
  const shape = shapeOf(random)
  const count = chance(random) ? shape[1]! : 1
  const attributes = { offset: numbers(random, count), scale: numbers(random, count) }
  return inDomain(one('Scaler', { opset: 13, shape, attributes }), whole(random, 1, 3))
}

const linearRegressor: Draw = (random) => {
  const shape = shapeOf(random)
  const targets = whole(random, 1, 3)
  const attributes = {
    coefficients: numbers(random, targets * shape[1]!),
    ...(chance(random) ? { intercepts: numbers(random, targets) } : {}),
    ...(targets > 1 || chance(random) ? { targets: BigInt(targets) } : {}),
    ...(chance(random) ? { post_transform: 'NONE' } : {}),
  }
  return inDomain(one('LinearRegressor', { opset: 13, shape, attributes }), whole(random, 1, 3))
}

/** Probabilities are compared by their order: by what an ArgMax over them says. */
const linearClassifier: Draw = (random) => {
  const shape = shapeOf(random)
  const rows = whole(random, 1, 4)
  const labels = Math.max(rows, 2)
  const first = BigInt(whole(random, -1, 1))
  const transform = pick(random, ['NONE', 'SOFTMAX', 'LOGISTIC'])
  const node: NodeSpec = {
    op: 'LinearClassifier',
    domain: DOMAIN,
    in: ['x'],
    out: ['y', 'z'],
    attributes: {
      classlabels_ints: Array.from({ length: labels }, (_, at) => first + BigInt(at)),
      coefficients: numbers(random, rows * shape[1]!),
      intercepts: numbers(random, rows),
      post_transform: transform,
      multi_class: BigInt(whole(random, 0, 1)),
    },
  }
  const rest = { op: 'Normalizer', domain: DOMAIN, in: ['z'], out: ['n'], attributes: { norm: 'L1' } }
  const from = pick(random, ['n', 'z'])
  const best = { op: 'ArgMax', in: [from], out: ['w'], attributes: { axis: 1n, keepdims: 0n } }
  const plain = transform === 'NONE' || (transform === 'SOFTMAX' && rows === 1)
  return {
    opset: 13,
    domains: { [DOMAIN]: 1 },
    inputs: { x: { shape } },
    outputs: plain ? { y: Type.INT64, z: Type.FLOAT } : { y: Type.INT64, w: Type.INT64 },
    nodes: plain ? [node] : [node, rest, best],
  }
}

const featureVectorizer: Draw = (random) => {
  const shape = shapeOf(random)
  const width = BigInt(shape[1]!)
  return {
    opset: 13,
    domains: { [DOMAIN]: 1 },
    inputs: { x: { shape } },
    outputs: { y: Type.FLOAT },
    nodes: [
      { op: 'Relu', in: ['x'], out: ['r'] },
      {
        op: 'FeatureVectorizer',
        domain: DOMAIN,
        in: ['x', 'r', 'x'],
        out: ['y'],
        attributes: { inputdimensions: [width, width, width] },
      },
    ],
  }
}

const arrayFeatureExtractor: Draw = (random) => {
  const shape = chance(random) ? [whole(random, 1, 5)] : [2, whole(random, 1, 3), whole(random, 1, 5)]
  const indices = Array.from({ length: whole(random, 1, 4) }, () => whole(random, 0, shape.at(-1)! - 1))
  const initializers = [ints('i', indices)]
  return inDomain(one('ArrayFeatureExtractor', { opset: 13, shape, inputs: ['x', 'i'], initializers }), 1)
}

/** A label looked up among the classes, as scikit-learn's converters write it. */
const labelTable: Draw = (random) => {
  const classes = whole(random, 1, 4)
  const [first, step] = [whole(random, -3, 3), whole(random, -2, 2)]
  const table = Array.from({ length: classes }, (_, at) => first + at * step)
  return {
    opset: 13,
    domains: { [DOMAIN]: 1 },
    inputs: { x: { shape: [1, classes] } },
    outputs: { y: Type.INT64 },
    initializers: [
      chance(random) ? ints('classes', table) : floats('classes', [classes], table),
      ints('flat', [-1]),
    ],
    nodes: [
      { op: 'ArgMax', in: ['x'], out: ['a'], attributes: { axis: 1n } },
      { op: 'ArrayFeatureExtractor', domain: DOMAIN, in: ['classes', 'a'], out: ['l'] },
      { op: 'Cast', in: ['l'], out: ['c'], attributes: { to: BigInt(Type.INT64) } },
      { op: 'Reshape', in: ['c', 'flat'], out: ['y'] },
    ],
  }
}

const binarizer: Draw = (random) => {
  const shape = shapeOf(random)
  const attributes = chance(random) ? {} : { threshold: random() - 0.5 }
  return inDomain(one('Binarizer', { opset: 13, shape, attributes }), 1)
}

/** The numbers 0 to 3 of a shape, as an ArgMax over a further axis gives them. */
function fewValues(shape: readonly number[], type: Type, op: NodeSpec): ModelSpec {
  return {
    opset: 13,
    domains: { [DOMAIN]: 2 },
    inputs: { x: { shape: [...shape, 4] } },
    outputs: { y: Type.FLOAT },
    nodes: [
      { op: 'ArgMax', in: ['x'], out: ['places'], attributes: { axis: -1n, keepdims: 0n } },
      { op: 'Cast', in: ['places'], out: ['few'], attributes: { to: BigInt(type) } },
      { ...op, domain: DOMAIN, in: ['few'], out: ['y'] },
    ],
  }
}

const imputer: Draw = (random) => {
  const shape = shapeOf(random)
  const count = chance(random) ? shape[1]! : 1
  if (chance(random)) {
    const attributes = {
      replaced_value_float: whole(random, 0, 3),
      imputed_value_floats: numbers(random, count),
    }
    return fewValues(shape, Type.FLOAT, { op: 'Imputer', in: [], out: [], attributes })
  }
  const values = Array.from({ length: count }, () => BigInt(whole(random, -9, 9)))
  const attributes = { replaced_value_int64: BigInt(whole(random, 0, 3)), imputed_value_int64s: values }
  const spec = fewValues(shape, Type.INT64, { op: 'Imputer', in: [], out: [], attributes })
  return { ...spec, outputs: { y: Type.INT64 } }
}

const labelEncoder: Draw = (random) => {
  const keys = [0, 1, 2, 3, 7].filter(() => chance(random))
  const wholeKeys = chance(random)
  const values = keys.map(() => whole(random, -9, 9))
  const wholeValues = wholeKeys && chance(random)
  const attributes = {
    ...(wholeKeys ? { keys_int64s: [5n, ...keys.map(BigInt)] } : { keys_floats: [5, ...keys] }),
    ...(wholeValues
      ? { values_int64s: [-4n, ...values.map(BigInt)] }
      : { values_floats: [0.5, ...values.map((value) => value / 4)] }),
    ...(chance(random) ? (wholeValues ? { default_int64: 12n } : { default_float: 1.5 }) : {}),
  }
  const type = wholeKeys ? Type.INT64 : Type.FLOAT
  const spec = fewValues(shapeOf(random), type, { op: 'LabelEncoder', in: [], out: [], attributes })
  return { ...spec, outputs: { y: wholeValues ? Type.INT64 : Type.FLOAT } }
}

/** Of whole numbers, and of floats between them. */
const oneHotEncoder: Draw = (random) => {
  const shape = shapeOf(random)
  const categories = [-1n, 0n, 1n, 2n, 3n].filter(() => chance(random))
  const attributes = { cats_int64s: [9n, ...categories], zeros: 1n }
  if (chance(random)) return inDomain(one('OneHotEncoder', { opset: 13, shape, attributes }), 1)
  return fewValues(shape, Type.INT64, { op: 'OneHotEncoder', in: [], out: [], attributes })
}

/** A polynomial of small numbers, so that what it makes stays comparable. */
function kernelOf(random: Random): NonNullable<NodeSpec['attributes']> {
  const kernel = pick(random, ['LINEAR', 'POLY', 'RBF', 'SIGMOID'])
  return {
    kernel_type: kernel,
    kernel_params: [0.5 * random(), 2 * random() - 1, whole(random, 1, 3)],
  }
}

const svmRegressor: Draw = (random) => {
  const shape = shapeOf(random)
  const vectors = whole(random, 0, 4)
  const attributes = {
    coefficients: numbers(random, vectors === 0 ? shape[1]! : vectors),
    rho: numbers(random, 1),
    ...(vectors === 0
      ? {}
      : { n_supports: BigInt(vectors), support_vectors: numbers(random, vectors * shape[1]!) }),
    ...kernelOf(random),
    // a linear model of one class is not told apart from one with support vectors
    ...(vectors > 0 && chance(random) ? { one_class: 1n } : {}),
  }
  return inDomain(one('SVMRegressor', { opset: 13, shape, attributes }), 1)
}

const svmClassifier: Draw = (random) => {
  const shape = shapeOf(random)
  const classes = whole(random, 2, 4)
  const counts = Array.from({ length: classes }, () => whole(random, 1, 3))
  const vectors = counts.reduce((sum, count) => sum + count, 0)
  const pairs = (classes * (classes - 1)) / 2
  const probabilities = chance(random)
  // of several decisions, LOGISTIC makes ones in float32 that ArgMax cannot tell apart
  const transform = ['NONE', 'SOFTMAX', classes === 2 ? 'LOGISTIC' : 'SOFTMAX'][whole(random, 0, 2)]!
  const node: NodeSpec = {
    op: 'SVMClassifier',
    domain: DOMAIN,
    in: ['x'],
    out: ['y', 'z'],
    attributes: {
      classlabels_ints: Array.from({ length: classes }, (_, at) => BigInt(at)),
      coefficients: numbers(random, vectors * (classes - 1)),
      support_vectors: numbers(random, vectors * shape[1]!),
      vectors_per_class: counts.map(BigInt),
      rho: numbers(random, pairs),
      post_transform: transform,
      ...(probabilities ? { prob_a: numbers(random, pairs), prob_b: numbers(random, pairs) } : {}),
      ...kernelOf(random),
    },
  }
  // probabilities are compared by what an ArgMax over them says, but Platt's are not: ONNX Runtime finds those of two
  // classes by an iteration that begins, and near a tie ends, at one half each; and those of several are not supported
  const best = { op: 'ArgMax', in: ['z'], out: ['w'], attributes: { axis: 1n, keepdims: 0n } }
  const coupled = probabilities
  const isNumber = !probabilities && (transform === 'NONE' || (classes === 2 && transform === 'SOFTMAX'))
  return {
    opset: 13,
    domains: { [DOMAIN]: 1 },
    inputs: { x: { shape } },
    outputs: {
      y: Type.INT64,
      ...(coupled ? {} : isNumber ? { z: Type.FLOAT } : { w: Type.INT64 }),
    },
    nodes: isNumber || coupled ? [node] : [node, best],
  }
}

export const ML_DRAWS: Readonly<Record<string, Draw>> = {
  ArrayFeatureExtractor: arrayFeatureExtractor,
  'ArrayFeatureExtractor of labels': labelTable,
  Binarizer: binarizer,
  FeatureVectorizer: featureVectorizer,
  Imputer: imputer,
  LabelEncoder: labelEncoder,
  OneHotEncoder: oneHotEncoder,
  LinearClassifier: linearClassifier,
  LinearRegressor: linearRegressor,
  SVMClassifier: svmClassifier,
  SVMRegressor: svmRegressor,
  Scaler: scaler,
}
