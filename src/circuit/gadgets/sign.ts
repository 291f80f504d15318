/** Signs of bounded integers: what maximum, clamp and argmax compare with. */
import { bitLength } from '../../base/integers.js'
import type { ConstraintSystem, HintName } from '../cs/api.js'
import { decompose, inChunks } from './range.js'

/**
 * Proves: `isNonNegative` is 1 where x >= 0 and 0 elsewhere, and `magnitude` is x where x >= 0.
 * Does not say: what `magnitude` is where x is negative; multiply it by the sign.
 * Assumes: x is an integer in [lo, hi], lo < 0 <= hi.
 * Cost: k + 2, where -2^k <= lo and hi < 2^k; 0 for k = 0. With lookups 1 and those of k bits or more: any k does.
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
  const [magnitude, isNonNegative] = signed(cs, x, [], k, hint)
  return { isNonNegative: isNonNegative!, magnitude: magnitude! }
}

/**
 * The limbs of x below, its magnitude of k bits or more, and the sign above: x + 2^(all bits below the sign) in limbs.
 *
 * Proves and assumes: as `signOf`, of the whole number that the lower limbs leave.
 */
export function signed<V>(
  cs: ConstraintSystem<V>,
  x: V,
  below: readonly number[],
  k: number,
  hint: HintName,
): V[] {
  const room = cs.lookups === undefined ? k : cs.lookups.roomy(k)
  const lower = below.reduce((sum, bits) => sum + bits, 0)
  const shifted = cs.combine([x], [1], 2 ** (lower + room))
  if (cs.lookups === undefined) return decompose(cs, shifted, [...below, k, 1], hint)
  const limbs = [...below.map((bits) => ({ bits })), { bits: k, atLeast: true }, { bits: 1 }]
  return inChunks(cs, cs.lookups, shifted, limbs, hint)
}
