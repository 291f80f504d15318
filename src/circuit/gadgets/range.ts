/**
 * Ranges: the requests that every other gadget makes, and how they are lowered: to bits, or to lookups of chunks.
 *
 * This is the one place that decides it. Costs are those of bits; with lookups a request of w bits costs the rows of its
 * chunks (cs/chunks.ts), about w / 8, and nothing for their sum, since the lowest chunk is no wire: it is the value less
 * the others.
 */
import { InternalError } from '../../base/errors.js'
import { CAPACITY_BITS, mod } from '../../base/field.js'
import { bitLength } from '../../base/integers.js'
import type { BitRun, ConstraintSystem, HintName } from '../cs/api.js'
import { type Chunk, type Lookups, spanBits } from '../cs/chunks.js'
import { type Felt, normal } from '../cs/felt.js'
import { intervalTable, rangeTable } from '../cs/tables.js'

/** Of so many bits; `atLeast` where it may be proven to have more, since something else bounds it, or nothing has to. */
export type Limb = { readonly bits: number; readonly atLeast?: boolean }

/**
 * Splits a value into limbs of the given widths, least significant first.
 *
 * Proves: x = sum of limb_i * 2^(widths before i), and 0 <= limb_i < 2^width_i; so 0 <= x < 2^(sum of widths).
 * Assumes: the widths add up to less than 253, so that no two decompositions differ by P.
 * Cost: the sum of widths, plus 1.
 */
export function decompose<V>(cs: ConstraintSystem<V>, x: V, widths: readonly number[], hint: HintName): V[] {
  return cs.lookups === undefined
    ? inBits(cs, x, widths, hint)
    : inChunks(
        cs,
        cs.lookups,
        x,
        widths.map((bits) => ({ bits })),
        hint,
      )
}

/**
 * As `decompose`, of an integer that is known to fit.
 *
 * Assumes: x is an integer from 0 to 2^(sum of widths) - 1. Then of two splits with a lower limb in its range and an upper
 * one that is any integer from 0 on, both are the same: how far the last limb is bounded beside that is of no account.
 */
export function split<V>(cs: ConstraintSystem<V>, x: V, widths: readonly number[], hint: HintName): V[] {
  if (cs.lookups === undefined) return inBits(cs, x, widths, hint)
  const limbs = widths.map((bits, i) => ({ bits, atLeast: i === widths.length - 1 }))
  return inChunks(cs, cs.lookups, x, limbs, hint)
}

/**
 * Proves: x is an integer of at least 0 and far below P: less than 2^bits, or with lookups than a power of two that is a
 * little above. For what only must not be negative.
 * Assumes: an honest x is below 2^bits.
 * Cost: bits + 1.
 */
export function assertNatural<V>(cs: ConstraintSystem<V>, x: V, bits: number, hint: HintName): void {
  split(cs, x, [bits], hint)
}

/**
 * An integer that the prover names.
 *
 * Proves: the result is an integer of at least 0, less than 2^bits, or with lookups than a power of two that is a little
 * above. What else it is the caller constrains.
 * Cost: bits.
 */
export function named<V>(
  cs: ConstraintSystem<V>,
  values: readonly V[],
  bits: number,
  hint: HintName,
  honest: (...values: number[]) => number,
): V {
  if (cs.lookups === undefined) return cs.limb(cs.choose(values, bits, hint, honest), 0, bits)
  const chunks = cs.lookups.atLeast(bits)
  const answer = (...given: Felt[]) => cutTo(answerTo(given, honest), chunks)
  const words = cs.advise(values, chunks.length, hint, answer)
  for (const [i, chunk] of chunks.entries()) assertChunk(cs, words[i]!, chunk)
  return cs.combine(words, placesOf(chunks))
}

/**
 * Proves: lo <= x <= hi, where x is any field element and lo <= hi are integers.
 * Assumes: hi - lo < 2^252.
 * Cost: b + 1 for b = bits of hi - lo, and where hi - lo + 1 is no power of two, at most b more.
 *
 * x - lo is decomposed to b bits; where that range is wider than asked, the bits are compared with the constant. With
 * lookups, of an interval that is no power of two long: looked up in a table of its own, or x - lo and hi - x are both
 * not negative, integers whose sum is hi - lo.
 */
export function assertInterval<V>(
  cs: ConstraintSystem<V>,
  x: V,
  lo: number,
  hi: number,
  hint: HintName,
): void {
  if (cs.lookups !== undefined) {
    assertBetween(cs, cs.lookups, x, lo, hi, hint)
    return
  }
  const width = bitLength(hi - lo)
  const run = cs.bits(cs.combine([x], [1], -lo), width, hint)
  assertAtMost(cs, run, hi - lo)
}

