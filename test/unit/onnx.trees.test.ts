/** Random forests, with every kind of branch and post-transform, against ONNX Runtime. */
import { describe, expect, test } from 'vitest'
import { execute } from '../../src/model/execute.js'
import { decodeModel } from '../../src/onnx/decode.js'
import { importGraph } from '../../src/onnx/import.js'
import { createInference } from '../../src/onnx/ort.js'
import { attributesOf, FEATURES, level, randomForest } from '../helpers/forests.js'
import { buildBytes, floats, type NodeSpec, Type } from '../helpers/onnx-model.js'
import { Random } from '../helpers/random.js'

const ROUNDS = 30
const SAMPLES = 12
const SEED = Number(process.env.ZKONNX_SEED ?? 7)

async function agree(random: Random, node: NodeSpec, outputs: Record<string, number>, version = 3) {
  const bytes = buildBytes({
    opset: 18,
    domains: { 'ai.onnx.ml': version },
    inputs: { x: { shape: [1, FEATURES] } },
    nodes: [node],
    outputs,
  })
  const { graph, softmaxOutputs } = importGraph(decodeModel(bytes))
  const inference = await createInference(bytes)
  for (let sample = 0; sample < SAMPLES; sample++) {
    const x = Float64Array.from({ length: FEATURES }, () => level(random))
    const truth = await inference.run({ x: { dims: [1, FEATURES], data: x } })
    const values = execute(graph, [x])
    for (const { name, tensor } of graph.outputs) {
      const [found, expected] = [[...values[tensor]!], [...truth[name]!.data]]
      const where = `seed ${SEED}, ${name} of ${JSON.stringify([node, [...x]], (_, v) => (typeof v === 'bigint' ? Number(v) : v))}`
      if (softmaxOutputs.includes(name)) {
        expect(found.indexOf(Math.max(...found)), where).toBe(expected.indexOf(Math.max(...expected)))
      } else {
        for (const [i, value] of expected.entries()) expect(found[i], where).toBeCloseTo(value, 5)
      }
    }
  }
  await inference.release()
}

const MODES = [
  'BRANCH_LEQ',
  'BRANCH_LT',
  'BRANCH_GTE',
  'BRANCH_GT',
  'BRANCH_EQ',
  'BRANCH_NEQ',
  'BRANCH_MEMBER',
]

describe.each(MODES.slice(0, 6))('%s', (mode) => {
  test('regressors agree with ONNX Runtime', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const random = new Random(SEED * 1000 + round)
      const targets = Array.from({ length: random.int(1, 3) }, (_, i) => i)
      const attributes = attributesOf(randomForest(random, mode, targets, true), 'target')
      const extra = {
        n_targets: BigInt(targets.length),
        aggregate_function: random.pick(['SUM', 'AVERAGE', 'MIN', 'MAX']),
        ...(random.int(0, 1) === 0
          ? {}
          : { base_values: targets.map(() => Math.fround(random.float(-2, 2))) }),
      }
      const node = {
        op: 'TreeEnsembleRegressor',
        domain: 'ai.onnx.ml',
        in: ['x'],
        out: ['y'],
        attributes: { ...attributes, ...extra },
      }
      await agree(random, node, { y: Type.FLOAT })
    }
  })

  test.each(['NONE', 'SOFTMAX', 'LOGISTIC', 'SOFTMAX_ZERO', 'PROBIT'])(
    'classifiers with %s agree with ONNX Runtime',
    async (post) => {
      for (let round = 0; round < ROUNDS; round++) {
        const random = new Random(SEED * 2000 + round)
        const classes = random.int(2, 4)
        const one = classes === 2 && post !== 'PROBIT' && random.int(0, 1) === 0
        // of scores below 0 and above 1 the last two do not keep the order
        const bounded = post === 'SOFTMAX_ZERO' || post === 'PROBIT'
        const negative = !bounded && random.int(0, 1) === 0
        const targets = one ? [0] : Array.from({ length: classes }, (_, i) => i)
        const forest = randomForest(random, mode, targets, negative)
        if (post === 'PROBIT') forest.leaves.weights = forest.leaves.weights!.map((weight) => weight / 8)
        const attributes = attributesOf(forest, 'class')
        const extra = {
          classlabels_int64s: Array.from({ length: classes }, (_, i) => BigInt(i)),
          post_transform: post,
        }
        const node = {
          op: 'TreeEnsembleClassifier',
          domain: 'ai.onnx.ml',
          in: ['x'],
          out: ['label', 'scores'],
          attributes: { ...attributes, ...extra },
        }
        await agree(random, node, { label: Type.INT64, scores: Type.FLOAT })
      }
    },
  )
})

