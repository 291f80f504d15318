import type { Round } from '../../model/ops/round.js'
import type { ConstraintSystem } from '../cs/api.js'
import { floor, roundEven } from '../gadgets/round.js'
import { bounded, type Wired } from './wired.js'

export function constrain<V>(cs: ConstraintSystem<V>, op: Round, inputs: readonly Wired<V>[]): V[] {
  const gadget = op.even ? roundEven : floor
  return inputs[0]!.values.map((_, i) =>
    cs.scope('element', i, () => gadget(cs, bounded(inputs[0]!, i), op.shift)),
  )
}
