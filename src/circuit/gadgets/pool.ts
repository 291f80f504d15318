/** The largest of several integers, divided by a power of two, and a Relu of that: one gadget, as a pooling layer ends. */
import { bitLength, shiftRound } from '../../base/integers.js'
import type { Rescale } from '../../model/ops/rescale.js'
import type { ConstraintSystem } from '../cs/api.js'
import type { Bounded } from './bounded.js'
import { contenders, max } from './max.js'
import { inChunks, named } from './range.js'
import { rescale, rescaleRelu } from './rescale.js'
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
  const rivals = rivalsOf(members, { shift, relu })
  const quotients = rivals.map(({ lo, hi }) => ({ lo: shiftRound(lo, shift), hi: shiftRound(hi, shift) }))
  const floor = Math.max(...quotients.map(({ lo }) => lo))
  const limit = Math.max(...quotients.map(({ hi }) => hi))
  const withZero = relu && floor < 0
  const least = withZero ? 0 : floor
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
  const gaps = rivals.map(({ value }, i) =>
    cs.scope('member', i, () => gap(cs, y, value, shift, limit - quotients[i]!.lo)),
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

/** Those that can be the largest, and that a Relu leaves more than 0 of. */
function rivalsOf<V>(members: readonly Bounded<V>[], { shift, relu }: Pooling): Bounded<V>[] {
  const able = contenders(members, () => false).map((place) => members[place]!)
  const positive = able.filter(({ hi }) => shiftRound(hi, shift) > 0)
  return relu && positive.length > 0 ? positive : able
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
