import type { Product } from '../../model/ops/product.js'
import type { ConstraintSystem } from '../cs/api.js'
import { bounded, joinWired, type Wired } from './wired.js'

/** One constraint each; none where bounds leave one of the two a single value. */
export function constrain<V>(cs: ConstraintSystem<V>, op: Product, inputs: readonly Wired<V>[]): V[] {
  const joined = joinWired(inputs)
  return Array.from(op.left, (left, i) => {
    const [a, b] = [bounded(joined, left), bounded(joined, op.right[i]!)]
    if (a.lo === a.hi) return cs.combine([b.value], [a.lo])
    if (b.lo === b.hi) return cs.combine([a.value], [b.lo])
    return cs.scope('element', i, () => cs.product(a.value, b.value, 'product'))
  })
}
