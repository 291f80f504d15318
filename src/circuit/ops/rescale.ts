import type { Rescale } from '../../model/ops/rescale.js'
import type { ConstraintSystem } from '../cs/api.js'
import { rescale, rescaleRelu } from '../gadgets/rescale.js'
import { bounded, type Wired } from './wired.js'

export function constrain<V>(cs: ConstraintSystem<V>, op: Rescale, inputs: readonly Wired<V>[]): V[] {
  const gadget = op.relu ? rescaleRelu : rescale
  return inputs[0]!.values.map((_, i) =>
    cs.scope('element', i, () => gadget(cs, bounded(inputs[0]!, i), op.shift)),
  )
}
