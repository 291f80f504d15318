import type { Constant } from '../../model/ops/constant.js'
import type { ConstraintSystem } from '../cs/api.js'

export function constrain<V>(cs: ConstraintSystem<V>, op: Constant): V[] {
  return Array.from(op.data, (value) => cs.constant(value))
}
