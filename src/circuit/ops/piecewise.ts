import type { Piecewise } from '../../model/ops/piecewise.js'
import type { ConstraintSystem } from '../cs/api.js'
import { piecewise } from '../gadgets/piecewise.js'
import { bounded, type Wired } from './wired.js'

export function constrain<V>(cs: ConstraintSystem<V>, op: Piecewise, inputs: readonly Wired<V>[]): V[] {
  return inputs[0]!.values.map((_, i) =>
    cs.scope('element', i, () => piecewise(cs, bounded(inputs[0]!, i), op)),
  )
}
