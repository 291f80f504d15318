/**
 * What the entries of a table leave of the wires in a lookup.
 *
 * What is looked up is a sum of wires, each an integer of an interval, so that the sum is an integer too and no other is
 * the same modulo P; a table that is no interval itself has few entries that it can be. Where factors keep wires apart, as in
 * packed pairs and flags, an entry says what every wire is.
 */
import { inverse } from '../base/field.js'
import { add, divide, type Felt, multiply, normal, signedOf } from '../circuit/cs/felt.js'
import { formsOf, type Option, type Scene } from './equation.js'
import { ceilDivide, floorDivide, gcd, max, min, residue } from './integers.js'
import type { SlotTable } from './round-one.js'
import type { Range } from './state.js'
import { tableAt } from './system.js'

/** Entries that are looked through one by one, and ways that are followed. */
const MOST_ENTRIES = 256
const MOST_WAYS = 64

/** factor * wire, the wire an integer from lo to hi. */
type Term = Range & { readonly wire: number; readonly factor: bigint }

/** The ways in which the row's slot is an entry, with what they have in common drawn; none where it cannot be one. */
export function entryWays(scene: Scene, row: number): readonly Option[] | 'unclear' {
  const { system, state, sides } = scene
  const { firstRow, firstWire } = system.slots!
  const slot = firstWire + row - firstRow
  if (state.isKnown(slot)) return 'unclear'
  const single = singleWays(scene, row, slot)
  if (single !== undefined) return single
  const own = state.rangeOf(slot)
  if (own === undefined) return 'unclear'
  const sum = sumOf(scene, sides?.folded.get(row) ?? row, slot, own)
  const entries = sum && candidates(tableAt(system, slot), sum, own)
  if (sum === undefined || entries === undefined) return 'unclear'
  const digits = digitsOf(sum.terms)
  const hulls: (Range | undefined)[] = sum.terms.map(() => undefined)
  const ways: Option[] = []
  let [isClear, hull] = [true, undefined as Range | undefined]
  for (const entry of entries) {
    if (!state.allows(slot, entry)) continue
    const found = termsAt(sum.terms, digits, BigInt(entry) - sum.constant)
    if (found === undefined) continue
    hull = joined(hull, { lo: BigInt(entry), hi: BigInt(entry) })
    for (const [i, range] of found.entries()) hulls[i] = joined(hulls[i], range)
    isClear &&= found.every(({ lo, hi }) => lo === hi)
    if (isClear) ways.push(wayOf(sum.terms, found).set(slot, entry))
  }
  if (hull === undefined || !state.confine(slot, hull)) return []
  if (!sum.terms.every(({ wire }, i) => state.confine(wire, hulls[i]!))) return []
  if (!isClear || ways.length > MOST_WAYS) return 'unclear'
  return ways.filter((way) => [...way].every(([wire, value]) => state.allows(wire, value)))
}

/** Of a row with one open wire, about which nothing is known: it can be a fraction, so each entry has a value for it. */
function singleWays(scene: Scene, row: number, slot: number): readonly Option[] | undefined {
  const { state, system } = scene
  if (state.open[row] !== 2 || state.blank[row] !== 1) return undefined
  const { entries } = tableAt(system, slot)
  const form = formsOf(scene, row).linear
  const [other, second] = [...(form?.terms.keys() ?? [])].filter((wire) => wire !== slot)
  if (other === undefined || second !== undefined || entries.length === 0 || entries.length > MOST_ENTRIES)
    return undefined
  const [unit, factor] = [form!.terms.get(slot) ?? 0, form!.terms.get(other)!]
  const perFactor = divide(-1, factor)
  return Array.from(entries, (entry): Option => {
    const value = multiply(add(form!.constant, multiply(unit, entry)), perFactor)
    return new Map([
      [slot, entry],
      [other, normal(BigInt(value))],
    ])
  }).filter((way) => [...way].every(([wire, value]) => state.allows(wire, value)))
}

function wayOf(terms: readonly Term[], found: readonly Range[]): Map<number, Felt> {
  return new Map(terms.map(({ wire }, i) => [wire, normal(found[i]!.lo)]))
}

function joined(one: Range | undefined, other: Range): Range {
  if (one === undefined) return other
  return { lo: min(one.lo, other.lo), hi: max(one.hi, other.hi) }
}

type Sum = { readonly terms: readonly Term[]; readonly constant: bigint }

/** slot = constant + the sum of the terms, as integers; nothing where they are not known to be, or could wrap around. */
function sumOf(scene: Scene, row: number, slot: number, own: Range): Sum | undefined {
  const form = formsOf(scene, row).linear
  const coefficient = form?.terms.get(slot)
  if (coefficient === undefined) return undefined
  const sign = -signedOf(coefficient)
  const constant = sign * signedOf(form!.constant)
  const terms: Term[] = []
  let [least, most] = [constant, constant]
  for (const [wire, value] of form!.terms) {
    if (wire === slot) continue
    const [factor, range] = [sign * signedOf(value), scene.state.rangeOf(wire)]
    if (range === undefined) return undefined
    terms.push({ wire, factor, lo: range.lo, hi: range.hi })
    const { lo, hi } = spanOf(terms.at(-1)!)
    least += lo
    most += hi
  }
  // then none of these integers is the same as an entry modulo P, but that entry
  const isExact = [own.lo, own.hi, least, most].every((end) => -LIMIT < end && end < LIMIT)
  return isExact && terms.length > 0 ? { terms, constant } : undefined
}

