/** Where a value stands among constants that its bits tell apart. */
import { type Halving, walk } from '../../base/halving.js'
import type { ConstraintSystem } from '../cs/api.js'
import type { Bounded } from './bounded.js'
import { decompose } from './range.js'

/**
 * Proves: of the intervals that thresholds cut [lo, hi] into, indicator j is 1 for the one that x is in, the others 0.
 * Assumes: x is an integer in [lo, hi], within +-2^52; thresholds rise strictly and lie in (lo, hi]; [lo, hi] is within
 * 2^bits integers from `from` on.
 * Cost: bits + 1, and a product for each split but the first.
 *
 * x - from has one decomposition. Whether x is in a half of 2^i aligned integers is whether it is in the whole, times bit
 * i or what that lacks to 1; a half outside [lo, hi] holds no x, so the other then is the whole. An interval's indicator
 * is the sum of those of the halves that it is made of, which do not overlap.
 */
export function halve<V>(
  cs: ConstraintSystem<V>,
  { value, lo, hi }: Bounded<V>,
  thresholds: readonly number[],
  { from, bits }: Halving,
): V[] {
  const divided = { lo, hi, thresholds }
  const ones = new Array<number>(bits).fill(1)
  const bit = decompose(cs, cs.combine([value], [1], -from), ones, 'rank')
  const found: V[][] = Array.from({ length: thresholds.length + 1 }, () => [])
  let splits = 0
  const split = (whole: V | undefined, at: number): readonly [V, V] => {
    const upper =
      whole === undefined
        ? bit[at]!
        : cs.scope('half', splits++, () => cs.product(whole, bit[at]!, 'indicator'))
    const lower = whole === undefined ? cs.combine([upper], [-1], 1) : cs.combine([whole, upper], [1, -1])
    return [lower, upper]
  }
  walk<V | undefined>(divided, { from, bits }, undefined, split, (interval, at) =>
    found[interval]!.push(at ?? cs.constant(1)),
  )
  return found.map((parts) =>
    parts.length === 1 ? parts[0]! : cs.combine(parts, new Array<number>(parts.length).fill(1)),
  )
}
