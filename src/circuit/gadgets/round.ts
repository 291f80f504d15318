/** Division by a power of two, to the whole number below or to the nearest with halves to the even one. */
import { shiftRoundEven, widthOf } from '../../base/integers.js'
import type { ConstraintSystem } from '../cs/api.js'
import type { Bounded } from './bounded.js'
import { decompose, split } from './range.js'
import { rescale } from './rescale.js'

/**
 * Proves: y = floor(x / 2^shift).
 * Assumes: x is an integer in [lo, hi], within +-2^52.
 * Cost: that of `rescale`.
 *
 * A rescale rounds halves up: half a divisor less makes it round down.
 */
export function floor<V>(cs: ConstraintSystem<V>, x: Bounded<V>, shift: number): V {
  if (shift === 0) return x.value
  const half = 2 ** (shift - 1)
  return rescale(cs, { value: cs.combine([x.value], [1], -half), lo: x.lo - half, hi: x.hi - half }, shift)
}

/**
 * Proves: y is the whole number nearest to x / 2^shift, of two equally near ones the even one.
 * Assumes: x is an integer in [lo, hi], within +-2^52.
 * Cost: 2 shift + b + 3, where b is the bits of the range of floor(x / 2^shift), its start made even; 0 for shift 0 or where y has one value only.
 *
 * x - q0 * 2^shift = remainder + 2^shift * quotient for an even q0, both limbs range-checked, so that the quotient's lowest
 * bit says whether the whole number below is odd. Then remainder + odd + 2^(shift-1) - 1 reaches 2^shift exactly where the
 * remainder is over half, or is half and the number below is odd: the carry, by a second decomposition.
 */
export function roundEven<V>(cs: ConstraintSystem<V>, { value, lo, hi }: Bounded<V>, shift: number): V {
  if (shift === 0) return value
  const nearest = shiftRoundEven(lo, shift)
  if (nearest === shiftRoundEven(hi, shift)) return cs.constant(nearest)
  const divisor = 2 ** shift
  const least = 2 * Math.floor(lo / (2 * divisor))
  const width = widthOf(least, Math.floor(hi / divisor))
  const shifted = cs.combine([value], [1], -least * divisor)
  const [remainder, odd, rest] = cs.scope('quotient', undefined, () =>
    split(cs, shifted, [shift, Math.min(width, 1), Math.max(width - 1, 0)], 'round'),
  )
  const over = cs.combine([remainder!, odd!], [1, 1], divisor / 2 - 1)
  const [, carry] = cs.scope('carry', undefined, () => decompose(cs, over, [shift, 1], 'round'))
  return cs.combine([odd!, rest!, carry!], [1, 2, 1], least)
}
