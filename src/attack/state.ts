/**
 * What is known of a witness while its wires are deduced from the given ones: for each wire nothing, an interval, two
 * values, or one; for each row how many wires are open. Every step can be undone.
 */
import { mod, P } from '../base/field.js'
import type { Felt } from '../circuit/cs/felt.js'
import { equal, normal, signedOf } from '../circuit/cs/felt.js'
import { WireValues } from '../circuit/cs/wires.js'
import { isSlot, type System, tableAt } from './system.js'

export type Pair = readonly [Felt, Felt]

/** The integers from lo to hi, modulo P. */
export type Range = { readonly lo: bigint; readonly hi: bigint }

/** A wire whose interval has been narrowed so often gains little more: two rows could take a step each for ever. */
const MOST_NARROWINGS = 100

/** Open wires with more than two values: a row with more of them says little of any one's interval. */
export const MOST_LOOSE = 16

type Step =
  | { readonly wire: number; readonly kind: 'value' | 'pair' }
  | { readonly wire: number; readonly kind: 'range'; readonly before: Narrowed | undefined }

type Narrowed = Range & { readonly times: number }

export class State {
  readonly values = new WireValues()
  readonly pairs = new Map<number, Pair>()
  readonly ranges = new Map<number, Narrowed>()
  /** For each row: its wires without a value; those of them without a pair; those of them without an interval. */
  readonly open: Int32Array
  readonly loose: Int32Array
  readonly blank: Int32Array
  private readonly known: Uint8Array
  private readonly rowStart: Int32Array
  private readonly rowOf: Int32Array
  private readonly trail: Step[] = []
  private readonly queue: number[] = []
  private readonly queued: Uint8Array
  /** Rows whose tables are looked through once nothing simpler is left to do. */
  private readonly later: number[] = []
  private readonly delayed: Uint8Array
  /** Wires with two values, and no other yet. */
  private paired = 0

  /** `watched`: by wire, rows that what is known of it matters to, though they do not have it. */
  constructor(
    private readonly system: System,
    private readonly watched: ReadonlyMap<number, readonly number[]> = new Map(),
  ) {
    const { wires, constraints } = system.r1cs
    this.open = new Int32Array(constraints)
    this.queued = new Uint8Array(constraints)
    this.delayed = new Uint8Array(constraints)
    this.known = new Uint8Array(wires)
    const { start, row } = distinctRows(system)
    this.rowStart = start
    this.rowOf = row
    for (const at of row) this.open[at]!++
    this.loose = this.open.slice()
    this.blank = this.open.slice()
    for (let wire = 0; wire < wires; wire++) this.values.push(0)
    for (let at = 0; at < constraints; at++) this.enqueue(at)
  }

  isKnown(wire: number): boolean {
    return this.known[wire] === 1
  }

  hasPairs(): boolean {
    return this.paired > 0
  }

  /** Whether nothing that is known of the wire speaks against the value. */
  allows(wire: number, value: Felt): boolean {
    if (this.isKnown(wire)) return equal(this.values.get(wire), value)
    const pair = this.pairs.get(wire)
    if (pair !== undefined) return pair.some((one) => equal(one, value))
    const range = this.ranges.get(wire)
    if (range !== undefined && !isWithin(value, range)) return false
    return !isSlot(this.system, wire) || tableAt(this.system, wire).has(value)
  }

  /** False where the wire has another value already, two others, or an interval without it. */
  assign(wire: number, value: Felt): boolean {
    if (!this.allows(wire, value)) return false
    if (this.isKnown(wire)) return true
    const pair = this.pairs.has(wire)
    if (pair) this.paired--
    const blank = !pair && !this.ranges.has(wire)
    this.known[wire] = 1
    this.values.set(wire, value)
    this.trail.push({ wire, kind: 'value' })
    this.wake(wire)
    for (let at = this.rowStart[wire]!; at < this.rowStart[wire + 1]!; at++) {
      const row = this.rowOf[at]!
      this.open[row]!--
      if (!pair) this.loose[row]!--
      if (blank) this.blank[row]!--
      this.touch(row)
    }
    return true
  }

  /** Leaves the wire two values; false where it can have neither. */
  restrict(wire: number, pair: Pair): boolean {
    const left = pair.filter((value) => this.allows(wire, value))
    if (left.length < 2) return left.length === 1 && this.assign(wire, left[0]!)
    if (this.pairs.has(wire)) return true
    const blank = !this.ranges.has(wire)
    this.pairs.set(wire, pair)
    this.paired++
    this.trail.push({ wire, kind: 'pair' })
    this.wake(wire)
    for (let at = this.rowStart[wire]!; at < this.rowStart[wire + 1]!; at++) {
      const row = this.rowOf[at]!
      this.loose[row]!--
      if (blank) this.blank[row]!--
      this.touch(row)
    }
    return true
  }

  /** Leaves the wire what is in an interval as well; false where that is nothing. */
  confine(wire: number, { lo, hi }: Range): boolean {
    if (this.isKnown(wire)) return lo <= hi && isWithin(this.values.get(wire), { lo, hi })
    const pair = this.pairs.get(wire)
    if (pair !== undefined) {
      const left = lo > hi ? [] : pair.filter((value) => isWithin(value, { lo, hi }))
      return left.length === 2 || (left.length === 1 && this.assign(wire, left[0]!))
    }
    return this.narrow(wire, lo, hi)
  }

