/**
 * What a row says of its wires as integers: where each of them lies in an interval, so does what one of them makes
 * of the others (bounds propagation, as solvers of integer constraints do it).
 *
 * Sound over the field: a wire's interval says that the wire is, modulo P, an integer of it. A row's sum is then a
 * multiple of P in an interval; where that interval holds one multiple, the row is an equation of integers. A quotient
 * is settled so: dividend, divisor and the two range checks leave its product an interval with one multiple of the
 * divisor.
 */
import { P } from '../base/field.js'
import { equal, type Felt, multiply, signedOf } from '../circuit/cs/felt.js'
import type { Form, Forms, Scene } from './equation.js'
import { abs, ceilDivide, floorDivide, gcd, max, min, residue } from './integers.js'
import type { Side } from './sides.js'
import { wholeRoot } from './square.js'
import { MOST_LOOSE, type Range, type State } from './state.js'

/** Rows with more open wires say little about each. */
const MOST_TERMS = 320
/** Coefficients and intervals above this could make sums that wrap around the field. */
const LARGEST = 1n << 200n
/** Factors above this could make a product that does. */
const LARGEST_FACTOR = 1n << 120n

/** Draws the row's conclusions about intervals; false where it cannot hold. */
export function narrow(scene: Scene, row: number, forms: Forms): boolean {
  const { state } = scene
  if (state.loose[row]! > MOST_LOOSE || state.open[row]! > MOST_TERMS) return true
  if (forms.linear === undefined) return narrowProduct(scene, row, forms)
  if (forms.linear.terms.size === 0) return true
  const sum = sumOf(state, forms.linear)
  return sum === undefined || narrowSum(state, sum)
}

/** A wire in a sum of integers, or what stands there in its place. */
type Term = { readonly wire: number | undefined; readonly factor: bigint; readonly range: Range | undefined }

type Sum = { readonly terms: readonly Term[]; readonly constant: bigint }

/** A form, times a unit, as a sum of integers; nothing where a factor is large. */
function sumOf(state: State, { constant, terms }: Form, unit: Felt = 1): Sum | undefined {
  const found: Term[] = []
  for (const [wire, coefficient] of terms) {
    const factor = signedOf(unit === 1 ? coefficient : multiply(coefficient, unit))
    if (factor > LARGEST || factor < -LARGEST) return undefined
    found.push({ wire, factor, range: state.rangeOf(wire) })
  }
  return { terms: found, constant: signedOf(multiply(constant, unit)) }
}

/** factor * wire for every value that the wire can have. */
function spanOf({ factor, range }: Term): Range {
  const [a, b] = [factor * range!.lo, factor * range!.hi]
  return a < b ? { lo: a, hi: b } : { lo: b, hi: a }
}

/** What the terms with an interval add up to. */
function spanOfAll({ terms, constant }: Sum): Range {
  let [lo, hi] = [constant, constant]
  for (const term of terms) {
    if (term.range === undefined) continue
    const span = spanOf(term)
    lo += span.lo
    hi += span.hi
  }
  return { lo, hi }
}

/** The sum is a multiple of P. */
function narrowSum(state: State, sum: Sum): boolean {
  const open = sum.terms.filter(({ range }) => range === undefined)
  if (open.length > 1) return true
  return open.length === 1 ? bindOne(state, sum, open[0]!) : narrowAll(state, sum)
}

/** The one wire without an interval, where it stands alone. */
function bindOne(state: State, sum: Sum, { wire, factor }: Term): boolean {
  const { lo, hi } = spanOfAll(sum)
  if (hi - lo > LARGEST || wire === undefined) return true
  if (factor === -1n) return state.confine(wire, { lo, hi })
  return factor !== 1n || state.confine(wire, { lo: -hi, hi: -lo })
}

