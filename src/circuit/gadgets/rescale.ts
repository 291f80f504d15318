/** Division by a power of two with the one rounding rule, alone or with the Relu that follows. */
import { bitLength, shiftRound, widthOf } from '../../base/integers.js'
import type { ConstraintSystem } from '../cs/api.js'
import type { Bounded } from './bounded.js'
import { decompose } from './range.js'

/**
 * Proves: y = floor((x + 2^(shift-1)) / 2^shift).
 * Assumes: x is an integer in [lo, hi], within +-2^52.
 * Cost: shift + b + 1, where b is the bits of y's range; 0 for shift 0 or where y has one value only.
 *
 * With q0 the least y: x + 2^(shift-1) - q0 * 2^shift = remainder + 2^shift * (y - q0), both limbs range-checked, the
 * sum far below P: the only such pair is the quotient and remainder of integers.
 */
export function rescale<V>(cs: ConstraintSystem<V>, { value, lo, hi }: Bounded<V>, shift: number): V {
  if (shift === 0) return value
  const least = shiftRound(lo, shift)
  const width = widthOf(least, shiftRound(hi, shift))
  if (width === 0) return cs.constant(least)
  const shifted = cs.combine([value], [1], 2 ** (shift - 1) - least * 2 ** shift)
  const [, quotient] = decompose(cs, shifted, [shift, width], 'rescale')
  return cs.combine([quotient!], [1], least)
}

/**
 * Proves: y = max(0, floor((x + 2^(shift-1)) / 2^shift)).
 * Assumes: x is an integer in [lo, hi], within +-2^52.
 * Cost: n + 2 for n = shift + k + 1, where -2^k <= quotient < 2^k; 0 where y is always 0, as `rescale` where x never is
 * negative.
 *
 * x + 2^(shift-1) + 2^(shift+k) = remainder + 2^shift * magnitude + 2^(shift+k) * sign: the sign bit is set exactly
 * where the quotient is >= 0, and then the magnitude is the quotient.
 */
export function rescaleRelu<V>(cs: ConstraintSystem<V>, x: Bounded<V>, shift: number): V {
  const [least, greatest] = [shiftRound(x.lo, shift), shiftRound(x.hi, shift)]
  if (greatest <= 0) return cs.constant(0)
  if (least >= 0) return rescale(cs, x, shift)
  const k = Math.max(bitLength(greatest), bitLength(-least - 1))
  const half = shift === 0 ? 0 : 2 ** (shift - 1)
  const shifted = cs.combine([x.value], [1], half + 2 ** (shift + k))
  const [, magnitude, sign] = decompose(cs, shifted, [shift, k, 1], 'relu')
  return cs.product(magnitude!, sign!, 'relu')
}
