import type { Rearrange } from '../../model/ops/rearrange.js'
import type { ConstraintSystem } from '../cs/api.js'
import { joinWired, type Wired } from './wired.js'

/** Free: the same values in other places. */
export function constrain<V>(cs: ConstraintSystem<V>, op: Rearrange, inputs: readonly Wired<V>[]): V[] {
  const { values } = joinWired(inputs)
  const fill = cs.constant(op.fill)
  return Array.from(op.index, (source) => (source < 0 ? fill : values[source]!))
}
