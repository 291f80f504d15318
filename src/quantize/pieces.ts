/**
 * A function of one variable as a broken line over integers, with the error that this makes.
 *
 * Greedy from the left: each piece is as long as one line stays within the tolerance. Or, where that is cheaper, by
 * halving: pieces are then aligned, of 2^k integers each, more of them, but bits alone tell which one x is on. The lines
 * are chords, moved to the middle of what they miss: for a function that bends one way this is the best line there is.
 * Pieces need not meet, which saves a third of them.
 */
import { log2, power } from '../base/elementary.js'
import { bitLength } from '../base/integers.js'
import type { Piecewise } from '../model/ops/piecewise.js'
import { locateCost } from './cost.js'

/** In integers, both ends included. */
export type Span = { readonly lo: number; readonly hi: number }

export type Fit = {
  readonly op: Piecewise
  /** Of the result: real = integer * scale. */
  readonly scale: number
  /** Where it follows the function: what was asked for, or a little more. */
  readonly span: Span
  /** The largest distance from the function, in reals, over `span`. */
  readonly error: number
}

export type FitOptions = {
  /** The real that an integer stands for is integer * scale. */
  readonly scale: number
  readonly span: Span
  /** Of the argument: the span and what is beyond it. */
  readonly bounds?: Span
  /** How far the line may be from the function, by the function's value. */
  readonly tolerance: (y: number) => number
}

/** Places where a piece is looked at while its length is sought; and when its error is measured. */
const [LOOKS, CHECKS] = [33, 257]

/** What is missed between two places that are looked at is hardly more than at them. */
const BETWEEN = 1.001

/** Part of the tolerance that the whole slopes may take on top. */
const ROUNDING = 1 / 8

/** More digits than any slope needs. */
const MOST_DIGITS = 40

/** More pieces than any function needs that has no error in it. */
const MOST_PIECES = 4096

/** Parts of the tolerance that cuts are made for, until what is found between the places that they look at is met too. */
const PARTS = [1, 0.75, 0.5, 0.25]

/**
 * `f` on `span`, constant beyond its ends. The scale of the result is `scale` / 2^digits, so that a function that ends
 * in x itself is exact there. Undefined where that takes more than `MOST_PIECES` pieces, or f is not finite in the span.
 */
export function fitPieces(f: (x: number) => number, options: FitOptions): Fit | undefined {
  for (const part of PARTS) {
    const tolerance = (y: number) => part * options.tolerance(y)
    const cut = cheapestCut(f, { ...options, tolerance })
    if (cut === undefined) return undefined
    const seen = lookedAt(f, cut, options.scale)
    for (let digits = 0; digits <= MOST_DIGITS; digits++) {
      const fit = round(seen, cut, options, digits)
      if (fit !== undefined) return fit
    }
  }
  return undefined
}

type Cut = { readonly starts: readonly number[]; readonly span: Span }

/** By what powers of two less than a span its ends may be widened, to be multiples of them. */
const WIDENINGS = [4, 6, 8, 10, 12]

function cheapestCut(f: (x: number) => number, options: FitOptions): Cut | undefined {
  const { span, bounds = span } = options
  const free = cutsOf(f, options, MOST_PIECES)
  if (free === undefined) return undefined
  let best: Cut = { starts: free, span }
  for (const bits of WIDENINGS) {
    const wide = alignedSpan(f, options, bits)
    const starts = halvedCuts(f, { ...options, span: wide }, MOST_PIECES)
    if (starts === undefined) continue
    const cut = { starts, span: wide }
    if (cutCost(cut, bounds) < cutCost(best, bounds)) best = cut
  }
  return best
}

function cutCost({ starts, span }: Cut, bounds: Span): number {
  const ends = [
    ...(span.lo > bounds.lo ? [span.lo] : []),
    ...starts,
    ...(span.hi < bounds.hi ? [span.hi + 1] : []),
  ]
  return locateCost(bounds.lo, bounds.hi, ends)
}

function alignedSpan(
  f: (x: number) => number,
  { span, bounds = span, scale }: FitOptions,
  bits: number,
): Span {
  const unit = 2 ** Math.max(0, bitLength(span.hi - span.lo) - bits)
  const lo = Math.max(bounds.lo, Math.floor(span.lo / unit) * unit)
  const hi = Math.min(bounds.hi, Math.ceil((span.hi + 1) / unit) * unit - 1)
  return {
    lo: Number.isFinite(f(lo * scale)) ? lo : span.lo,
    hi: Number.isFinite(f(hi * scale)) ? hi : span.hi,
  }
}

/** Where each piece but the first begins; undefined where there would be more than `most`, each of them one integer at least. */
export function cutsOf(f: (x: number) => number, options: FitOptions, most: number): number[] | undefined {
  const { span } = options
  const starts: number[] = []
  let length = span.hi - span.lo
  for (let from = span.lo; ; ) {
    const to = furthest(from, span.hi, length, (end) => fits(f, options, from, end))
    if (to >= span.hi) return starts
    if (starts.push(to + 1) >= most) return undefined
    length = to - from + 1
    from = to + 1
  }
}

