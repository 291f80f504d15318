/** Where a value stands among constants. */
import { halvingCost, halvingOf } from '../../base/halving.js'
import { bitLength } from '../../base/integers.js'
import type { ConstraintSystem } from '../cs/api.js'
import type { Lookups } from '../cs/chunks.js'
import type { Bounded } from './bounded.js'
import { halve } from './halve.js'
import { assertNatural, decompose } from './range.js'
import { signed } from './sign.js'

/**
 * Proves: flag j is 1 where x >= thresholds[j], and 0 elsewhere.
 * Assumes: x is an integer in [lo, hi], within +-2^52; thresholds rise strictly and lie in (lo, hi].
 * Cost: that of `place`, or of `halve` where that is cheaper; for a single threshold k + 2, where
 * -2^k <= x - threshold < 2^k.
 */
export function flags<V>(cs: ConstraintSystem<V>, x: Bounded<V>, thresholds: readonly number[]): V[] {
  return flagsOf(cs, locate(cs, x, thresholds))
}

/**
 * Proves: lo <= x <= hi, where x is any field element; and flag j is 1 where x >= thresholds[j], and 0 elsewhere.
 * Assumes and costs: as `place`.
 */
export function rank<V>(cs: ConstraintSystem<V>, x: Bounded<V>, thresholds: readonly number[]): V[] {
  return flagsOf(cs, place(cs, x, thresholds))
}

/** A flag is the sum of the indicators from its threshold on. */
function flagsOf<V>(cs: ConstraintSystem<V>, indicators: readonly V[]): V[] {
  return indicators.slice(1).map((_, j) => sum(cs, indicators.slice(j + 1)))
}

/**
 * Proves: of the intervals that thresholds cut [lo, hi] into, indicator j is 1 for the one that x is in, the others 0.
 * Assumes and costs: as `flags`.
 */
export function locate<V>(cs: ConstraintSystem<V>, x: Bounded<V>, thresholds: readonly number[]): V[] {
  if (thresholds.length === 0) return [cs.constant(1)]
  if (thresholds.length > 1) {
    const halving = halvingOf({ lo: x.lo, hi: x.hi, thresholds })
    const halves =
      cs.lookups === undefined
        ? halvingCost(halving) < cheapestCuts([x.lo, ...thresholds], x.hi).cost
        : // the sum of the bits is no row
          halvingCost(halving) - 1 < rowsOfPlace(cs.lookups, x, thresholds)
    return halves ? halve(cs, x, thresholds, halving) : place(cs, x, thresholds)
  }
  const flag = isAtLeast(cs, x.value, x.lo, x.hi, thresholds[0]!)
  return [cs.combine([flag], [-1], 1), flag]
}

/**
 * Proves: lo <= x <= hi, where x is any field element; and of the intervals that thresholds cut [lo, hi] into, indicator
 * j is 1 for the one that x is in, the others 0.
 * Assumes: lo and hi are within +-2^52; thresholds rise strictly and lie in (lo, hi].
 * Cost: about t + 2m + 2 log2 t for t thresholds, m the bits of the widest gap between neighbours.
 *
 * The prover names the interval, as a number of b bits. A tree of products turns it into one indicator for each interval
 * (t - 1 products: a branch without its twin needs none, but the twin's bit is forced), and two range checks show that x
 * is not below the interval's start and not above its end: x - start and end - x are integers of m bits whose sum,
 * end - start, is far below P, so x is an integer of the interval. Intervals do not overlap, so the number is the only
 * one. Nothing else has to bound x, for the intervals together are [lo, hi].
 *
 * With lookups both checks are of m bits or more: neither may be negative, and their sum bounds them.
 *
 * Intervals of 2^m integers each need no check of their ends. Wide gaps are cut where that costs less than the bits it
 * spares: an indicator is then the sum of its pieces'.
 */
function place<V>(
  cs: ConstraintSystem<V>,
  { value, lo, hi }: Bounded<V>,
  thresholds: readonly number[],
): V[] {
  const { starts, gap, even } =
    cs.lookups === undefined ? cheapestCuts([lo, ...thresholds], hi) : uncut([lo, ...thresholds], hi)
  const ends = [...starts.slice(1), hi + 1].map((end) => end - 1)
  const width = bitLength(starts.length - 1)
  const run = cs.choose(
    [value],
    width,
    'rank',
    (x) => starts.filter((start, i) => i > 0 && x! >= start).length,
  )
  const bits = Array.from({ length: width }, (_, i) => cs.limb(run, i, i + 1))
  const indicators = decode(cs, bits, starts.length)
  const minus = (weights: readonly number[]) => weights.map((weight) => -weight)
  const above = cs.combine([value, ...indicators], [1, ...minus(starts)])
  const below = cs.combine([value, ...indicators], [-1, ...ends])
  cs.scope('start', undefined, () =>
    even ? decompose(cs, above, [gap], 'rank') : assertNatural(cs, above, gap, 'rank'),
  )
  if (!even) cs.scope('end', undefined, () => assertNatural(cs, below, gap, 'rank'))
  const first = [lo, ...thresholds].map((start) => starts.indexOf(start))
  return first.map((from, j) => sum(cs, indicators.slice(from, first[j + 1])))
}

