/**
 * Which halvings of a range of integers tell apart the intervals that thresholds cut it into: those that the bits of
 * x - from decide, from the top one down, until no threshold is left inside.
 *
 * Few where thresholds are multiples of large powers of two, as those of functions are that were cut by halving.
 */
import { bitLength, EXACT_LIMIT } from './integers.js'

/** Integers of [lo, hi]; the thresholds rise strictly and lie in (lo, hi]. */
export type Divided = { readonly lo: number; readonly hi: number; readonly thresholds: readonly number[] }

export type Halving = {
  /** All of [lo, hi] is within 2^bits integers from here on. */
  readonly from: number
  readonly bits: number
  /** Halvings that leave something of [lo, hi] on both sides. */
  readonly splits: number
}

/** The one of fewest constraints: without a bit more than x needs, or with one that meets larger powers of two. */
export function halvingOf(divided: Divided): Halving {
  const width = bitLength(divided.hi - divided.lo)
  const [tight, even] = [counted(divided, tightest(divided, width), width), evenly(divided, width)]
  return even !== undefined && halvingCost(even) < halvingCost(tight) ? even : tight
}

/** In constraints: the bits and their sum, and a product for each split but the first. */
export function halvingCost({ bits, splits }: Halving): number {
  return bits + 1 + Math.max(0, splits - 1)
}

/**
 * Walks the halvings from the whole range, which is at `root`, down. `split` gives the lower and the upper half of what is
 * at a place by the bit of that number; `leaf` is told which interval a place lies in.
 */
export function walk<T>(
  { lo, hi, thresholds }: Divided,
  { from, bits }: Pick<Halving, 'from' | 'bits'>,
  root: T,
  split: (at: T, bit: number) => readonly [lower: T, upper: T],
  leaf: (interval: number, at: T) => void,
): void {
  // thresholds[first .. last) lie strictly inside
  const visit = (start: number, size: number, first: number, last: number, at: T): void => {
    if (first === last) {
      leaf(first, at)
      return
    }
    const bit = size - 1
    const middle = start + 2 ** bit
    if (middle > hi || middle <= lo) {
      visit(middle > hi ? start : middle, bit, first, last, at)
      return
    }
    let below = first
    while (below < last && thresholds[below]! < middle) below++
    const [lower, upper] = split(at, bit)
    visit(start, bit, first, below, lower)
    visit(middle, bit, thresholds[below] === middle ? below + 1 : below, last, upper)
  }
  visit(from, bits, 0, thresholds.length, root)
}

/** The multiple of the largest power of two from which on 2^width integers hold the range. */
function tightest({ lo, hi }: Divided, width: number): number {
  for (let level = width; level > 0; level--) {
    const from = multipleBelow(lo, level)
    if (isExact(from) && from + 2 ** width > hi) return from
  }
  return lo
}

function evenly(divided: Divided, width: number): Halving | undefined {
  const from = multipleBelow(divided.lo, width)
  return isExact(from) ? counted(divided, from, width + 1) : undefined
}

/** Whether x - from is exact in float64 for all x that a model has. */
function isExact(from: number): boolean {
  return from >= -EXACT_LIMIT
}

function multipleBelow(value: number, level: number): number {
  return Math.floor(value / 2 ** level) * 2 ** level
}

function counted(divided: Divided, from: number, bits: number): Halving {
  let splits = 0
  const both = () => {
    splits++
    return [undefined, undefined] as const
  }
  walk(divided, { from, bits }, undefined, both, () => {})
  return { from, bits, splits }
}
