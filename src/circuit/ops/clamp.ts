import { hull } from '../../model/interval.js'
import type { Clamp } from '../../model/ops/clamp.js'
import type { ConstraintSystem } from '../cs/api.js'
import { clamp, clampTable } from '../gadgets/clamp.js'
import { bounded, type Wired } from './wired.js'

export function constrain<V>(cs: ConstraintSystem<V>, op: Clamp, inputs: readonly Wired<V>[]): V[] {
  const [input] = inputs as [Wired<V>]
  const table = cs.lookups && clampTable(cs.lookups, hull(input.bounds), op.lo, op.hi, input.values.length)
  return input.values.map((_, i) =>
    cs.scope('element', i, () => clamp(cs, bounded(input, i), op.lo, op.hi, table)),
  )
}
