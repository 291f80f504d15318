/** The largest of several integers, divided by a power of two, and a Relu of that: one gadget, as a pooling layer ends. */
import { CAPACITY_BITS } from '../../base/field.js'
import { bitLength, EXACT_LIMIT, shiftRound } from '../../base/integers.js'
import type { Rescale } from '../../model/ops/rescale.js'
import type { ConstraintSystem } from '../cs/api.js'
import type { Felt } from '../cs/felt.js'
import type { Table } from '../cs/tables.js'
import type { Bounded } from './bounded.js'
import { contenders, max } from './max.js'
import { decompose, inChunks, named } from './range.js'
import { floorOf, rescale, rescaleRelu } from './rescale.js'
import type { Tabulated } from './tabulate.js'

export type Pooling = Pick<Rescale, 'shift' | 'relu'>

/**
 * Proves: y = floor((largest + 2^(shift-1)) / 2^shift), of the members' largest; with `relu`, at least 0.
 * Assumes: each member is an integer in its interval, all within +-2^52.
 * Cost, with lookups: the rows of y, of shift and quotient for each member that can win, and 1 for each but the first; 1
 * more with `relu`. Of one member alone, as `rescale` or `rescaleRelu`.
 *
 * The prover names y, which no range makes less than its least value, and that is 0 where there is a Relu. For each member
 * x, 2^shift y + 2^shift - 1 - (x + 2^(shift-1)) = remainder + 2^shift h, both limbs range-checked, all of it integers far
 * below P: so h is y less the quotient of x, and y is no less than any quotient. The product of all h is 0, times y where
 * there is a Relu: so y is one of the quotients, or 0.
 */
export function pool<V>(
  cs: ConstraintSystem<V>,
  members: readonly Bounded<V>[],
  { shift, relu }: Pooling,
): V {
  const { rivals, least, limit, withZero } = outlookOf(members, { shift, relu })
  if (limit <= least) return cs.constant(least)
  if (rivals.length === 1) return poolApart(cs, rivals, { shift, relu })
  const above = named(
    cs,
    rivals.map(({ value }) => value),
    bitLength(limit - least),
    'pool',
    (...values) => Math.max(least, ...values.map((value) => shiftRound(value, shift))) - least,
  )
  const y = cs.combine([above], [1], least)
  const gaps = rivals.map(({ value, lo }, i) =>
    cs.scope('member', i, () => gap(cs, y, value, shift, limit - shiftRound(lo, shift))),
  )
  assertSomeZero(cs, withZero ? [y, ...gaps] : gaps)
  return y
}

/** y less the quotient of x, shown to be at least 0. */
function gap<V>(cs: ConstraintSystem<V>, y: V, x: V, shift: number, most: number): V {
  const half = shift === 0 ? 0 : 2 ** (shift - 1)
  const excess = cs.combine([y, x], [2 ** shift, -1], 2 ** shift - 1 - half)
  const limbs = [{ bits: shift }, { bits: bitLength(most), atLeast: true }]
  return inChunks(cs, cs.lookups!, excess, limbs, 'pool')[1]!
}

function assertSomeZero<V>(cs: ConstraintSystem<V>, values: readonly V[]): void {
  let product = values[0] as V
  for (const [i, value] of values.slice(1).entries()) {
    const before = product
    if (i === values.length - 2) cs.assertProduct(before, value, cs.constant(0))
    else product = cs.scope('member', i, () => cs.product(before, value, 'product'))
  }
}

type Outlook<V> = {
  /** Those that can be the largest, and that a Relu leaves more than 0 of. */
  readonly rivals: readonly Bounded<V>[]
  /** What bounds alone say of the result. */
  readonly least: number
  readonly limit: number
  /** Whether a Relu makes 0 of something. */
  readonly withZero: boolean
}

function outlookOf<V>(members: readonly Bounded<V>[], { shift, relu }: Pooling): Outlook<V> {
  const able = contenders(members, () => false).map((place) => members[place]!)
  const positive = able.filter(({ hi }) => shiftRound(hi, shift) > 0)
  const rivals = relu && positive.length > 0 ? positive : able
  const floor = shiftRound(Math.max(...rivals.map(({ lo }) => lo)), shift)
  const limit = shiftRound(Math.max(...rivals.map(({ hi }) => hi)), shift)
  const withZero = relu && floor < 0
  return { rivals, least: withZero ? 0 : floor, limit, withZero }
}

/** The larger of two by a table: t - lo + factor * max(0, t) for each difference t of them. */
export type Larger = { readonly table: Table; readonly lo: number; readonly factor: number }

