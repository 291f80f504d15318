import { hull } from '../../model/interval.js'
import type { Rescale } from '../../model/ops/rescale.js'
import type { ConstraintSystem } from '../cs/api.js'
import { reluTable, rescale, rescaleRelu } from '../gadgets/rescale.js'
import { bounded, type Wired } from './wired.js'

export function constrain<V>(cs: ConstraintSystem<V>, op: Rescale, inputs: readonly Wired<V>[]): V[] {
  const [input] = inputs as [Wired<V>]
  const table =
    cs.lookups && op.relu && reluTable(cs.lookups, hull(input.bounds), op.shift, input.values.length)
  return input.values.map((_, i) =>
    cs.scope('element', i, () =>
      op.relu
        ? rescaleRelu(cs, bounded(input, i), op.shift, table || undefined)
        : rescale(cs, bounded(input, i), op.shift),
    ),
  )
}
