/** Bounds that a value is held to. */
import { bitLength } from '../../base/integers.js'
import type { ConstraintSystem } from '../cs/api.js'
import type { Lookups } from '../cs/chunks.js'
import type { Bounded } from './bounded.js'
import { signOf } from './sign.js'
import { lookUp, type Tabulated, tabulate } from './tabulate.js'

/**
 * Proves: the result is min(max(x, lo), hi), for constants lo <= hi.
 * Assumes: x is an integer in its interval, within +-2^52.
 * Cost: m + 3 for each side that x's interval crosses, m the bits of the difference; 0 for a side that it does not. That of
 * looking up where there is a table.
 */
export function clamp<V>(
  cs: ConstraintSystem<V>,
  x: Bounded<V>,
  lo: number,
  hi: number,
  table?: Tabulated,
): V {
  if (table !== undefined && (x.lo < lo || x.hi > hi)) return lookUp(cs, x, table, 'clamp')
  const least = cs.scope('least', undefined, () => atLeast(cs, x, lo))
  return cs.scope('most', undefined, () => atMost(cs, least, hi)).value
}

/** max(x, limit) = limit + sign * magnitude of (x - limit). */
function atLeast<V>(cs: ConstraintSystem<V>, x: Bounded<V>, limit: number): Bounded<V> {
  if (x.lo >= limit) return x
  if (x.hi <= limit) return { value: cs.constant(limit), lo: limit, hi: limit }
  const difference = cs.combine([x.value], [1], -limit)
  const { isNonNegative, magnitude } = signOf(cs, difference, x.lo - limit, x.hi - limit, 'clamp')
  return { value: cs.multiplyAdd(magnitude, isNonNegative, cs.constant(limit), 'value'), lo: limit, hi: x.hi }
}

/** min(x, limit) = x - sign * magnitude of (x - limit). */
function atMost<V>(cs: ConstraintSystem<V>, x: Bounded<V>, limit: number): Bounded<V> {
  if (x.hi <= limit) return x
  if (x.lo >= limit) return { value: cs.constant(limit), lo: limit, hi: limit }
  const difference = cs.combine([x.value], [1], -limit)
  const { isNonNegative, magnitude } = signOf(cs, difference, x.lo - limit, x.hi - limit, 'clamp')
  const over = cs.combine([magnitude], [-1])
  return { value: cs.multiplyAdd(over, isNonNegative, x.value, 'value'), lo: x.lo, hi: limit }
}

/** The same as a table of integers in bounds, where that pays for so many of them; undefined where it does not. */
export function clampTable(
  lookups: Lookups,
  bounds: { readonly lo: number; readonly hi: number },
  lo: number,
  hi: number,
  count: number,
): Tabulated | undefined {
  const [least, most] = [Math.max(bounds.lo, lo), Math.min(bounds.hi, hi)]
  if (least > most) return undefined
  const side = (over: number, under: number) =>
    over <= 0 || under <= 0 ? 0 : 2 + lookups.rows(Math.max(bitLength(over), bitLength(under)))
  const apart = side(bounds.hi - lo, lo - bounds.lo) + side(bounds.hi - hi, hi - least)
  const saved = count * (apart - 1 - lookups.rows(bitLength(most - least)))
  if (!lookups.pays(bounds.hi - bounds.lo + 1, saved)) return undefined
  return tabulate(`clamp ${lo} ${hi} of`, bounds.lo, bounds.hi, (x) => Math.min(Math.max(x, lo), hi))
}
