/** The largest of several bounded integers, and its place. */
import { bitLength, EXACT_LIMIT } from '../../base/integers.js'
import type { ConstraintSystem, HintName } from '../cs/api.js'
import type { Lookups } from '../cs/chunks.js'
import { type Felt, normal } from '../cs/felt.js'
import type { Bounded } from './bounded.js'
import { assertNatural, inChunks } from './range.js'
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
  const places = contenders(members, () => false)
  if (cs.lookups !== undefined && places.length > 1) {
    const rivals = places.map((place) => members[place]!)
    if (rowsTogether(cs.lookups, rivals) < rowsInTurn(cs.lookups, rivals)) return largest(cs, rivals, 'max')
  }
  const [first, ...rest] = places
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
  const places = contenders(members, (place, champion) => place < champion)
  if (cs.lookups !== undefined && places.length > 1) {
    const keys = keysOf(cs, members, places)
    const inTurn = rowsInTurn(
      cs.lookups,
      places.map((place) => members[place]!),
    )
    // the place of each but the last is a product
    if (keys !== undefined && rowsOfKeys(cs.lookups, keys) < inTurn + places.length - 2)
      return placeOfKey(cs, keys)
  }
  const [first, ...rest] = places
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
export function contenders<V>(
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

/**
 * Proves: the result is the largest of the members.
 * Assumes: as `max`; two members or more.
 * Cost, with lookups: the rows of each difference, and 1 for each member but the first.
 *
 * The prover names m. The product of all m - member is 0, so m is one of them, an integer; each m - member is not
 * negative, so none is larger.
 */
export function largest<V>(
  cs: ConstraintSystem<V>,
  members: readonly Bounded<V>[],
  hint: HintName,
): Bounded<V> {
  const values = members.map(({ value }) => value)
  const [value] = cs.advise(values, 1, hint, (...given) => [greatest(given)]) as [V]
  const hi = Math.max(...members.map((member) => member.hi))
  const differences = members.map((member, place) => {
    const difference = cs.combine([value, member.value], [1, -1])
    cs.scope('member', place, () => assertNatural(cs, difference, bitLength(hi - member.lo), hint))
    return difference
  })
  const [first, ...rest] = differences
  let product = first as V
  rest.forEach((difference, i) => {
    const before = product
    if (i === rest.length - 1) cs.assertProduct(before, difference, cs.constant(0))
    else product = cs.scope('member', i, () => cs.product(before, difference, 'product'))
  })
  return { value, lo: Math.max(...members.map(({ lo }) => lo)), hi }
}

/** After a lie a value may be no integer of the model: then nothing is honest any more. */
function greatest(given: readonly Felt[]): Felt {
  const numbers = given.map((value) => (typeof value === 'number' ? value : normal(value)))
  return Math.max(...numbers.map((value) => (typeof value === 'number' ? value : 0)))
}

function rowsTogether(lookups: Lookups, members: readonly Bounded<unknown>[]): number {
  const hi = Math.max(...members.map((member) => member.hi))
  return members.reduce((sum, { lo }) => sum + lookups.rows(bitLength(hi - lo)), members.length - 1)
}

/** Of the chain of comparisons: each has a sign, a magnitude and a product. */
function rowsInTurn(lookups: Lookups, [first, ...rest]: readonly Bounded<unknown>[]): number {
  let [rows, best] = [0, first!]
  for (const member of rest) {
    const k = Math.max(bitLength(best.hi - member.lo), bitLength(member.hi - best.lo - 1))
    rows += k === 0 ? 1 : 2 + lookups.rows(k)
    best = { value: undefined, lo: Math.max(best.lo, member.lo), hi: Math.max(best.hi, member.hi) }
  }
  return rows
}

/** Members that are told apart by their places, of equal ones the first the largest: 2^b * member + (2^b - 1 - place). */
type Keys<V> = { readonly members: readonly Bounded<V>[]; readonly bits: number }

/** Undefined where keys would not be exact. */
function keysOf<V>(
  cs: ConstraintSystem<V>,
  members: readonly Bounded<V>[],
  places: readonly number[],
): Keys<V> | undefined {
  const bits = bitLength(Math.max(...places))
  const factor = 2 ** bits
  const keys = places.map((place): Bounded<V> => {
    const { value, lo, hi } = members[place]!
    const rest = factor - 1 - place
    return { value: cs.combine([value], [factor], rest), lo: factor * lo + rest, hi: factor * hi + rest }
  })
  const isExact = keys.every(({ lo, hi }) => Math.max(-lo, hi) <= EXACT_LIMIT)
  return isExact ? { members: keys, bits } : undefined
}

function rowsOfKeys(lookups: Lookups, { members, bits }: Keys<unknown>): number {
  const width = bitLength((Math.max(...members.map(({ hi }) => hi)) - leastKey(members, bits)) / 2 ** bits)
  return rowsTogether(lookups, members) + lookups.rows(bits, 'exact') + lookups.rows(width)
}

/** A multiple of 2^bits that no key that can win is below. */
function leastKey(members: readonly Bounded<unknown>[], bits: number): number {
  return Math.floor(Math.max(...members.map(({ lo }) => lo)) / 2 ** bits) * 2 ** bits
}

/**
 * Proves: the result is the place of the largest key.
 * Assumes: keys are different integers in their intervals.
 *
 * The largest key is an integer, so its limbs are its own: the lower one tells the place.
 */
function placeOfKey<V>(cs: ConstraintSystem<V>, { members, bits }: Keys<V>): V {
  const { value, hi } = largest(cs, members, 'argmax')
  const least = leastKey(members, bits)
  const limbs = [{ bits }, { bits: bitLength((hi - least) / 2 ** bits), atLeast: true }]
  const [low] = cs.scope('place', undefined, () =>
    inChunks(cs, cs.lookups!, cs.combine([value], [1], -least), limbs, 'argmax'),
  )
  return cs.combine([low as V], [-1], 2 ** bits - 1)
}
