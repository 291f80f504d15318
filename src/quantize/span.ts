/**
 * How far a function is followed beyond the values that calibration saw; beyond that it stays constant.
 *
 * To the bounds of its argument where it runs straight or flat out there, as nearly all activations do. Elsewhere (an
 * exponential that explodes, a logarithm at zero) to a margin around the calibrated range: bounds and pieces stay few.
 */
import { cutsOf, type FitOptions, type Span } from './pieces.js'

/** Of the calibrated range: how far beyond it a function is followed in any case. */
const MARGIN = 0.25

/** Pieces that following a function to its bounds may take on one side. */
const MOST_PIECES = 24

/** How much steeper than in the calibrated range it may be on the whole out there. */
const STEEPER = 4

export type Reach = Omit<FitOptions, 'span'> & {
  /** The bounds of the argument, and what calibration saw of it, in its integers. */
  readonly bounds: Span
  readonly seen: Span
}

export function spanOf(f: (x: number) => number, reach: Reach): Span {
  const { bounds, seen, scale } = reach
  const margin = Math.max(1, Math.ceil(MARGIN * (seen.hi - seen.lo)))
  const known = clampTo(Math.round((seen.lo + seen.hi) / 2), bounds)
  const isDefined = (x: number) => Number.isFinite(f(x * scale))
  const near = {
    lo: lastDefined(isDefined, known, Math.max(bounds.lo, Math.min(seen.lo - margin, known))),
    hi: lastDefined(isDefined, known, Math.min(bounds.hi, Math.max(seen.hi + margin, known))),
  }
  const steepness = steepnessOn(f, near, scale)
  const goesOn = (from: number, to: number) => {
    if (from === to) return true
    if (!isDefined(to)) return false
    const span = { lo: Math.min(from, to), hi: Math.max(from, to) }
    return (
      steepnessOn(f, span, scale) <= STEEPER * steepness &&
      cutsOf(f, { ...reach, span }, MOST_PIECES) !== undefined
    )
  }
  return {
    lo: goesOn(near.lo, bounds.lo) ? bounds.lo : near.lo,
    hi: goesOn(near.hi, bounds.hi) ? bounds.hi : near.hi,
  }
}

/** The change of the function from one end to the other, a step. */
function steepnessOn(f: (x: number) => number, { lo, hi }: Span, scale: number): number {
  let [least, most] = [Infinity, -Infinity]
  for (let i = 0; i <= 16; i++) {
    const y = f((lo + ((hi - lo) * i) / 16) * scale)
    least = Math.min(least, y)
    most = Math.max(most, y)
  }
  return hi > lo ? (most - least) / (hi - lo) : 0
}

/** The integer nearest to `end` up to which, from `known` on, the function is defined. */
function lastDefined(isDefined: (x: number) => boolean, known: number, end: number): number {
  if (isDefined(end)) return end
  let [good, bad] = [known, end]
  while (Math.abs(bad - good) > 1) {
    const middle = Math.trunc((good + bad) / 2)
    if (isDefined(middle)) good = middle
    else bad = middle
  }
  return good
}

function clampTo(x: number, { lo, hi }: Span): number {
  return Math.min(Math.max(x, lo), hi)
}