const LIMIT = 1n << 250n

function spanOf({ factor, lo, hi }: Term): Range {
  return factor > 0n ? { lo: factor * lo, hi: factor * hi } : { lo: factor * hi, hi: factor * lo }
}

/** The entries in an interval that differ from the constant by a multiple of what divides every factor; if they are few. */
function candidates(
  table: SlotTable,
  { terms, constant }: Sum,
  { lo, hi }: Range,
): readonly number[] | undefined {
  const step = Number(terms.reduce((divisor, { factor }) => gcd(divisor, factor), 0n))
  const divisor = Number.isSafeInteger(step) ? step : 1
  const entries = indexOf(table, divisor).get(Number(residue(constant, BigInt(divisor)))) ?? []
  const [from, to] = [firstAtLeast(entries, Number(lo)), firstAtLeast(entries, Number(hi) + 1)]
  return to - from > MOST_ENTRIES ? undefined : entries.slice(from, to)
}

const indexes = new WeakMap<SlotTable, Map<number, ReadonlyMap<number, number[]>>>()

/** The entries, rising, by what they leave when divided by `step`. */
function indexOf(table: SlotTable, step: number): ReadonlyMap<number, number[]> {
  const bySteps = indexes.get(table) ?? new Map<number, ReadonlyMap<number, number[]>>()
  indexes.set(table, bySteps)
  const known = bySteps.get(step)
  if (known !== undefined) return known
  const index = new Map<number, number[]>()
  for (const entry of table.entries.toSorted()) {
    const rest = Number(residue(BigInt(entry), BigInt(step)))
    const own = index.get(rest)
    if (own === undefined) index.set(rest, [entry])
    else own.push(entry)
  }
  bySteps.set(step, index)
  return index
}

/** A term that has one value at most by what divides all terms that are left. */
type Digit = { readonly term: Term; readonly divisor: bigint }

/**
 * Terms one after the other that a target says the value of: what divides all terms but one says what that one leaves, as
 * digits do, also where a digit is a sum.
 */
function digitsOf(terms: readonly Term[]): Digit[] {
  const digits: Digit[] = []
  const left = [...terms]
  for (let at = 0; at >= 0; ) {
    at = left.findIndex((term) => {
      const divisor = dividing(left, term)
      return divisor === 0n || (term.hi - term.lo) * gcd(divisor, term.factor) < divisor
    })
    if (at >= 0) digits.push({ divisor: dividing(left, left[at]!), term: left.splice(at, 1)[0]! })
  }
  return digits
}

/** What divides the factors of all but one. */
function dividing(terms: readonly Term[], but: Term): bigint {
  return terms.reduce((found, term) => (term === but ? found : gcd(found, term.factor)), 0n)
}

/** Where each wire lies if the terms add up to a target; nothing where they cannot. */
function termsAt(terms: readonly Term[], digits: readonly Digit[], target: bigint): Range[] | undefined {
  const found = new Map<Term, Range>()
  let rest = target
  for (const { term, divisor } of digits) {
    const value = valueFor(term, divisor, rest)
    if (value === undefined) return undefined
    found.set(term, { lo: value, hi: value })
    rest -= term.factor * value
  }
  const left = terms.filter((term) => !found.has(term))
  const spans = left.map(spanOf)
  const least = spans.reduce((sum, { lo }) => sum + lo, 0n)
  const most = spans.reduce((sum, { hi }) => sum + hi, 0n)
  if (rest < least || rest > most) return undefined
  for (const [i, term] of left.entries()) {
    const range = quotientsOf(term, { lo: rest - (most - spans[i]!.hi), hi: rest - (least - spans[i]!.lo) })
    if (range.lo > range.hi) return undefined
    found.set(term, range)
  }
  return terms.map((term) => found.get(term)!)
}

/** The value for which factor * value is the target, modulo the divisor; itself where that is 0. */
function valueFor({ factor, lo, hi }: Term, divisor: bigint, target: bigint): bigint | undefined {
  const common = gcd(divisor, factor)
  if (target % common !== 0n) return undefined
  const modulus = divisor / common
  const value =
    divisor === 0n
      ? target / factor
      : modulus === 1n
        ? lo
        : lo + residue((target / common) * inverse(factor / common, modulus) - lo, modulus)
  return lo <= value && value <= hi ? value : undefined
}

/** The wire's values for which factor * wire is in an interval. */
function quotientsOf({ factor, lo, hi }: Term, to: Range): Range {
  const [low, high] = factor > 0n ? [to.lo, to.hi] : [-to.hi, -to.lo]
  const size = factor > 0n ? factor : -factor
  return { lo: max(lo, ceilDivide(low, size)), hi: min(hi, floorDivide(high, size)) }
}

function firstAtLeast(entries: readonly number[], value: number): number {
  let [low, high] = [0, entries.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (entries[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}
