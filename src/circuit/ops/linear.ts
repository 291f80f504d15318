import type { Linear } from '../../model/ops/linear.js'
import type { ConstraintSystem } from '../cs/api.js'
import { joinWired, type Wired } from './wired.js'

/** Free: each row is a linear combination of wires. */
export function constrain<V>(cs: ConstraintSystem<V>, op: Linear, inputs: readonly Wired<V>[]): V[] {
  const { values } = joinWired(inputs)
  return Array.from(op.bias, (_, row) => cs.row(op, row, values))
}

/** The private numbers of an operator: each of its weights, and each of its distinct biases. */
export type Secrets<V> = { readonly weights: readonly V[]; readonly biases: readonly V[] }

/**
 * Proves: the same, with weights and biases that the prover knows.
 * Assumes: they are integers in the ranges that the bounds were computed with, by the range checks of weights.ts.
 * Cost: 1 for each entry.
 *
 * A row is summed term by term, so that each sum is one wire and no constraint is long.
 */
export function constrainSecret<V>(
  cs: ConstraintSystem<V>,
  op: Linear,
  inputs: readonly Wired<V>[],
  secrets: Secrets<V>,
): V[] {
  const { values } = joinWired(inputs)
  return Array.from(op.secret!.biasOf, (bias, row) =>
    cs.scope('row', row, () => {
      let sum: V = secrets.biases[bias]!
      for (let entry = op.rowStart[row]!; entry < op.rowStart[row + 1]!; entry++) {
        const weight: V = secrets.weights[op.weight[entry]!]!
        const value: V = values[op.column[entry]!]!
        const before = sum
        sum = cs.scope('term', entry - op.rowStart[row]!, () => cs.multiplyAdd(weight, value, before, 'sum'))
      }
      return sum
    }),
  )
}
