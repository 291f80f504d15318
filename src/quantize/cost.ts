/**
 * What a circuit pays, in constraints, for plain Groth16: enough to choose between two ways of computing the same. What a
 * layer or a whole circuit costs is the counter's to say.
 */
import { halvingCost, halvingOf } from '../base/halving.js'
import { bitLength } from '../base/integers.js'
import type { Interval } from '../model/interval.js'

/** Bits of a signed decomposition of a value in [lo, hi]. */
export function signedBits(lo: number, hi: number): number {
  return Math.max(bitLength(Math.max(hi, 0)), bitLength(Math.max(-lo, 0))) + (lo < 0 ? 1 : 0)
}

/** Of the widest element. */
export function widestBits({ lo, hi }: Interval): number {
  let widest = 0
  for (let i = 0; i < lo.length; i++) widest = Math.max(widest, signedBits(lo[i]!, hi[i]!))
  return widest
}

/** The larger of two values, or one side of a clamp. */
export function compareCost(bits: number): number {
  return bits + 3
}

/** Which of the intervals between thresholds a value of [lo, hi] is in: by halving, or by naming it and two range checks. */
export function locateCost(lo: number, hi: number, thresholds: readonly number[]): number {
  const count = thresholds.length
  if (count === 0) return 0
  const starts = [lo, ...thresholds]
  const widest = starts.reduce((most, start, i) => Math.max(most, (starts[i + 1] ?? hi + 1) - start), 0)
  const named = count + bitLength(count) + 2 * (bitLength(widest - 1) + 1)
  return Math.min(named, halvingCost(halvingOf({ lo, hi, thresholds })))
}
