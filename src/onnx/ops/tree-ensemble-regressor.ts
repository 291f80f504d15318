/** TreeEnsembleRegressor: sums or means of leaves. A post-transform that keeps the order is left out, if it is last. */
import { choice, floats, int } from '../attributes.js'
import type { Value } from '../builder.js'
import { readForest, walkForest } from '../forest.js'
import { InvalidNodeError, type OpNode, requireInput, requireRank } from '../node.js'
import { keepScores } from '../scores.js'

export function lower(node: OpNode): Value {
  const { attributes } = node
  const x = requireInput(node, 0)
  requireRank(node, 'input', x.shape, 2, 2)
  const targets = int(attributes, 'n_targets', 1)
  if (!(targets >= 1 && targets <= 4096)) throw new InvalidNodeError(node, `it has ${targets} targets`)
  const forest = readForest(node, 'target', x.shape[1]!)
  const aggregate = choice(attributes, 'aggregate_function', ['SUM', 'AVERAGE'])
  const share = aggregate === 'AVERAGE' ? 1 / forest.trees : 1
  const leaves = forest.leaves.map((leaf) => ({ ...leaf, weight: leaf.weight * share }))
  const base = floats(attributes, 'base_values') ?? []
  const sums = walkForest(
    node,
    { ...forest, leaves },
    x,
    Array.from({ length: targets }, (_, i) => base[i] ?? 0),
  )
  return keepScores(node, sums)
}
