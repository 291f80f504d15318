/**
 * Ranges: the requests that every other gadget makes, and how they are lowered (to bits).
 */
import { bitLength } from '../../base/integers.js'
import type { BitRun, ConstraintSystem, HintName } from '../cs/api.js'

/**
 * Splits a value into limbs of the given widths, least significant first.
 *
 * Proves: x = sum of limb_i * 2^(widths before i), and 0 <= limb_i < 2^width_i; so 0 <= x < 2^(sum of widths).
 * Assumes: the widths add up to less than 253, so that no two decompositions differ by P.
 * Cost: the sum of widths, plus 1.
 */
export function decompose<V>(cs: ConstraintSystem<V>, x: V, widths: readonly number[], hint: HintName): V[] {
  const run = cs.bits(
    x,
    widths.reduce((sum, width) => sum + width, 0),
    hint,
  )
  let to = 0
  return widths.map((width) => {
    to += width
    return cs.limb(run, to - width, to)
  })
}

/**
 * Proves: lo <= x <= hi, where x is any field element and lo <= hi are integers.
 * Assumes: hi - lo < 2^252.
 * Cost: b + 1 for b = bits of hi - lo, and where hi - lo + 1 is no power of two, at most b more.
 *
 * x - lo is decomposed to b bits; where that range is wider than asked, the bits are compared with the constant.
 */
export function assertInterval<V>(
  cs: ConstraintSystem<V>,
  x: V,
  lo: number,
  hi: number,
  hint: HintName,
): void {
  const width = bitLength(hi - lo)
  const run = cs.bits(cs.combine([x], [1], -lo), width, hint)
  assertAtMost(cs, run, hi - lo)
}

/**
 * Proves: the integer of the bits is at most `limit`, whose length is that of the run.
 *
 * A larger integer first differs from the limit, seen from above, at a bit where the limit has 0 and it has 1; above
 * that place it has a 1 wherever the limit has one. So for each run of zeros in the limit: (product of the bits at all
 * ones above it) * (sum of the bits in the run) = 0. A run's sum is below P, so it is zero only if all bits are.
 */
function assertAtMost<V>(cs: ConstraintSystem<V>, run: BitRun, limit: number): void {
  const isOne = (i: number) => Math.floor(limit / 2 ** i) % 2 === 1
  let above: V | undefined
  let i = run.count - 1
  while (i >= 0) {
    for (; i >= 0 && isOne(i) && hasZeroBelow(limit, i); i--) {
      const bit = cs.limb(run, i, i + 1)
      above = above === undefined ? bit : onesTo(cs, above, bit, i)
    }
    const top = i
    for (; i >= 0 && !isOne(i); i--);
    if (top === i) return
    const zeros = Array.from({ length: top - i }, (_, k) => cs.limb(run, i + 1 + k, i + 2 + k))
    cs.assertProduct(above!, cs.combine(zeros, new Array(zeros.length).fill(1)), cs.constant(0))
  }
}

function onesTo<V>(cs: ConstraintSystem<V>, above: V, bit: V, place: number): V {
  return cs.scope('ones', place, () => cs.product(above, bit, 'product'))
}

function hasZeroBelow(limit: number, i: number): boolean {
  return (limit % 2 ** i) + 1 !== 2 ** i
}
