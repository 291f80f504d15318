/** TreeEnsembleRegressor: sums, means or extremes of leaves. A post-transform that keeps the order is left out, if it is last. */
import { choice, int } from '../attributes.js'
import type { Value } from '../builder.js'
import { numbers, readForest } from '../forest.js'
import { AGGREGATES, aggregate } from '../forest-program.js'
import { InvalidNodeError, type OpNode, requireInput, requireRank } from '../node.js'
import { postTransformOf } from '../scores.js'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  requireRank(node, 'input', x.shape, 2, 2)
  const targets = int(node.attributes, 'n_targets', 1)
  if (!(targets >= 1 && targets <= 4096)) throw new InvalidNodeError(node, `it has ${targets} targets`)
  const trees = readForest(node, 'target', x, targets)
  const base = numbers(node, 'base_values')
  return aggregate(node, x, trees, {
    by: choice(node.attributes, 'aggregate_function', AGGREGATES),
    base: Array.from({ length: targets }, (_, i) => base[i] ?? 0),
    transform: postTransformOf(node),
  })
}
