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

/**
 * Proves: `place` is that of the largest member, of equal ones the first, and `lead` is the largest less the next.
 * Assumes: as `max`; two members or more.
 * Cost: m + 4 for the second member, about 2m + 7 for each one after it, m the bits of the differences; less where
 * bounds alone decide.
 *
 * Of a member and the best so far, one becomes the best; the other, their sum less the best, may be the second.
 */
export function leader<V>(cs: ConstraintSystem<V>, members: readonly Bounded<V>[]): Leader<V> {
  const [first, ...rest] = members
  const start = { best: first!, second: undefined as Bounded<V> | undefined, place: cs.constant(0) }
  const { best, second, place } = rest.reduce(
    (before, member, at) => cs.scope('member', at + 1, () => challenge(cs, before, member, at + 1)),
    start,
  )
  return {
    place,
    lead: cs.combine([best.value, second!.value], [1, -1]),
  }
}

export type Leader<V> = { readonly place: V; readonly lead: V }

type Standing<V> = { readonly best: Bounded<V>; readonly second: Bounded<V> | undefined; readonly place: V }

function challenge<V>(
  cs: ConstraintSystem<V>,
  before: Standing<V>,
  member: Bounded<V>,
  index: number,
): Standing<V> {
  const { best, second, place } = before
  const { isNonNegative: stays, magnitude } = compare(cs, best, member, 'argmax')
  const winner = larger(cs.multiplyAdd(magnitude, stays, member.value, 'best'), best, member)
  const loser = {
    value: cs.combine([best.value, member.value, winner.value], [1, 1, -1]),
    lo: Math.min(best.lo, member.lo),
    hi: Math.min(best.hi, member.hi),
  }
  return {
    best: winner,
    second: second === undefined ? loser : cs.scope('second', undefined, () => max(cs, [second, loser])),
    place: cs.multiplyAdd(cs.combine([place], [1], -index), stays, cs.constant(index), 'place'),
  }
}
