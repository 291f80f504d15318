import type { Max } from '../../model/ops/max.js'
import type { ConstraintSystem } from '../cs/api.js'
import { max } from '../gadgets/max.js'
import { mapGroups } from './groups.js'
import type { Wired } from './wired.js'

export function constrain<V>(cs: ConstraintSystem<V>, op: Max, inputs: readonly Wired<V>[]): V[] {
  return mapGroups(cs, op, inputs, (members) => max(cs, members).value)
}