/** The one multiple of P in an interval, 'none', or 'several'. */
function multipleIn({ lo, hi }: Range): bigint | 'none' | 'several' {
  if (hi - lo >= P) return 'several'
  const total = ceilDivide(lo, P) * P
  return total > hi ? 'none' : total
}

function narrowAll(state: State, sum: Sum): boolean {
  const total = multipleIn(spanOfAll(sum))
  if (total === 'several') return true
  if (total === 'none' || !holdSum(state, sum, { lo: total, hi: total })) return false
  return alignSum(state, sum, total)
}

/**
 * The one wire whose factor is 1 or -1 is, modulo what divides all other factors, what they leave: the low chunk of a
 * value, whatever the upper ones are.
 */
function alignSum(state: State, { terms, constant }: Sum, total: bigint): boolean {
  let single: Term | undefined
  let divisor = 0n
  for (const term of terms) {
    if (term.factor !== 1n && term.factor !== -1n) divisor = gcd(divisor, term.factor)
    else if (single !== undefined) return true
    else single = term
    if (divisor === 1n) return true
  }
  if (single?.wire === undefined || divisor === 0n) return true
  const range = state.rangeOf(single.wire)!
  // two values may stand for other integers than the interval did that the total was found with
  if (range.lo < single.range!.lo || range.hi > single.range!.hi) return true
  const rest = residue(single.factor * (total - constant), divisor)
  const lo = range.lo + residue(rest - range.lo, divisor)
  const hi = range.hi - residue(range.hi - rest, divisor)
  return lo <= hi && state.confine(single.wire, { lo, hi })
}

/** Holds a sum of integers to an interval. */
function holdSum(state: State, sum: Sum, to: Range): boolean {
  const { lo, hi } = spanOfAll(sum)
  if (lo > to.hi || hi < to.lo) return false
  for (const term of sum.terms) {
    if (term.wire === undefined) continue
    const span = spanOf(term)
    // factor * wire = the sum less all others
    const [least, most] = [to.lo - (hi - span.hi), to.hi - (lo - span.lo)]
    if (least <= span.lo && span.hi <= most) continue
    if (!hold(state, term, least, most)) return false
  }
  return true
}

/** Holds factor * wire to an interval. */
function hold(state: State, { wire, factor, range }: Term, least: bigint, most: bigint): boolean {
  const [low, high] = factor > 0n ? [least, most] : [-most, -least]
  const size = factor > 0n ? factor : -factor
  const [lo, hi] = [max(range!.lo, ceilDivide(low, size)), min(range!.hi, floorDivide(high, size))]
  return lo <= hi && state.confine(wire!, { lo, hi })
}

type Products = Extract<Forms, { readonly linear: undefined }>

/** A factor of a product as a sum of integers, by the unit that makes it one, and where it lies. */
type Factor = {
  readonly sum: Sum
  readonly unit: Felt
  readonly span: Range
  readonly side: number | undefined
}

/**
 * A row with a product: where its factors lie in intervals, the product does, and with it what it is said to be; and what
 * that is bounds a factor whose other is not zero, and the root of a square.
 */
function narrowProduct({ state, sides }: Scene, row: number, forms: Products): boolean {
  const x = factorOf(state, forms.x, sides?.a.get(row))
  const y = x && factorOf(state, forms.y, sides?.b.get(row))
  if (x === undefined || y === undefined) return true
  const z = sumOf(state, forms.z, multiply(x.unit, y.unit))
  if (z === undefined) return true
  const isSquare = x.side === undefined ? sameForm(forms.x, forms.y) : x.side === y.side
  const product = isSquare ? squared(x.span) : multiplied(x.span, y.span)
  const sum = { terms: [...z.terms, { wire: undefined, factor: -1n, range: product }], constant: z.constant }
  if (z.terms.some(({ range }) => range === undefined)) return narrowSum(state, sum)
  const total = multipleIn(spanOfAll(sum))
  if (total === 'several') return true
  if (total === 'none' || !holdSum(state, sum, { lo: total, hi: total })) return false
  const { lo, hi } = spanOfAll(z)
  const target = { lo: max(lo - total, product.lo), hi: min(hi - total, product.hi) }
  if (target.lo > target.hi) return false
  if (isSquare) return holdFactor(state, x, rootsOf(x.span, target))
  return holdFactor(state, x, quotients(target, y.span)) && holdFactor(state, y, quotients(target, x.span))
}

