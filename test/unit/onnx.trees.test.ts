/** Random forests, with every kind of branch and post-transform, against ONNX Runtime. */
import { describe, expect, test } from 'vitest'
import { execute } from '../../src/model/execute.js'
import { decodeModel } from '../../src/onnx/decode.js'
import { importGraph } from '../../src/onnx/import.js'
import { createInference } from '../../src/onnx/ort.js'
import { type AttributeValue, buildBytes, type NodeSpec, Type } from '../helpers/onnx-model.js'
import { Random } from '../helpers/random.js'

const FEATURES = 5
const ROUNDS = 30
const SAMPLES = 12
const SEED = Number(process.env.ZKONNX_SEED ?? 7)

/** Few distinct values, so that features often stand exactly on a threshold. */
const level = (random: Random) => Math.fround(random.int(-8, 8) / 4 + (random.int(0, 3) === 0 ? 0.1 : 0))

type Lists = Record<string, number[]>

/** Trees in the parallel lists of the operator; leaves add to `targets`. */
function randomForest(random: Random, mode: string, targets: readonly number[], negative: boolean) {
  const nodes: Lists = {
    treeids: [],
    nodeids: [],
    featureids: [],
    values: [],
    truenodeids: [],
    falsenodeids: [],
  }
  const leaves: Lists = { treeids: [], nodeids: [], ids: [], weights: [] }
  const modes: string[] = []
  const grow = (tree: number, depth: number, next: { id: number }): number => {
    const id = next.id++
    const at = modes.length
    const isLeaf = depth === 0 || random.int(0, 4) === 0
    modes.push(isLeaf ? 'LEAF' : mode)
    for (const [name, value] of Object.entries({
      treeids: tree,
      nodeids: id,
      truenodeids: 0,
      falsenodeids: 0,
    })) {
      nodes[name]!.push(value)
    }
    nodes.featureids!.push(isLeaf ? 0 : random.int(0, FEATURES - 1))
    nodes.values!.push(isLeaf ? 0 : level(random))
    if (isLeaf) {
      for (const target of targets) {
        leaves.treeids!.push(tree)
        leaves.nodeids!.push(id)
        leaves.ids!.push(target)
        leaves.weights!.push(Math.fround(random.int(negative ? -64 : 0, 64) / 64))
      }
      return id
    }
    nodes.truenodeids![at] = grow(tree, depth - 1, next)
    nodes.falsenodeids![at] = grow(tree, depth - 1, next)
    return id
  }
  for (let tree = random.int(1, 4); tree > 0; tree--) grow(tree, random.int(0, 4), { id: 0 })
  return { nodes, leaves, modes }
}

function attributesOf(
  { nodes, leaves, modes }: ReturnType<typeof randomForest>,
  kind: 'class' | 'target',
): Record<string, AttributeValue> {
  const bigints = (values: readonly number[]) => values.map(BigInt)
  return {
    nodes_modes: modes,
    nodes_values: nodes.values!,
    ...Object.fromEntries(
      ['treeids', 'nodeids', 'featureids', 'truenodeids', 'falsenodeids'].map((name) => [
        `nodes_${name}`,
        bigints(nodes[name]!),
      ]),
    ),
    ...Object.fromEntries(
      ['treeids', 'nodeids', 'ids'].map((name) => [`${kind}_${name}`, bigints(leaves[name]!)]),
    ),
    [`${kind}_weights`]: leaves.weights!,
  }
}

async function agree(random: Random, node: NodeSpec, outputs: Record<string, number>) {
  const bytes = buildBytes({
    opset: 18,
    domains: { 'ai.onnx.ml': 3 },
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

describe.each(['BRANCH_LEQ', 'BRANCH_LT', 'BRANCH_GTE', 'BRANCH_GT'])('%s', (mode) => {
  test('regressors agree with ONNX Runtime', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const random = new Random(SEED * 1000 + round)
      const targets = Array.from({ length: random.int(1, 3) }, (_, i) => i)
      const attributes = attributesOf(randomForest(random, mode, targets, true), 'target')
      const extra = {
        n_targets: BigInt(targets.length),
        aggregate_function: random.pick(['SUM', 'AVERAGE']),
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

  test.each(['NONE', 'SOFTMAX', 'LOGISTIC'])('classifiers with %s agree with ONNX Runtime', async (post) => {
    for (let round = 0; round < ROUNDS; round++) {
      const random = new Random(SEED * 2000 + round)
      const classes = random.int(2, 4)
      const one = classes === 2 && random.int(0, 1) === 0
      const negative = random.int(0, 1) === 0
      const targets = one ? [0] : Array.from({ length: classes }, (_, i) => i)
      const attributes = attributesOf(randomForest(random, mode, targets, negative), 'class')
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
  })
})
