import type { Linear } from '../../model/ops/linear.js'
import type { ConstraintSystem } from '../cs/api.js'
import { joinWired, type Wired } from './wired.js'

/** Free: each row is a linear combination of wires. */
export function constrain<V>(cs: ConstraintSystem<V>, op: Linear, inputs: readonly Wired<V>[]): V[] {
  const { values } = joinWired(inputs)
  return Array.from(op.bias, (_, row) => cs.row(op, row, values))
}
