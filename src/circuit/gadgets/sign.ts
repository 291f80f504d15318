/** Signs of bounded integers: what maximum, clamp and argmax compare with. */
import { bitLength } from '../../base/integers.js'
import type { ConstraintSystem, HintName } from '../cs/api.js'
import { decompose } from './range.js'

/**
 * Proves: `isNonNegative` is 1 where x >= 0 and 0 elsewhere, and `magnitude` is x where x >= 0.
 * Does not say: what `magnitude` is where x is negative; multiply it by the sign.
 * Assumes: x is an integer in [lo, hi], lo < 0 <= hi.
 * Cost: k + 2, where -2^k <= lo and hi < 2^k; 0 for k = 0.
 *
 * x + 2^k lies in [0, 2^(k+1)); its top bit is the sign and the rest is x where that bit is set. For k = 0, x is -1 or 0
 * and x + 1 is the sign itself.
 */
export function signOf<V>(
  cs: ConstraintSystem<V>,
  x: V,
  lo: number,
  hi: number,
  hint: HintName,
): { isNonNegative: V; magnitude: V } {
  const k = Math.max(bitLength(hi), bitLength(-lo - 1))
  if (k === 0) return { isNonNegative: cs.combine([x], [1], 1), magnitude: cs.constant(0) }
  const [magnitude, isNonNegative] = decompose(cs, cs.combine([x], [1], 2 ** k), [k, 1], hint)
  return { isNonNegative: isNonNegative!, magnitude: magnitude! }
}
