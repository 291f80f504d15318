/** Random forests in the parallel lists of ai.onnx.ml. */
import type { AttributeValue } from './onnx-model.js'
import type { Random } from './random.js'

export const FEATURES = 5
/** Few distinct values, so that features often stand exactly on a threshold. */
export const level = (random: Random) =>
  Math.fround(random.int(-8, 8) / 4 + (random.int(0, 3) === 0 ? 0.1 : 0))

type Lists = Record<string, number[]>

/** Trees in the parallel lists of the operator; leaves add to `targets`. */
export function randomForest(random: Random, mode: string, targets: readonly number[], negative: boolean) {
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

export function attributesOf(
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
