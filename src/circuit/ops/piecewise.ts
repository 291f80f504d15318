import { hull } from '../../model/interval.js'
import type { Piecewise } from '../../model/ops/piecewise.js'
import type { ConstraintSystem } from '../cs/api.js'
import { lookedUp, piecewise } from '../gadgets/piecewise.js'
import { bounded, type Wired } from './wired.js'

export function constrain<V>(cs: ConstraintSystem<V>, op: Piecewise, inputs: readonly Wired<V>[]): V[] {
  const [input] = inputs as [Wired<V>]
  const looked = cs.lookups && lookedUp(cs.lookups, hull(input.bounds), op, input.values.length)
  return input.values.map((_, i) =>
    cs.scope('element', i, () => piecewise(cs, bounded(input, i), op, looked)),
  )
}
