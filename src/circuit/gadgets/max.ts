/** The largest of several bounded integers, and its place. */
import type { ConstraintSystem } from '../cs/api.js'
import type { Bounded } from './bounded.js'
import { signOf } from './sign.js'

/**
 * Proves: the result is the largest of the members.
 * Assumes: each is an integer in its interval, all within +-2^52.
 * Cost: m + 3 for each member after the first whose difference from the rest needs m bits; 0 for one that its bounds
 * alone decide.
 *
 * best' = best + sign * magnitude of (member - best): the sign is 1 exactly where the member is at least as large.
 */
export function max<V>(cs: ConstraintSystem<V>, members: readonly Bounded<V>[]): Bounded<V> {
  return members.reduce((best, member) => {
    const [lo, hi] = [member.lo - best.hi, member.hi - best.lo]
    if (hi <= 0) return best
    if (lo >= 0) return member
    const difference = cs.combine([member.value, best.value], [1, -1])
    const { isNonNegative, magnitude } = signOf(cs, difference, lo, hi, 'max')
    return {
      value: cs.multiplyAdd(magnitude, isNonNegative, best.value, 'max'),
      lo: Math.max(best.lo, member.lo),
      hi: Math.max(best.hi, member.hi),
    }
  })
}

/**
 * Proves: the result is the place of the largest member, of equal ones the first.
 * Assumes: as `max`.
 * Cost: m + 4 for each member after the first (m + 3 for the last), 0 where bounds alone decide.
 *
 * A later member wins only where member - best - 1 >= 0, which is the strict comparison on integers.
 */
export function argmax<V>(cs: ConstraintSystem<V>, members: readonly Bounded<V>[]): V {
  let best = members[0]!
  let place = cs.constant(0)
  members.slice(1).forEach((member, at) => {
    const index = at + 1
    const [lo, hi] = [member.lo - best.hi - 1, member.hi - best.lo - 1]
    if (hi < 0) return
    if (lo >= 0) {
      best = member
      place = cs.constant(index)
      return
    }
    const difference = cs.combine([member.value, best.value], [1, -1], -1)
    const { isNonNegative, magnitude } = signOf(cs, difference, lo, hi, 'argmax')
    place = cs.multiplyAdd(cs.combine([place], [-1], index), isNonNegative, place, 'place')
    if (index === members.length - 1) return
    best = {
      value: cs.multiplyAdd(cs.combine([magnitude], [1], 1), isNonNegative, best.value, 'best'),
      lo: Math.max(best.lo, member.lo),
      hi: Math.max(best.hi, member.hi),
    }
  })
  return place
}