/** Rows of `locate`, with lookups. */
export function locateRows(lookups: Lookups, { lo, hi }: Extent, thresholds: readonly number[]): number {
  const [first] = thresholds
  if (first === undefined) return 0
  if (thresholds.length === 1) return 1 + lookups.rows(bitLength(Math.max(hi - first, first - lo - 1)))
  const halving = halvingCost(halvingOf({ lo, hi, thresholds })) - 1
  return Math.min(halving, rowsOfPlace(lookups, { lo, hi }, thresholds))
}

type Extent = { readonly lo: number; readonly hi: number }

/** Naming an interval, and both of its range checks. */
function rowsOfPlace(lookups: Lookups, { lo, hi }: Extent, thresholds: readonly number[]): number {
  const { starts, gap } = uncut([lo, ...thresholds], hi)
  return bitLength(starts.length - 1) + starts.length - 2 + 2 * lookups.rows(gap)
}

function sum<V>(cs: ConstraintSystem<V>, values: readonly V[]): V {
  return values.length === 1 ? values[0]! : cs.combine(values, new Array<number>(values.length).fill(1))
}

type Cuts = {
  readonly starts: readonly number[]
  readonly gap: number
  /** Whether each interval has 2^gap integers: what is that near its start is not above its end. */
  readonly even: boolean
  readonly cost: number
}

/** Halving the widest gap spares two bits, so few cuts are worth their products. */
const FEWEST_BITS_SPARED = 4

/** The starts of the intervals, each of at most 2^gap integers, with the cuts that make them cheapest. */
function cheapestCuts(starts: readonly number[], hi: number): Cuts {
  const whole = uncut(starts, hi)
  let best = whole
  for (let gap = whole.gap - 1; gap >= Math.max(0, whole.gap - FEWEST_BITS_SPARED); gap--) {
    const cut = cutsTo(starts, hi, gap)
    if (cut.cost < best.cost) best = cut
  }
  return best
}

function uncut(starts: readonly number[], hi: number): Cuts {
  return cutsTo(starts, hi, bitLength(Math.max(...lengthsOf(starts, hi)) - 1))
}

function cutsTo(starts: readonly number[], hi: number, gap: number): Cuts {
  const lengths = lengthsOf(starts, hi)
  const cut = starts.flatMap((start, i) =>
    Array.from({ length: Math.ceil(lengths[i]! / 2 ** gap) }, (_, piece) => start + piece * 2 ** gap),
  )
  const width = bitLength(cut.length - 1)
  const decoding = Array.from({ length: width }, (_, level) => Math.ceil(cut.length / 2 ** (level + 1)))
  const even = lengthsOf(cut, hi).every((length) => length === 2 ** gap)
  const cost = width + decoding.reduce((total, count) => total + count, -1) + (even ? 1 : 2) * (gap + 1)
  return { starts: cut, gap, even, cost }
}

function lengthsOf(starts: readonly number[], hi: number): number[] {
  return starts.map((start, i) => (starts[i + 1] ?? hi + 1) - start)
}

function isAtLeast<V>(cs: ConstraintSystem<V>, x: V, lo: number, hi: number, threshold: number): V {
  const k = Math.max(bitLength(hi - threshold), bitLength(threshold - lo - 1))
  const [, sign] = signed(cs, cs.combine([x], [1], -threshold), [], k, 'rank')
  return sign!
}

/**
 * Indicators of 0 <= number < count, for the number of the bits; proves that the number is in that range.
 * From the top bit down: the indicator of a prefix is split by the next bit into its two extensions.
 */
function decode<V>(cs: ConstraintSystem<V>, bits: readonly V[], count: number): V[] {
  let prefixes: V[] = [cs.constant(1)]
  for (let level = bits.length - 1; level >= 0; level--) {
    const bit = bits[level]!
    const next: V[] = []
    const reachable = Math.ceil(count / 2 ** level)
    prefixes.forEach((prefix, at) => {
      const first = prefixes.length === 1
      if (2 * at + 1 >= reachable) {
        cs.assertProduct(prefix, bit, cs.constant(0))
        next.push(prefix)
        return
      }
      const one = first ? bit : cs.scope(`level${level}`, at, () => cs.product(prefix, bit, 'indicator'))
      next.push(cs.combine([prefix, one], [1, -1]), one)
    })
    prefixes = next
  }
  return prefixes
}
