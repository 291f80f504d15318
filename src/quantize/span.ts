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

/** Steps of the result that a function may change by beyond what was seen, however little it changed there. */
const LEAST_STEPS = 16

/** How much steeper than in the calibrated range it may be on the whole out there; and how steep in any case. */
const STEEPER = 4
const TAME = 2

export type Reach = Omit<FitOptions, 'span'> & {
  /** The bounds of the argument, and what calibration saw of it, in its integers. */
  readonly bounds: Span
  readonly seen: Span
}

export function spanOf(f: (x: number) => number, reach: Reach): Span {
  const { bounds, seen, scale } = reach
  const at = (x: number) => f(x * scale)
  const known = clampTo(Math.round((seen.lo + seen.hi) / 2), bounds)
  const inner = {
    lo: lastDefined(at, known, clampTo(Math.min(seen.lo, known), bounds)),
    hi: lastDefined(at, known, clampTo(Math.max(seen.hi, known), bounds)),
  }
  const change = changeOn(at, inner)
  const allowed = Math.max(change, LEAST_STEPS * reach.tolerance(at(known)))
  const margin = Math.max(1, Math.ceil(MARGIN * (inner.hi - inner.lo)))
  const near = {
    lo: extended(at, inner.lo, Math.max(bounds.lo, inner.lo - margin), allowed),
    hi: extended(at, inner.hi, Math.min(bounds.hi, inner.hi + margin), allowed),
  }
  const length = Math.max(1, near.hi - near.lo)
  const goesOn = (from: number, to: number) => {
    if (from === to) return true
    const span = { lo: Math.min(from, to), hi: Math.max(from, to) }
    const steepest = Math.max((STEEPER * changeOn(at, near)) / length, TAME * scale)
    return (
      changeOn(at, span) <= steepest * (span.hi - span.lo) &&
      cutsOf(f, { ...reach, span }, MOST_PIECES) !== undefined
    )
  }
  return {
    lo: goesOn(near.lo, bounds.lo) ? bounds.lo : near.lo,
    hi: goesOn(near.hi, bounds.hi) ? bounds.hi : near.hi,
  }
}

/** The distance between the least and the greatest value; infinite where the function is not defined. */
function changeOn(at: (x: number) => number, { lo, hi }: Span): number {
  let [least, most] = [Infinity, -Infinity]
  for (let i = 0; i <= 16; i++) {
    const y = at(lo + ((hi - lo) * i) / 16)
    if (!Number.isFinite(y)) return Infinity
    least = Math.min(least, y)
    most = Math.max(most, y)
  }
  return most - least
}

/** From what was seen towards `end`, no further than the function changes by as much again. */
function extended(at: (x: number) => number, seen: number, end: number, allowed: number): number {
  let to = end
  while (to !== seen) {
    if (changeOn(at, { lo: Math.min(seen, to), hi: Math.max(seen, to) }) <= allowed) return to
    to = seen + Math.trunc((to - seen) / 2)
  }
  return seen
}

/** The integer nearest to `end` up to which, from `known` on, the function is defined. */
function lastDefined(at: (x: number) => number, known: number, end: number): number {
  if (Number.isFinite(at(end))) return end
  let [good, bad] = [known, end]
  while (Math.abs(bad - good) > 1) {
    const middle = Math.trunc((good + bad) / 2)
    if (Number.isFinite(at(middle))) good = middle
    else bad = middle
  }
  return good
}

function clampTo(x: number, { lo, hi }: Span): number {
  return Math.min(Math.max(x, lo), hi)
}
