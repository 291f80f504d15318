import type { Groups } from '../../model/ops/groups.js'
import type { ConstraintSystem } from '../cs/api.js'
import type { Bounded } from '../gadgets/bounded.js'
import { bounded, joinWired, type Wired } from './wired.js'

/** Runs a gadget over the members of each group. */
export function mapGroups<V>(
  cs: ConstraintSystem<V>,
  op: Groups,
  inputs: readonly Wired<V>[],
  gadget: (members: readonly Bounded<V>[]) => V,
): V[] {
  const joined = joinWired(inputs)
  return Array.from({ length: op.groupStart.length - 1 }, (_, group) => {
    const members = op.member.subarray(op.groupStart[group]!, op.groupStart[group + 1]!)
    return cs.scope('group', group, () => gadget(Array.from(members, (member) => bounded(joined, member))))
  })
}
