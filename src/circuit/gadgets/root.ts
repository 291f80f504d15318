/** Square roots of bounded integers. */
import { inverse } from '../../base/field.js'
import { bitLength } from '../../base/integers.js'
import { wholeRoot } from '../../model/ops/root.js'
import type { ConstraintSystem } from '../cs/api.js'
import type { Bounded } from './bounded.js'
import { named } from './range.js'

/**
 * Proves: y is the largest integer with y^2 <= x.
 * Assumes: x is an integer in [lo, hi], 0 <= lo, hi at most 2^52.
 * Cost: 2m + 1, where m is the bits of 2y; 0 where y has one value only.
 *
 * The prover names r = x - y^2 and of s = 2y - r = (y + 1)^2 - 1 - x; y is half their sum, and y^2 = x - r.
 * A half of an odd sum has no whole square, and P is far above all of these, so y, r and s are integers from 0 on: then
 * y^2 <= x < (y + 1)^2, and of these y there is one.
 */
export function root<V>(cs: ConstraintSystem<V>, { value, lo, hi }: Bounded<V>): V {
  const [least, greatest] = [wholeRoot(lo), wholeRoot(hi)]
  if (least === greatest) return cs.constant(least)
  const width = bitLength(2 * greatest)
  const rest = (x: number) => x - wholeRoot(x) ** 2
  const chosen = (of: (x: number) => number) => named(cs, [value], width, 'root', (x) => of(x!))
  const above = cs.scope('above', undefined, () => chosen(rest))
  const below = cs.scope('below', undefined, () => chosen((x) => 2 * wholeRoot(x) - rest(x)))
  const y = cs.combine([above, below], [HALF, HALF])
  cs.assertProduct(y, y, cs.combine([value, above], [1, -1]))
  return y
}

const HALF = inverse(2n)
