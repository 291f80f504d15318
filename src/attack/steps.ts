/**
 * Chains of steps by a table that takes the larger of two (gadgets/pool.ts), where nothing between is an integer by itself:
 * what follows from a chain as a whole.
 *
 * A step's row says that (m - q + c) + F (m' - q) is an entry t + F f, with t below F. Let M be 0 or q in the first step, and
 * M' = q + f; then m' = M' + (d - (m - M)) / F, with d = t - (M - q + c). Put into each other, times S F^n where each S q is
 * an integer, the steps say that S (M' - m') F^n of the last one is a sum of the others' S d times lower powers of F, with
 * signs. The last m' is an integer by range checks of its own. Where intervals hold each S d below F / 2, and all of it
 * together below P / 2, each is 0: in every step t = m - q + c, and f = m' - q.
 */
import { P } from '../base/field.js'
import { signedOf } from '../circuit/cs/felt.js'
import type { WireValues } from '../circuit/cs/wires.js'
import { ceilDivide, floorDivide, max, min } from './integers.js'
import type { SlotTable } from './round-one.js'
import type { Range } from './state.js'
import { coefficientAt, isSlotRow, type System, tableAt } from './system.js'

/** A sum of wires, the constant one among them, that is an integer of an interval in every witness. */
export type Digit = { readonly terms: Terms; readonly range: Range }

type Terms = ReadonlyMap<number, bigint>

/** From `before` to `next`, with each word's share of it; both and the quotient without their constants. */
type Step = {
  readonly table: SlotTable
  readonly factor: bigint
  readonly before: number | undefined
  readonly quotient: number
  readonly next: Terms
  /** Added to the difference; the least of what words make. */
  readonly shift: bigint
  readonly least: bigint
}

/** The digits of all steps of chains whose intervals are narrow enough. `honest` says what given wires are. */
export function digitsOf(system: System, honest: WireValues): Digit[] {
  const finder = new Finder(system, honest)
  return finder.chains().flatMap((chain) => (finder.isHeld(chain) ? chain.flatMap(digitsOfStep) : []))
}

function digitsOfStep({ table, factor, before, quotient, next, shift, least }: Step): Digit[] {
  const { t, f } = digitSpans(table, factor)
  const difference = new Map([
    ...(before === undefined ? [] : [[before, 1n] as const]),
    [quotient, -1n],
    [0, shift],
  ])
  const larger = new Map([...next, [quotient, -1n], [0, least]])
  return [
    { terms: difference, range: t },
    { terms: larger, range: f },
  ]
}

/** Of an entry t + F f. */
function digitSpans({ entries }: SlotTable, factor: bigint): { t: Range; f: Range } {
  const low = Array.from(entries, (entry) => BigInt(entry) % factor)
  const high = Array.from(entries, (entry) => BigInt(entry) / factor)
  return { t: hull(low), f: hull(high) }
}

function hull(values: readonly bigint[]): Range {
  return values.reduce((all, value) => around(all, value, value), { lo: values[0]!, hi: values[0]! })
}

function around({ lo, hi }: Range, low: bigint, high: bigint): Range {
  return { lo: min(lo, low), hi: max(hi, high) }
}

class Finder {
  /** By the one wire before it. */
  private readonly after = new Map<number, Step>()
  private readonly steps: Step[] = []
  /** By table and factor: both digits. */
  private readonly spans = new Map<SlotTable, { t: Range; f: Range }>()

  constructor(
    private readonly system: System,
    private readonly honest: WireValues,
  ) {
    const { firstRow, tableOf } = system.slots!
    for (let row = firstRow; row < firstRow + tableOf.length; row++) {
      const step = this.stepOf(row)
      if (step === undefined) continue
      this.steps.push(step)
      if (step.before !== undefined) this.after.set(step.before, step)
    }
  }

  /** From first steps on, each to a result that has range checks. */
  chains(): Step[][] {
    const made = new Set(this.steps.flatMap(({ next }) => (next.size === 1 ? [...next.keys()] : [])))
    const first = this.steps.filter(({ before }) => before === undefined || !made.has(before))
    return first.map((step) => {
      const chain = [step]
      for (let at = this.nextOf(step); at !== undefined; at = this.nextOf(at)) chain.push(at)
      return chain
    })
  }

  private nextOf({ next, factor, table }: Step): Step | undefined {
    const [wire] = next.keys()
    const step = next.size === 1 ? this.after.get(wire!) : undefined
    return step?.factor === factor && step.table === table ? step : undefined
  }

  /** Whether all that a chain adds up is an integer, and each part of it below the next power of the factor. */
  isHeld(chain: readonly Step[]): boolean {
    const quotients = chain.map(({ quotient }) => this.fractionOf(quotient))
    const start =
      chain[0]!.before === undefined ? { lo: 0n, hi: 0n, unit: 1n } : this.fractionOf(chain[0]!.before)
    const result = this.rangeOfSum(chain.at(-1)!.next)
    if (start === undefined || result === undefined || quotients.includes(undefined)) return false
    const { factor, table } = chain[0]!
    const unit = quotients.map((one) => one!.unit).reduce(max, start.unit)
    const { t, f } = this.spansOf(table, factor)
    let largest = start as Range
    for (const [i, { shift }] of chain.entries()) {
      const q = quotients[i]!
      const difference = { lo: largest.lo - q.hi + shift, hi: largest.hi - q.lo + shift }
      if (2n * unit * magnitude({ lo: t.lo - difference.hi, hi: t.hi - difference.lo }) >= factor)
        return false
      largest = { lo: q.lo + f.lo, hi: q.hi + f.hi }
    }
    const { least } = chain.at(-1)!
    const missed = magnitude({ lo: largest.lo - result.hi - least, hi: largest.hi - result.lo - least })
    return chain.reduce((sum) => sum * factor, 2n * (unit * missed + 1n)) < P
  }