/** More differences than any table is worth. */
const MOST_DIFFERENCES = 2 ** 14

/**
 * Of pools of at most `most` members within bounds. Undefined where entries would not be exact, or what `poolByTable` adds
 * up could wrap around the field.
 */
export function tabulateLarger(
  bounds: { readonly lo: number; readonly hi: number },
  most: number,
  { shift, relu }: Pooling,
): Larger | undefined {
  const [least, greatest] = [shiftRound(bounds.lo, shift), shiftRound(bounds.hi, shift)]
  const [lo, hi] = [relu ? -greatest : least - greatest, greatest - least]
  const size = hi - lo + 1
  // a difference, where neither is an integer, is less than twice the size, and an entry's less than once
  const factor = 2 ** (shift + bitLength(8 * size))
  const sum = bitLength(factor) * most + shift + bitLength(size) + ROUNDED_UP
  const none = relu && greatest <= 0
  if (none || size > MOST_DIFFERENCES || factor * (hi + 1) > EXACT_LIMIT || sum > CAPACITY_BITS)
    return undefined
  const entries = () => Float64Array.from({ length: size }, (_, t) => t + factor * Math.max(0, lo + t))
  return { table: { name: `larger ${lo}..${hi} by ${factor}`, size, entries }, lo, factor }
}

/** Bits that a range check may have more than it is asked for, and a few. */
const ROUNDED_UP = 24

/**
 * Proves: as `pool`.
 * Assumes: as `pool`; and that the table is of bounds and a number that hold for these members.
 * Cost, with lookups: the rows of y, and for each member that can win those of shift, and 1; less 1 without a Relu.
 *
 * The prover names a quotient q of each member, whose remainder is range-checked, and the largest m so far after each.
 * From m to the next, m', (m - q) + F (m' - q) = t + F max(0, t) for an entry t, so m' = q + max(0, t) + d / F with
 * d = t - (m - q). Nothing says yet that any of this is an integer, but for y, the last m', which has a range check.
 * Times 2^shift F^n, all steps put into each other are one equation: a sum of 2^shift (q + max(0, t) - y) of the last
 * step, and of 2^shift d of each step where m is taken without its own fraction, each an integer times its own power of F,
 * with a sign. Static bounds hold each below F / 2, and their sum below P / 2. So each is 0: every t is m - q, the last
 * quotient is an integer, then so is each before it, and every m' is the larger of m and q.
 */
export function poolByTable<V>(
  cs: ConstraintSystem<V>,
  members: readonly Bounded<V>[],
  { shift, relu }: Pooling,
  { table, lo, factor }: Larger,
): V {
  const { rivals, least, limit } = outlookOf(members, { shift, relu })
  if (limit <= least) return cs.constant(least)
  if (rivals.length === 1 && !relu) return rescale(cs, rivals[0]!, shift)
  const quotients = rivals.map(({ value }, i) => cs.scope('member', i, () => quotientOf(cs, value, shift)))
  const [first, ...rest] = relu ? [cs.constant(0), ...quotients] : quotients
  return rest.reduce((before, quotient, i) => {
    const larger = (...pair: Felt[]) => Math.max(...pair.map((value) => floorOf(value, 1)))
    const after =
      i < rest.length - 1
        ? cs.scope('member', i, () =>
            cs.advise([before, quotient], 1, 'pool', (...pair) => [larger(...pair)]),
          )[0]!
        : cs.combine(
            [
              named(
                cs,
                [before, quotient],
                bitLength(limit - least),
                'pool',
                (...pair) => larger(...pair) - least,
              ),
            ],
            [1],
            least,
          )
    cs.lookup(table, cs.combine([before, quotient, after], [1, -1 - factor, factor], -lo))
    return after
  }, first as V)
}

/** Named, with a remainder in its range: an integer only if that is the remainder. */
function quotientOf<V>(cs: ConstraintSystem<V>, x: V, shift: number): V {
  if (shift === 0) return x
  const shifted = cs.combine([x], [1], 2 ** (shift - 1))
  const [quotient] = cs.advise([shifted], 1, 'pool', (value) => [floorOf(value!, 2 ** shift)]) as [V]
  decompose(cs, cs.combine([shifted, quotient], [1, -(2 ** shift)]), [shift], 'pool')
  return quotient
}

/** The same by the largest first, and then its quotient. */
export function poolApart<V>(
  cs: ConstraintSystem<V>,
  members: readonly Bounded<V>[],
  { shift, relu }: Pooling,
  table?: Tabulated,
): V {
  const largest = max(cs, members)
  return relu ? rescaleRelu(cs, largest, shift, table) : rescale(cs, largest, shift)
}
