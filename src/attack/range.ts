/**
 * What a linear row says of its wires as integers: where each of them lies in an interval, so does what one of them makes
 * of the others (bounds propagation, as solvers of integer constraints do it).
 *
 * Sound over the field: a wire's interval says that the wire is, modulo P, an integer of it. A row's sum is then a
 * multiple of P in an interval; where that interval holds one multiple, the row is an equation of integers. A quotient
 * is settled so: dividend, divisor and the two range checks leave its product an interval with one multiple of the
 * divisor.
 */
import { mod, P, toSigned } from '../base/field.js'
import { normal } from '../circuit/cs/felt.js'
import { type Form, linearForm } from './equation.js'
import { MOST_LOOSE, type Range, type State } from './state.js'
import type { System } from './system.js'

/** Rows with more open wires say little about each. */
const MOST_TERMS = 320
/** Coefficients and intervals above this could make sums that wrap around the field. */
const LARGEST = 1n << 200n

/** Draws the row's conclusions about intervals; false where it cannot hold. */
export function narrow(system: System, state: State, row: number): boolean {
  if (state.loose[row]! > MOST_LOOSE || state.open[row]! > MOST_TERMS) return true
  const form = linearForm(system, state, row)
  if (form === undefined || form.terms.size === 0) return true
  const terms = termsOf(state, form)
  if (terms === undefined) return true
  const open = terms.filter(({ range }) => range === undefined)
  if (open.length > 1) return true
  return open.length === 1
    ? bindOne(state, terms, toSigned(mod(BigInt(form.constant))))
    : narrowAll(state, terms, toSigned(mod(BigInt(form.constant))))
}

type Term = { readonly wire: number; readonly factor: bigint; readonly range: Range | undefined }

function termsOf(state: State, { terms }: Form): Term[] | undefined {
  const found: Term[] = []
  for (const [wire, coefficient] of terms) {
    const factor = toSigned(mod(BigInt(coefficient)))
    if (factor > LARGEST || factor < -LARGEST) return undefined
    found.push({ wire, factor, range: rangeOf(state, wire) })
  }
  return found
}

function rangeOf({ ranges, pairs }: State, wire: number): Range | undefined {
  const pair = pairs.get(wire)
  if (pair === undefined) return ranges.get(wire)
  const [one, other] = pair.map((value) => toSigned(mod(BigInt(value)))) as [bigint, bigint]
  return one < other ? { lo: one, hi: other } : { lo: other, hi: one }
}

/** factor * wire for every value that the wire can have. */
function spanOf({ factor, range }: Term): Range {
  const [a, b] = [factor * range!.lo, factor * range!.hi]
  return a < b ? { lo: a, hi: b } : { lo: b, hi: a }
}

function sumOf(terms: readonly Term[], constant: bigint): Range {
  let [lo, hi] = [constant, constant]
  for (const term of terms) {
    if (term.range === undefined) continue
    const span = spanOf(term)
    lo += span.lo
    hi += span.hi
  }
  return { lo, hi }
}

/** The one wire without an interval, where it stands alone. */
function bindOne(state: State, terms: readonly Term[], constant: bigint): boolean {
  const { wire, factor } = terms.find(({ range }) => range === undefined)!
  const { lo, hi } = sumOf(terms, constant)
  if (hi - lo > LARGEST) return true
  if (factor === -1n) return state.confine(wire, { lo, hi })
  return factor !== 1n || state.confine(wire, { lo: -hi, hi: -lo })
}

function narrowAll(state: State, terms: readonly Term[], constant: bigint): boolean {
  const { lo, hi } = sumOf(terms, constant)
  if (hi - lo >= P) return true
  const total = ceilDivide(lo, P) * P
  if (total > hi) return false
  for (const term of terms) {
    const span = spanOf(term)
    // factor * wire = total less the sum of all others
    const [least, most] = [total - (hi - span.hi), total - (lo - span.lo)]
    if (least <= span.lo && span.hi <= most) continue
    if (!hold(state, term, least, most)) return false
  }
  return true
}

/** Holds factor * wire to an interval. */
function hold(state: State, { wire, factor, range }: Term, least: bigint, most: bigint): boolean {
  const [low, high] = factor > 0n ? [least, most] : [-most, -least]
  const size = factor > 0n ? factor : -factor
  const [lo, hi] = [max(range!.lo, ceilDivide(low, size)), min(range!.hi, -ceilDivide(-high, size))]
  const pair = state.pairs.get(wire)
  if (pair === undefined) return lo <= hi && state.confine(wire, { lo, hi })
  const left = [range!.lo, range!.hi].filter((value) => lo <= value && value <= hi)
  if (left.length === 2) return true
  return left.length === 1 && state.assign(wire, normal(left[0]!))
}

function ceilDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return quotient * b < a ? quotient + 1n : quotient
}

const max = (a: bigint, b: bigint) => (a > b ? a : b)
const min = (a: bigint, b: bigint) => (a < b ? a : b)
