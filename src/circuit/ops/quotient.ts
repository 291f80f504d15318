import { bound, type Quotient } from '../../model/ops/quotient.js'
import type { ConstraintSystem } from '../cs/api.js'
import { quotient } from '../gadgets/quotient.js'
import { bounded, joinWired, type Wired } from './wired.js'

export function constrain<V>(cs: ConstraintSystem<V>, op: Quotient, inputs: readonly Wired<V>[]): V[] {
  const joined = joinWired(inputs)
  const { lo, hi } = bound(op, [joined.bounds])
  const factor = 2 ** op.shift
  return Array.from(op.left, (left, i) => {
    const [a, b] = [bounded(joined, left), bounded(joined, op.right[i]!)]
    const dividend = { value: cs.combine([a.value], [factor]), lo: a.lo * factor, hi: a.hi * factor }
    return cs.scope('element', i, () => quotient(cs, dividend, b, [lo[i]!, hi[i]!]))
  })
}
