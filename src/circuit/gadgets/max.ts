/** The largest of several bounded integers, and its place. */
import type { ConstraintSystem, HintName } from '../cs/api.js'
import type { Bounded } from './bounded.js'
import { signOf } from './sign.js'

/**
 * Proves: the result is the largest of the members.
 * Assumes: each is an integer in its interval, all within +-2^52.
 * Cost: m + 3 for each contender after the first whose difference from the rest needs m bits; members that bounds alone
 * rule out are free.
 *
 * best' = member + stays * magnitude of (best - member): best stays where it is at least as large.
 */
export function max<V>(cs: ConstraintSystem<V>, members: readonly Bounded<V>[]): Bounded<V> {
  const [first, ...rest] = contenders(members, () => false)
  return rest.reduce((best, place) => {
    const member = members[place]!
    return cs.scope('member', place, () => {
      const { isNonNegative: stays, magnitude } = compare(cs, best, member, 'max')
      return larger(cs.multiplyAdd(magnitude, stays, member.value, 'max'), best, member)
    })
  }, members[first!]!)
}

/**
 * Proves: the result is the place of the largest member, of equal ones the first.
 * Assumes: as `max`.
 * Cost: m + 4 for each contender after the first (m + 3 for the last).
 *
 * As `max`, with place' = index + stays * (place - index); best stays where the later member is only equal.
 */
export function argmax<V>(cs: ConstraintSystem<V>, members: readonly Bounded<V>[]): V {
  const [first, ...rest] = contenders(members, (place, champion) => place < champion)
  let best = members[first!]!
  let place = cs.constant(first!)
  rest.forEach((index, i) => {
    const member = members[index]!
    cs.scope('member', index, () => {
      const { isNonNegative: stays, magnitude } = compare(cs, best, member, 'argmax')
      place = cs.multiplyAdd(cs.combine([place], [1], -index), stays, cs.constant(index), 'place')
      if (i === rest.length - 1) return
      best = larger(cs.multiplyAdd(magnitude, stays, member.value, 'best'), best, member)
    })
  })
  return place
}

/**
 * The places of the members that can win. One with the greatest lower bound, the champion, beats all that never reach
 * that bound; `winsTie` says which of those that do no more than reach it can win nevertheless.
 */
function contenders<V>(
  members: readonly Bounded<V>[],
  winsTie: (place: number, champion: number) => boolean,
): number[] {
  const bar = members.reduce((greatest, { lo }) => Math.max(greatest, lo), -Infinity)
  const champion = members.findIndex(({ lo }) => lo === bar)
  return Array.from(members.keys()).filter((place) => {
    const { hi } = members[place]!
    return hi > bar || place === champion || (hi === bar && winsTie(place, champion))
  })
}

function compare<V>(cs: ConstraintSystem<V>, best: Bounded<V>, member: Bounded<V>, hint: HintName) {
  const difference = cs.combine([best.value, member.value], [1, -1])
  return signOf(cs, difference, best.lo - member.hi, best.hi - member.lo, hint)
}

function larger<V>(value: V, a: Bounded<V>, b: Bounded<V>): Bounded<V> {
  return { value, lo: Math.max(a.lo, b.lo), hi: Math.max(a.hi, b.hi) }
}
