import type { Root } from '../../model/ops/root.js'
import type { ConstraintSystem } from '../cs/api.js'
import { root } from '../gadgets/root.js'
import { bounded, type Wired } from './wired.js'

export function constrain<V>(cs: ConstraintSystem<V>, op: Root, inputs: readonly Wired<V>[]): V[] {
  const factor = 4 ** op.shift
  return inputs[0]!.values.map((_, i) => {
    const { value, lo, hi } = bounded(inputs[0]!, i)
    const scaled = { value: cs.combine([value], [factor]), lo: lo * factor, hi: hi * factor }
    return cs.scope('element', i, () => root(cs, scaled))
  })
}
