/**
 * What the entries of a table leave of the wires in a lookup.
 *
 * What is looked up is a sum of wires, each an integer of an interval, so that the sum is an integer too and no other is
 * the same modulo P; a table that is no interval itself has few entries that it can be. Where each factor exceeds the span
 * of all smaller ones together, as in packed pairs and flags, an entry says what every wire is.
 */
import { type Felt, signedOf } from '../circuit/cs/felt.js'
import { formsOf, type Option, type Scene } from './equation.js'
import type { SlotTable } from './round-one.js'
import { tableAt } from './system.js'

/** Entries that are looked through one by one, and ways that are followed. */
const MOST_ENTRIES = 256
const MOST_WAYS = 64

/** Whether a table has more to say than that its entries are in an interval. */
export function hasGaps({ entries, lo, hi }: SlotTable): boolean {
  return entries.length > 0 && hi - lo + 1 !== entries.length
}

/** factor * wire, the wire an integer from lo to hi. */
type Term = { readonly wire: number; readonly factor: number; readonly lo: number; readonly hi: number }

type Bounds = { lo: number; hi: number }

/** The ways in which the row's slot is an entry, with what they have in common drawn; none where it cannot be one. */
export function entryWays(scene: Scene, row: number): readonly Option[] | 'unclear' {
  const { system, state } = scene
  const { firstRow, firstWire } = system.slots!
  const slot = firstWire + row - firstRow
  if (state.isKnown(slot)) return 'unclear'
  const form = formsOf(scene, row).linear!
  const sum = sumOf(state, form.terms, slot, signedOf(form.constant))
  if (sum === undefined || sum.terms.length === 0) return 'unclear'
  const { terms, constant } = sum
  const own = state.rangeOf(slot)
  if (own === undefined || -own.lo > LIMIT || own.hi > LIMIT) return 'unclear'
  const entries = candidates(tableAt(system, slot), terms, constant, Number(own.lo), Number(own.hi))
  if (entries === undefined) return 'unclear'
  const hulls = terms.map((): Bounds => ({ lo: Infinity, hi: -Infinity }))
  const ways: Option[] = []
  let [isClear, least, most] = [true, Infinity, -Infinity]
  for (const entry of entries) {
    if (!state.allows(slot, entry)) continue
    const found = termsAt(terms, entry - constant)
    if (found === undefined) continue
    least = Math.min(least, entry)
    most = Math.max(most, entry)
    found.forEach(({ lo, hi }, i) => {
      hulls[i] = { lo: Math.min(hulls[i]!.lo, lo), hi: Math.max(hulls[i]!.hi, hi) }
    })
    isClear &&= found.every(({ lo, hi }) => lo === hi)
    if (isClear)
      ways.push(new Map([[slot, entry], ...found.map(({ lo }, i) => [terms[i]!.wire, lo] as const)]))
  }
  if (most < least) return []
  const holds =
    state.confine(slot, { lo: BigInt(least), hi: BigInt(most) }) &&
    hulls.every(({ lo, hi }, i) => state.confine(terms[i]!.wire, { lo: BigInt(lo), hi: BigInt(hi) }))
  if (!holds) return []
  if (!isClear || ways.length > MOST_WAYS) return 'unclear'
  return ways.filter((way) => [...way].every(([wire, value]) => state.allows(wire, value)))
}

/** slot = constant + the sum of the terms, as integers; nothing where they are not known to be, or are large. */
function sumOf(
  state: Scene['state'],
  form: ReadonlyMap<number, Felt>,
  slot: number,
  constant: bigint,
): { terms: Term[]; constant: number } | undefined {
  const sign = signedOf(form.get(slot)!) === 1n ? -1n : 1n
  const terms: Term[] = []
  let [least, most] = [sign * constant, sign * constant]
  for (const [wire, coefficient] of form) {
    if (wire === slot) continue
    const [factor, range] = [sign * signedOf(coefficient), state.rangeOf(wire)]
    if (range === undefined) return undefined
    const ends = [factor * range.lo, factor * range.hi]
    const [low, high] = factor > 0n ? ends : [ends[1]!, ends[0]!]
    least += low!
    most += high!
    terms.push({ wire, factor: Number(factor), lo: Number(range.lo), hi: Number(range.hi) })
  }
  // then no two of these integers are the same modulo P, nor is any of them an entry's other self
  const isExact = [
    least,
    most,
    ...terms.flatMap(({ factor, lo, hi }) => [factor, lo, hi, factor * lo, factor * hi]),
  ]
  if (!isExact.every((value) => -LIMIT < value && value < LIMIT)) return undefined
  return {
    terms: terms.sort((a, b) => Math.abs(b.factor) - Math.abs(a.factor)),
    constant: Number(sign * constant),
  }
}

/** Sums and differences of a few such numbers are exact, and so are the whole parts of their quotients. */
const LIMIT = 2 ** 50

/** The entries in an interval that differ from the constant by a multiple of what divides every factor; if they are few. */
function candidates(table: SlotTable, terms: readonly Term[], constant: number, lo: number, hi: number) {
  const step = terms.reduce((divisor, { factor }) => gcd(divisor, Math.abs(factor)), 0)
  const entries = indexOf(table, step).get(residue(constant, step)) ?? []
  const [from, to] = [firstAtLeast(entries, lo), firstAtLeast(entries, hi + 1)]
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
    const rest = residue(entry, step)
    const own = index.get(rest)
    if (own === undefined) index.set(rest, [entry])
    else own.push(entry)
  }
  bySteps.set(step, index)
  return index
}

/** Where each wire lies if the terms add up to a target; nothing where they cannot. Terms are by falling factor. */
function termsAt(terms: readonly Term[], target: number): Bounds[] | undefined {
  let [least, most] = [0, 0]
  for (const term of terms) {
    least += Math.min(term.factor * term.lo, term.factor * term.hi)
    most += Math.max(term.factor * term.lo, term.factor * term.hi)
  }
  const found: Bounds[] = []
  // once a term is not settled, what is left for the others is between two numbers
  let [restLow, restHigh] = [target, target]
  for (const { factor, lo, hi } of terms) {
    const [low, high] = [Math.min(factor * lo, factor * hi), Math.max(factor * lo, factor * hi)]
    least -= low
    most -= high
    const [from, to] = [restLow - most, restHigh - least]
    const bounds = {
      lo: Math.max(lo, Math.ceil((factor > 0 ? from : to) / factor)) + 0,
      hi: Math.min(hi, Math.floor((factor > 0 ? to : from) / factor)) + 0,
    }
    if (bounds.lo > bounds.hi) return undefined
    found.push(bounds)
    restLow -= Math.max(factor * bounds.lo, factor * bounds.hi)
    restHigh -= Math.min(factor * bounds.lo, factor * bounds.hi)
  }
  return restLow <= 0 && restHigh >= 0 ? found : undefined
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b)
}

function residue(value: number, step: number): number {
  return ((value % step) + step) % step
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