  private narrow(wire: number, low: bigint, high: bigint): boolean {
    const before = this.ranges.get(wire)
    if (before !== undefined && !areComparable(before, low, high)) return true
    const lo = before !== undefined && before.lo > low ? before.lo : low
    const hi = before !== undefined && before.hi < high ? before.hi : high
    if (lo > hi) return false
    if (before?.lo === lo && before.hi === hi) return true
    if (lo === hi) return this.assign(wire, normal(lo))
    const times = before === undefined ? 0 : before.times + 1
    if (times > MOST_NARROWINGS) return true
    this.ranges.set(wire, { lo, hi, times })
    this.trail.push({ wire, kind: 'range', before })
    this.wake(wire)
    for (let at = this.rowStart[wire]!; at < this.rowStart[wire + 1]!; at++) {
      const row = this.rowOf[at]!
      if (before === undefined) this.blank[row]!--
      this.touch(row)
    }
    return hi - lo > 1n || this.restrict(wire, [normal(lo), normal(hi)])
  }

  /** The rows that have a wire. */
  rowsWith(wire: number): Int32Array {
    return this.rowOf.subarray(this.rowStart[wire], this.rowStart[wire + 1])
  }

  /** The interval that a wire is in. */
  rangeOf(wire: number): Range | undefined {
    const pair = this.pairs.get(wire)
    if (pair === undefined) return this.ranges.get(wire)
    const [one, other] = pair.map(signedOf) as [bigint, bigint]
    return one < other ? { lo: one, hi: other } : { lo: other, hi: one }
  }

  /** A place to come back to. */
  mark(): number {
    return this.trail.length
  }

  undo(mark: number): void {
    while (this.trail.length > mark) {
      const step = this.trail.pop()!
      if (step.kind === 'range') this.unbind(step.wire, step.before)
      else if (step.kind === 'pair') this.unpair(step.wire)
      else this.unknow(step.wire)
    }
    for (const row of this.queue) this.queued[row] = 0
    for (const row of this.later) this.delayed[row] = 0
    this.queue.length = this.later.length = 0
  }

  private unbind(wire: number, before: Narrowed | undefined): void {
    if (before !== undefined) {
      this.ranges.set(wire, before)
      return
    }
    this.ranges.delete(wire)
    for (let at = this.rowStart[wire]!; at < this.rowStart[wire + 1]!; at++) this.blank[this.rowOf[at]!]!++
  }

  private unpair(wire: number): void {
    this.pairs.delete(wire)
    this.paired--
    const blank = Number(!this.ranges.has(wire))
    for (let at = this.rowStart[wire]!; at < this.rowStart[wire + 1]!; at++) {
      const row = this.rowOf[at]!
      this.loose[row]!++
      this.blank[row]! += blank
    }
  }

  private unknow(wire: number): void {
    this.known[wire] = 0
    const pair = this.pairs.has(wire)
    if (pair) this.paired++
    const loose = Number(!pair)
    const blank = Number(!pair && !this.ranges.has(wire))
    for (let at = this.rowStart[wire]!; at < this.rowStart[wire + 1]!; at++) {
      const row = this.rowOf[at]!
      this.open[row]!++
      this.loose[row]! += loose
      this.blank[row]! += blank
    }
  }

  /** A row that something has changed for. */
  next(): number | undefined {
    const row = this.queue.pop()
    if (row !== undefined) this.queued[row] = 0
    return row
  }

  /** A row whose table is to be looked through. */
  nextLater(): number | undefined {
    const row = this.later.pop()
    if (row !== undefined) this.delayed[row] = 0
    return row
  }

  delay(row: number): void {
    if (this.delayed[row] === 1) return
    this.delayed[row] = 1
    this.later.push(row)
  }

  private wake(wire: number): void {
    for (const row of this.watched.get(wire) ?? []) if (this.open[row]! > 0) this.enqueue(row)
  }

  /** A row with many open wires says nothing yet. */
  private touch(row: number): void {
    if (this.open[row]! <= FEW || (this.loose[row]! <= MOST_LOOSE && this.blank[row]! <= 1)) this.enqueue(row)
  }

  private enqueue(row: number): void {
    if (this.queued[row] === 1) return
    this.queued[row] = 1
    this.queue.push(row)
  }
}

/** With so few open wires a row can be clear without any interval: a factor is zero, a wire cancels. */
export const FEW = 3

function isWithin(value: Felt, { lo, hi }: Range): boolean {
  const integer = BigInt(value)
  if ((lo <= integer && integer <= hi) || hi - lo >= P) return true
  // any other integer that the element stands for
  return mod(integer - lo) <= hi - lo
}

/** Whether two intervals of one wire stand for the same integers: one in the other, or both about zero. */
function areComparable(before: Range, lo: bigint, hi: bigint): boolean {
  if (before.lo <= lo && hi <= before.hi) return true
  return [before.lo, before.hi, lo, hi].every((end) => 2n * end < P && -2n * end < P)
}

/** For each wire the rows that have it, each once. */
function distinctRows({ r1cs, columns }: System): { start: Int32Array; row: Int32Array } {
  const start = new Int32Array(r1cs.wires + 1)
  const row = new Int32Array(columns.row.length)
  let count = 0
  for (let wire = 0; wire < r1cs.wires; wire++) {
    for (let entry = columns.start[wire]!; entry < columns.start[wire + 1]!; entry++) {
      const at = columns.row[entry]!
      if (count === start[wire] || row[count - 1] !== at) row[count++] = at
    }
    start[wire + 1] = count
  }
  return { start, row: row.slice(0, count) }
}