function factorOf(state: State, form: Form, side: Side | undefined): Factor | undefined {
  const unit = side?.unit ?? 1
  const sum = sumOf(state, form, unit)
  const span = sum && spanOfFactor(state, sum, side)
  return span && { sum, unit, span, side: side?.wire }
}

/** Of the sum, or of the wire that names it; nothing where a product of such could wrap around the field. */
function spanOfFactor(state: State, sum: Sum, side: Side | undefined): Range | undefined {
  const isBounded = sum.terms.every(({ range }) => range !== undefined)
  const own = isBounded ? bounded(spanOfAll(sum)) : undefined
  if (side === undefined) return own
  const value = state.isKnown(side.wire) ? signedOf(state.values.get(side.wire)) : undefined
  const named = bounded(value === undefined ? state.rangeOf(side.wire) : { lo: value, hi: value })
  if (own === undefined || named === undefined) return own ?? named
  const both = { lo: max(own.lo, named.lo), hi: min(own.hi, named.hi) }
  return both.lo <= both.hi ? both : own
}

function bounded(range: Range | undefined): Range | undefined {
  return range !== undefined && range.lo > -LARGEST_FACTOR && range.hi < LARGEST_FACTOR ? range : undefined
}

function multiplied(x: Range, y: Range): Range {
  const corners = [x.lo * y.lo, x.lo * y.hi, x.hi * y.lo, x.hi * y.hi]
  return { lo: corners.reduce(min), hi: corners.reduce(max) }
}

function squared({ lo, hi }: Range): Range {
  const [a, b] = [lo * lo, hi * hi]
  return { lo: lo <= 0n && hi >= 0n ? 0n : min(a, b), hi: max(a, b) }
}

/** Where x lies if x * y is in an interval; nothing where y can be zero. */
function quotients(product: Range, y: Range): Range | undefined {
  if (y.lo <= 0n && y.hi >= 0n) return undefined
  // the least y makes the most of x
  const lo = [y.lo, y.hi].map((divisor) => ceilDivide(divisor > 0n ? product.lo : -product.hi, abs(divisor)))
  const hi = [y.lo, y.hi].map((divisor) => floorDivide(divisor > 0n ? product.hi : -product.lo, abs(divisor)))
  return { lo: lo.reduce(min), hi: hi.reduce(max) }
}

/** Where x lies if its square is in an interval. */
function rootsOf(x: Range, square: Range): Range {
  const most = square.hi < 0n ? -1n : wholeRoot(square.hi)
  const least = square.lo <= 0n ? 0n : wholeRoot(square.lo - 1n) + 1n
  if (x.lo >= 0n) return { lo: least, hi: most }
  return x.hi <= 0n ? { lo: -most, hi: -least } : { lo: -most, hi: most }
}

function holdFactor(state: State, { sum, span, side }: Factor, to: Range | undefined): boolean {
  if (to === undefined || (to.lo <= span.lo && span.hi <= to.hi)) return true
  const both = { lo: max(to.lo, span.lo), hi: min(to.hi, span.hi) }
  if (both.lo > both.hi) return false
  if (side !== undefined && !state.confine(side, both)) return false
  const open = sum.terms.filter(({ range }) => range === undefined)
  return open.length > 0 || holdSum(state, sum, both)
}

function sameForm(one: Form, other: Form): boolean {
  if (!equal(one.constant, other.constant) || one.terms.size !== other.terms.size) return false
  return [...one.terms].every(([wire, factor]) => equal(factor, other.terms.get(wire) ?? 0))
}
