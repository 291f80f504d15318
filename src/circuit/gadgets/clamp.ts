/** Bounds that a value is held to. */
import type { ConstraintSystem } from '../cs/api.js'
import type { Bounded } from './bounded.js'
import { signOf } from './sign.js'

/**
 * Proves: the result is min(max(x, lo), hi), for constants lo <= hi.
 * Assumes: x is an integer in its interval, within +-2^52.
 * Cost: m + 3 for each side that x's interval crosses, m the bits of the difference; 0 for a side that it does not.
 */
export function clamp<V>(cs: ConstraintSystem<V>, x: Bounded<V>, lo: number, hi: number): V {
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