/** The same trees in the lists of TreeEnsemble; each leaf has one target. */
function ensembleOf(random: Random, forest: ReturnType<typeof randomForest>, mode: number) {
  const { nodes, leaves, modes } = forest
  const key = (at: number) => `${nodes.treeids![at]}/${nodes.nodeids![at]}`
  const inner = modes.flatMap((kind, at) => (kind === 'LEAF' ? [] : [at]))
  const places = new Map(inner.map((at, place) => [key(at), place]))
  const leafPlaces = new Map(leaves.treeids!.map((tree, at) => [`${tree}/${leaves.nodeids![at]}`, at]))
  const find = (at: number, side: 'true' | 'false') => {
    const child = `${nodes.treeids![at]}/${nodes[`${side}nodeids`]![at]}`
    const place = places.get(child)
    return place === undefined ? [leafPlaces.get(child)!, 1] : [place, 0]
  }
  const sides = (['true', 'false'] as const).map((side) => inner.map((at) => find(at, side)))
  const children = new Set(sides.flatMap((side) => side.flatMap(([place, leaf]) => (leaf ? [] : [place!]))))
  // whole and positive ones, each once: with others ONNX Runtime 1.30 refuses the model, or answers otherwise
  const members = inner.flatMap(() => [...random.pick([[1], [2], [1, 2], [2, 7, 1]]), Number.NaN])
  const bigints = (values: readonly number[]) => values.map(BigInt)
  return {
    nodes_modes: {
      name: 'modes',
      dims: [BigInt(inner.length)],
      dataType: Type.UINT8,
      rawData: Uint8Array.from(inner, () => mode),
    },
    nodes_splits: floats(
      'splits',
      [inner.length],
      inner.map((at) => nodes.values![at]!),
    ),
    nodes_featureids: bigints(inner.map((at) => nodes.featureids![at]!)),
    nodes_truenodeids: bigints(sides[0]!.map(([place]) => place!)),
    nodes_trueleafs: bigints(sides[0]!.map(([, leaf]) => leaf!)),
    nodes_falsenodeids: bigints(sides[1]!.map(([place]) => place!)),
    nodes_falseleafs: bigints(sides[1]!.map(([, leaf]) => leaf!)),
    tree_roots: bigints([...inner.keys()].filter((place) => !children.has(place))),
    leaf_targetids: bigints(leaves.ids!),
    leaf_weights: floats('weights', [leaves.weights!.length], leaves.weights!),
    ...(mode === 6 ? { membership_values: floats('members', [members.length], members) } : {}),
  }
}

test.each(MODES.map((mode, number) => [mode, number] as const))('TreeEnsemble, %s', async (mode, number) => {
  let drawn = 0
  for (let round = 0; round < ROUNDS; round++) {
    const random = new Random(SEED * 3000 + round)
    const forest = randomForest(random, mode, [0], true)
    // a tree that is one leaf has no form here
    const trees = new Set(forest.nodes.treeids)
    const branching = new Set(
      forest.modes.flatMap((kind, at) => (kind === 'LEAF' ? [] : [forest.nodes.treeids![at]])),
    )
    if (branching.size < trees.size) continue
    const targets = random.int(1, 3)
    forest.leaves.ids = forest.leaves.ids!.map(() => random.int(0, targets - 1))
    const attributes = {
      ...ensembleOf(random, forest, number),
      n_targets: BigInt(targets),
      aggregate_function: BigInt(targets === 1 ? random.int(0, 3) : random.int(0, 1)),
    }
    const node = { op: 'TreeEnsemble', domain: 'ai.onnx.ml', in: ['x'], out: ['y'], attributes }
    await agree(random, node, { y: Type.FLOAT }, 5)
    drawn++
  }
  expect(drawn).toBeGreaterThan(ROUNDS / 4)
})
