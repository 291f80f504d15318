/** Division by a power of two with the one rounding rule, alone or with the Relu that follows. */
import { bitLength, shiftRound, widthOf } from '../../base/integers.js'
import type { ConstraintSystem, HintName } from '../cs/api.js'
import type { Lookups } from '../cs/chunks.js'
import { type Felt, normal } from '../cs/felt.js'
import type { Bounded } from './bounded.js'
import { assertNatural, decompose, inChunks, named, split } from './range.js'
import { signed } from './sign.js'
import { lookUp, type Tabulated, tabulate } from './tabulate.js'

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
  const [, quotient] = split(cs, shifted, [shift, width], 'rescale')
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
export function rescaleRelu<V>(cs: ConstraintSystem<V>, x: Bounded<V>, shift: number, table?: Tabulated): V {
  const [least, greatest] = [shiftRound(x.lo, shift), shiftRound(x.hi, shift)]
  if (greatest <= 0) return cs.constant(0)
  if (least >= 0) return rescale(cs, x, shift)
  if (table !== undefined) return rescaleBy(cs, x, shift, table, 'relu')
  const k = Math.max(bitLength(greatest), bitLength(-least - 1))
  const half = shift === 0 ? 0 : 2 ** (shift - 1)
  const shifted = cs.combine([x.value], [1], half)
  if (cs.lookups !== undefined && saves(cs.lookups, greatest, -least, k))
    return positivePart(cs, cs.lookups, shifted, shift, greatest, -least)
  const [, magnitude, sign] = signed(cs, shifted, [shift], k, 'relu')
  return cs.product(magnitude!, sign!, 'relu')
}

/** Whether two parts cost less than a magnitude and its sign. */
function saves(lookups: Lookups, over: number, under: number, k: number): boolean {
  return lookups.rows(bitLength(over)) + lookups.rows(bitLength(under)) < 1 + lookups.rows(k)
}

/**
 * Proves: y = max(0, q) for x = remainder + 2^shift * q, 0 <= remainder < 2^shift.
 * Assumes: x is an integer, q at most `over` and at least -`under`.
 * Cost, with lookups: the rows of the shift, of both parts, and 1.
 *
 * The prover names y and n, both from 0 on, with y * n = 0 and x - 2^shift (y - n) a remainder: all far below P, so y - n
 * is the quotient, and of its two parts one is 0.
 */
function positivePart<V>(
  cs: ConstraintSystem<V>,
  lookups: Lookups,
  x: V,
  shift: number,
  over: number,
  under: number,
): V {
  const divisor = 2 ** shift
  const y = named(cs, [x], bitLength(over), 'relu', (value) => Math.max(0, Math.floor(value / divisor)))
  // with nothing to divide by, what x lacks to y is no new wire
  if (shift === 0) {
    const n = cs.combine([y, x], [1, -1])
    cs.scope('below', undefined, () => assertNatural(cs, n, bitLength(under), 'relu'))
    cs.assertProduct(n, y, cs.constant(0))
    return y
  }
  const n = cs.scope('below', undefined, () =>
    named(cs, [x], bitLength(under), 'relu', (value) => Math.max(0, -Math.floor(value / divisor))),
  )
  cs.scope('remainder', undefined, () =>
    inChunks(cs, lookups, cs.combine([x, y, n], [1, -divisor, divisor]), [{ bits: shift }], 'relu'),
  )
  cs.assertProduct(n, y, cs.constant(0))
  return y
}

/**
 * The Relu of quotients of [least, greatest] as a table, where that pays for so many of them; undefined where it does not.
 */
export function reluTable(
  lookups: Lookups,
  { lo, hi }: { readonly lo: number; readonly hi: number },
  shift: number,
  count: number,
): Tabulated | undefined {
  const [least, greatest] = [shiftRound(lo, shift), shiftRound(hi, shift)]
  if (greatest <= 0 || least >= 0) return undefined
  const k = Math.max(bitLength(greatest), bitLength(-least - 1))
  const apart = Math.min(
    1 + lookups.rows(bitLength(greatest)) + lookups.rows(bitLength(-least)),
    2 + lookups.rows(k),
  )
  const saved = count * (apart - 1 - lookups.rows(bitLength(greatest)))
  if (!lookups.pays(greatest - least + 1, saved)) return undefined
  return tabulate('relu', least, greatest, (x) => Math.max(0, x))
}

/**
 * Proves: y = f(floor((x + 2^(shift-1)) / 2^shift)), for a function as a table.
 * Assumes: x is an integer in [lo, hi], within +-2^52, and the table has all quotients of these.
 * Cost, with lookups: the rows of the shift, and of looking up.
 *
 * The quotient is named, and not range-checked: the table says which integers it can be. x + 2^(shift-1) less 2^shift times
 * it is a remainder, so 2^shift times it is an integer in the bounds of x.
 */
export function rescaleBy<V>(
  cs: ConstraintSystem<V>,
  { value, lo, hi }: Bounded<V>,
  shift: number,
  f: Tabulated,
  hint: HintName,
): V {
  const bounds = { lo: shiftRound(lo, shift), hi: shiftRound(hi, shift) }
  if (shift === 0) return lookUp(cs, { value, ...bounds }, f, hint)
  const divisor = 2 ** shift
  const shifted = cs.combine([value], [1], divisor / 2)
  const [quotient] = cs.advise([shifted], 1, hint, (x) => [floorOf(x!, divisor)]) as [V]
  cs.scope('remainder', undefined, () =>
    decompose(cs, cs.combine([shifted, quotient], [1, -divisor]), [shift], hint),
  )
  return lookUp(cs, { value: quotient, ...bounds }, f, hint)
}

/** After a lie a value may be no integer of the model: then nothing is honest any more. */
export function floorOf(x: Felt, divisor: number): number {
  const number = typeof x === 'number' ? x : normal(x)
  return typeof number === 'number' ? Math.floor(number / divisor) : 0
}
