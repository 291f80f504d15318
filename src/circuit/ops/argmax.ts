import type { ArgMax } from '../../model/ops/argmax.js'
import type { ConstraintSystem } from '../cs/api.js'
import { argmax } from '../gadgets/max.js'
import { mapGroups } from './groups.js'
import type { Wired } from './wired.js'

export function constrain<V>(cs: ConstraintSystem<V>, op: ArgMax, inputs: readonly Wired<V>[]): V[] {
  return mapGroups(cs, op, inputs, (members) => argmax(cs, members))
}