function assertBetween<V>(
  cs: ConstraintSystem<V>,
  lookups: Lookups,
  x: V,
  lo: number,
  hi: number,
  hint: HintName,
): void {
  const size = hi - lo + 1
  const { bits, even } = spanBits(size)
  const above = cs.combine([x], [1], -lo)
  if (even) decompose(cs, above, [bits], hint)
  else if (lookups.hasInterval(size)) cs.lookup(intervalTable(size), above)
  else {
    const plan = [lookups.plan(bits)]
    inPlans(cs, above, plan, hint)
    inPlans(cs, cs.combine([x], [-1], hi), plan, hint)
  }
}

/**
 * The limbs of x by lookups. The lowest chunk of all is what the others leave of x, so that their sum needs no row; each
 * chunk is in its range; so x is the one integer that they make, far below P.
 */
export function inChunks<V>(
  cs: ConstraintSystem<V>,
  lookups: Lookups,
  x: V,
  limbs: readonly Limb[],
  hint: HintName,
): V[] {
  const plans = limbs.map(({ bits, atLeast }) => (atLeast ? lookups.atLeast(bits) : lookups.exact(bits)))
  return inPlans(cs, x, plans, hint)
}

function inPlans<V>(
  cs: ConstraintSystem<V>,
  x: V,
  plans: readonly (readonly Chunk[])[],
  hint: HintName,
): V[] {
  const chunks = plans.flat()
  const places = placesOf(chunks)
  if (totalBits(chunks) >= CAPACITY_BITS)
    throw new InternalError(`A decomposition to ${totalBits(chunks)} bits could wrap around the field.`)
  if (chunks.length === 0) {
    cs.assertProduct(cs.constant(0), cs.constant(0), x)
    return plans.map(() => cs.constant(0))
  }
  const upper = cs.advise([x], chunks.length - 1, hint, (value) => cutTo(value!, chunks).slice(1))
  const lowest = cs.combine([x, ...upper], [1, ...places.slice(1).map((place) => -place)])
  const words = [lowest, ...upper]
  for (const [i, chunk] of chunks.entries()) assertChunk(cs, words[i]!, chunk)
  let first = 0
  return plans.map((plan) => {
    const own = words.slice(first, first + plan.length)
    first += plan.length
    return own.length === 1 ? own[0]! : cs.combine(own, placesOf(plan))
  })
}

/** Proves: 0 <= value < 2^bits of the chunk. */
function assertChunk<V>(cs: ConstraintSystem<V>, value: V, { bits, table }: Chunk): void {
  if (table === undefined) {
    cs.assertProduct(value, value, value)
    return
  }
  cs.lookup(rangeTable(table), value)
  if (table > bits) cs.lookup(rangeTable(table), cs.combine([value], [2 ** (table - bits)]))
}

function totalBits(chunks: readonly Chunk[]): number {
  return chunks.reduce((sum, { bits }) => sum + bits, 0)
}

/** The powers of two that chunks stand at, exact as numbers where they can be. */
function placesOf(chunks: readonly Chunk[]): (number | bigint)[] {
  let at = 0
  return chunks.map(({ bits }) => {
    const place = at
    at += bits
    return place <= 52 ? 2 ** place : 1n << BigInt(place)
  })
}

/** The chunks of a value's canonical representative; the last takes all that is left, so that their sum is the value. */
function cutTo(value: Felt, chunks: readonly Chunk[]): Felt[] {
  const exact = typeof value === 'number' && value >= 0
  if (exact) return cutNumber(value, chunks)
  let rest = mod(BigInt(value))
  return chunks.map(({ bits }, i) => {
    if (i === chunks.length - 1) return normal(rest)
    const chunk = rest & ((1n << BigInt(bits)) - 1n)
    rest >>= BigInt(bits)
    return normal(chunk)
  })
}

function cutNumber(value: number, chunks: readonly Chunk[]): Felt[] {
  let rest = value
  return chunks.map(({ bits }, i) => {
    if (i === chunks.length - 1) return rest
    const chunk = rest % 2 ** bits
    rest = (rest - chunk) / 2 ** bits
    return chunk
  })
}

/** After a lie a value may be no integer of the model: then nothing is honest any more. */
function answerTo(given: readonly Felt[], honest: (...values: number[]) => number): number {
  const integers = given.map((value) => (typeof value === 'number' ? value : normal(value)))
  if (!integers.every((value) => typeof value === 'number')) return 0
  const answer = honest(...(integers as number[]))
  return Number.isSafeInteger(answer) ? answer : 0
}

function inBits<V>(cs: ConstraintSystem<V>, x: V, widths: readonly number[], hint: HintName): V[] {
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
