import type { Clamp } from '../../model/ops/clamp.js'
import type { ConstraintSystem } from '../cs/api.js'
import { clamp } from '../gadgets/clamp.js'
import { bounded, type Wired } from './wired.js'

export function constrain<V>(cs: ConstraintSystem<V>, op: Clamp, inputs: readonly Wired<V>[]): V[] {
  return inputs[0]!.values.map((_, i) =>
    cs.scope('element', i, () => clamp(cs, bounded(inputs[0]!, i), op.lo, op.hi)),
  )
}