  private spansOf(table: SlotTable, factor: bigint) {
    const known = this.spans.get(table) ?? digitSpans(table, factor)
    this.spans.set(table, known)
    return known
  }

  /** The row of a lookup as a step, if it is one. */
  private stepOf(row: number): Step | undefined {
    const { system } = this
    const { terms, constant } = lookedUp(system, row)
    const double = [...terms].find(([, factor]) => isPower(-1n - factor))
    if (double === undefined) return undefined
    const factor = -1n - double[1]
    const rest = [...terms].filter(([wire]) => wire !== double[0])
    const before = rest.filter(([, own]) => own === 1n)
    const next = rest.filter(([, own]) => own !== 1n)
    const isStep =
      before.length <= 1 && next.length > 0 && next.every(([, own]) => own > 0n && own % factor === 0n)
    if (!isStep) return undefined
    const { firstRow, firstWire } = system.slots!
    const table = tableAt(system, firstWire + row - firstRow)
    if (table.entries.length === 0 || table.lo < 0) return undefined
    // the nearest multiple
    const least = floorDivide(2n * constant + factor, 2n * factor)
    return {
      table,
      factor,
      before: before[0]?.[0],
      quotient: double[0],
      next: new Map(next.map(([wire, own]) => [wire, own / factor])),
      shift: constant - least * factor,
      least,
    }
  }

  /** Where a wire lies that is an integer, or a fraction with a power of two below: of what its remainder leaves of it. */
  private fractionOf(wire: number): (Range & { unit: bigint }) | undefined {
    const whole = this.rangeOf(wire)
    if (whole !== undefined) return { ...whole, unit: 1n }
    for (const { terms, constant, lo, hi } of this.heldSums(wire)) {
      const unit = -(terms.get(wire) ?? 0n)
      if (!isPower(unit)) continue
      const rest = this.rangeOfSum(new Map([...terms].filter(([other]) => other !== wire)))
      if (rest === undefined) continue
      // unit * wire = rest + constant - remainder
      const [least, most] = [rest.lo + constant - hi, rest.hi + constant - lo]
      return { lo: floorDivide(least, unit), hi: ceilDivide(most, unit), unit }
    }
    return undefined
  }

  private rangeOfSum(terms: Terms): Range | undefined {
    let sum: Range = { lo: 0n, hi: 0n }
    for (const [wire, factor] of terms) {
      const range = this.rangeOf(wire)
      if (range === undefined) return undefined
      const [low, high] = factor > 0n ? [range.lo, range.hi] : [range.hi, range.lo]
      sum = { lo: sum.lo + factor * low, hi: sum.hi + factor * high }
    }
    return sum
  }

  /** Of an integer: a given wire, or one that is held to an interval by itself. */
  private rangeOf(wire: number): Range | undefined {
    if (this.system.given[wire] === 1) {
      const value = signedOf(this.honest.get(wire))
      return { lo: value, hi: value }
    }
    for (const { terms, constant, lo, hi } of this.heldSums(wire))
      if (terms.size === 1 && terms.get(wire) === 1n && constant === 0n) return { lo, hi }
    return undefined
  }

  /** Sums with the wire that are looked up, or are their own squares. */
  private *heldSums(wire: number): Generator<Sum & Range> {
    const { start, row: rows } = this.system.columns
    const { firstRow, firstWire } = this.system.slots!
    for (let at = start[wire]!; at < start[wire + 1]!; at++) {
      const row = rows[at]!
      if (isSlotRow(this.system, row)) {
        const { lo, hi, entries } = tableAt(this.system, firstWire + row - firstRow)
        if (entries.length > 0) yield { ...lookedUp(this.system, row), lo: BigInt(lo), hi: BigInt(hi) }
      } else if (isBit(this.system, row)) yield { ...sumOf(this.system, row), lo: 0n, hi: 1n }
    }
  }
}

/** Whether a row says that a sum is its own square. */
function isBit({ r1cs: { a, b, c } }: System, row: number): boolean {
  const [start, count] = [a.rowStart[row]!, a.rowStart[row + 1]! - a.rowStart[row]!]
  return [b, c].every(({ rowStart, wire, coefficient }) => {
    const first = rowStart[row]!
    if (rowStart[row + 1]! - first !== count) return false
    for (let i = 0; i < count; i++) {
      if (wire[first + i] !== a.wire[start + i] || coefficient[first + i] !== a.coefficient[start + i])
        return false
    }
    return true
  })
}

type Sum = { readonly terms: Map<number, bigint>; readonly constant: bigint }

/** What a row looks up. */
function lookedUp(system: System, row: number): Sum {
  const { terms, constant } = sumOf(system, row)
  const own = [...terms].filter(([wire]) => wire < system.slots!.firstWire)
  return { terms: new Map(own.map(([wire, factor]) => [wire, -factor])), constant: -constant }
}

/** Side C of a row. */
function sumOf({ r1cs }: System, row: number): Sum {
  const { rowStart, wire, coefficient } = r1cs.c
  const terms = new Map<number, bigint>()
  let constant = 0n
  for (let at = rowStart[row]!; at < rowStart[row + 1]!; at++) {
    const factor = signedOf(coefficientAt(r1cs, coefficient[at]!))
    if (wire[at] === 0) constant = factor
    else terms.set(wire[at]!, factor)
  }
  return { terms, constant }
}

/** Of two. */
function isPower(value: bigint): boolean {
  return value > 1n && (value & (value - 1n)) === 0n
}

function magnitude({ lo, hi }: Range): bigint {
  return max(-lo, hi)
}
