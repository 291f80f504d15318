/** Division of bounded integers. */
import { bitLength, widthOf } from '../../base/integers.js'
import { roundedQuotient } from '../../model/ops/quotient.js'
import type { ConstraintSystem } from '../cs/api.js'
import type { Bounded } from './bounded.js'
import { assertNatural, named } from './range.js'

/**
 * Proves: y = floor((2a + b) / (2b)), the quotient rounded to the nearest, halves up.
 * Assumes: a and b are integers in their intervals, b >= 1, |2a| + b at most 2^52.
 * Cost: w + 2m + 3, where w is the bits of y's range [q0, q1] and m those of 2b; less where y has one value only.
 *
 * The prover names y - q0 by its w bits, and 2a + b = 2b * y + r with 0 <= r < 2b, by two range checks: of r and of
 * 2b - 1 - r. All stay far below P, so these are the quotient and the remainder of integers, which are unique.
 */
export function quotient<V>(
  cs: ConstraintSystem<V>,
  a: Bounded<V>,
  b: Bounded<V>,
  [least, greatest]: readonly [number, number],
): V {
  const width = widthOf(least, greatest)
  if (width === 0) return cs.constant(least)
  const above = named(
    cs,
    [a.value, b.value],
    width,
    'quotient',
    (dividend, divisor) => roundedQuotient(dividend!, divisor!) - least,
  )
  const y = cs.combine([above], [1], least)
  const product = cs.product(b.value, y, 'product')
  const rest = cs.combine([a.value, b.value, product], [2, 1, -2])
  const bits = bitLength(2 * b.hi - 1)
  cs.scope('remainder', undefined, () => assertNatural(cs, rest, bits, 'quotient'))
  const room = cs.combine([b.value, rest], [2, -1], -1)
  cs.scope('room', undefined, () => assertNatural(cs, room, bits, 'quotient'))
  return y
}