/** As `cutsOf`: aligned pieces of 2^k integers, halved until a line fits. */
function halvedCuts(f: (x: number) => number, options: FitOptions, most: number): number[] | undefined {
  const { lo, hi } = options.span
  const starts: number[] = []
  const visit = (start: number, level: number): void => {
    const [from, to] = [Math.max(start, lo), Math.min(start + 2 ** level - 1, hi)]
    if (from > to || starts.length > most) return
    if (from === to || fits(f, options, from, to)) {
      starts.push(from)
      return
    }
    visit(start, level - 1)
    visit(start + 2 ** (level - 1), level - 1)
  }
  const level = bitLength(hi - lo)
  const start = Math.floor(lo / 2 ** level) * 2 ** level
  visit(start, level)
  visit(start + 2 ** level, level)
  return starts.length > most ? undefined : starts.slice(1)
}

/** Whether one line is near enough to the function from one integer to another. */
function fits(f: (x: number) => number, { scale, tolerance }: FitOptions, from: number, to: number): boolean {
  const [a, b] = [f(from * scale), f(to * scale)]
  const slope = to > from ? (b - a) / (to - from) : 0
  let [least, greatest, allowed] = [0, 0, Math.min(tolerance(a), tolerance(b))]
  for (const x of looks(from, to, LOOKS)) {
    const y = f(x * scale)
    if (!Number.isFinite(y)) return false
    const miss = y - (a + slope * (x - from))
    least = Math.min(least, miss)
    greatest = Math.max(greatest, miss)
    allowed = Math.min(allowed, tolerance(y))
  }
  return (greatest - least) / 2 <= allowed
}

/** The last end that fits, sought around a guess of the length; a single integer always fits. */
function furthest(from: number, most: number, guess: number, fits: (end: number) => boolean): number {
  if (fits(most)) return most
  let [good, bad] = [from, most]
  for (let step = Math.max(1, guess); good + step < bad; step *= 2) {
    if (!fits(good + step)) bad = good + step
    else good += step
  }
  while (bad - good > 1) {
    const middle = good + Math.floor((bad - good) / 2)
    if (fits(middle)) good = middle
    else bad = middle
  }
  return good
}

/** The function on one piece: the places that are looked at, its values there, and the slope from end to end. */
type Look = { readonly places: Float64Array; readonly values: Float64Array; readonly chord: number }

/** Each piece when it is first asked for: however many digits slopes are tried with, the function is the same. */
function lookedAt(f: (x: number) => number, { starts, span }: Cut, scale: number): (piece: number) => Look {
  const known: Look[] = []
  return (piece) => {
    known[piece] ??= lookAt(piece)
    return known[piece]
  }
  function lookAt(piece: number): Look {
    const from = piece === 0 ? span.lo : starts[piece - 1]!
    const to = piece === starts.length ? span.hi : starts[piece]! - 1
    const places = looks(from, to, CHECKS)
    const chord = to > from ? (f(to * scale) - f(from * scale)) / (to - from) : 0
    return { places, values: places.map((x) => f(x * scale)), chord }
  }
}

/** The lines with whole slopes of so many binary digits; undefined where they are too coarse. */
function round(
  look: (piece: number) => Look,
  { starts, span }: Cut,
  { scale, tolerance }: FitOptions,
  digits: number,
): Fit | undefined {
  const unit = scale / 2 ** digits
  const slopes: number[] = []
  const offsets: number[] = []
  let error = 0
  for (let piece = 0; piece <= starts.length; piece++) {
    const { places, values, chord } = look(piece)
    const slope = Math.round(chord / unit) + 0
    let [least, most, allowed] = [Infinity, -Infinity, Infinity]
    places.forEach((x, at) => {
      const y = values[at]!
      const miss = y - slope * unit * x
      least = Math.min(least, miss)
      most = Math.max(most, miss)
      allowed = Math.min(allowed, tolerance(y))
    })
    const offset = Math.round((least + most) / 2 / unit) + 0
    const missed = Math.max(most - offset * unit, offset * unit - least)
    if (!(missed <= allowed * (1 + ROUNDING))) return undefined
    slopes.push(slope)
    offsets.push(offset)
    error = Math.max(error, missed * BETWEEN)
  }
  return { op: withEnds(starts, slopes, offsets, span), scale: unit, span, error }
}

/** Beyond the span the function keeps the values that it has at its ends, unless it is flat there already. */
function withEnds(
  starts: readonly number[],
  slopes: readonly number[],
  offsets: readonly number[],
  { lo, hi }: Span,
): Piecewise {
  const [first, last] = [slopes[0]!, slopes.length - 1]
  const left = first === 0 ? [] : [first * lo + offsets[0]!]
  const right = slopes[last] === 0 ? [] : [slopes[last]! * hi + offsets[last]!]
  return {
    kind: 'piecewise',
    start: Float64Array.of(...left.map(() => lo), ...starts, ...right.map(() => hi + 1)),
    slope: Float64Array.of(...left.map(() => 0), ...slopes, ...right.map(() => 0)),
    offset: Float64Array.of(...left, ...offsets, ...right),
  }
}

/**
 * Whole numbers from one end to the other, both included: all of them where they are few. Denser and denser towards both
 * ends, since a long piece of a tail ends where the function begins to bend.
 */
function looks(from: number, to: number, count: number): Float64Array {
  const steps = to - from
  if (steps < count) return Float64Array.from({ length: steps + 1 }, (_, i) => from + i)
  const even = Array.from({ length: count }, (_, i) => from + Math.round((steps * i) / (count - 1)))
  const doublings = Math.floor(log2(steps / count))
  const near = Array.from({ length: 2 * doublings }, (_, i) => Math.round(power(2, i / 2)))
  return Float64Array.from([...even, ...near.map((step) => from + step), ...near.map((step) => to - step)])
}
