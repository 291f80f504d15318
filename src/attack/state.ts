/**
 * What is known of a witness while its wires are deduced from the given ones: for each wire nothing, an interval, two
 * values, or one; for each row how many wires are open. Every step can be undone.
 */
import type { Felt } from '../circuit/cs/felt.js'
import { equal, normal } from '../circuit/cs/felt.js'
import { WireValues } from '../circuit/cs/wires.js'
import type { System } from './system.js'

export type Pair = readonly [Felt, Felt]

/** The integers from lo to hi, modulo P. */
export type Range = { readonly lo: bigint; readonly hi: bigint }

/** A wire whose interval has been narrowed so often gains little more: two rows could take a step each for ever. */
const MOST_NARROWINGS = 100

/** Open wires with more than two values: a row with more of them says nothing of any one's interval. */
export const MOST_LOOSE = 8

type Step =
  | { readonly wire: number; readonly kind: 'value' | 'pair' }
  | { readonly wire: number; readonly kind: 'range'; readonly before: Narrowed | undefined }

type Narrowed = Range & { readonly times: number }

export class State {
  readonly values = new WireValues()
  readonly pairs = new Map<number, Pair>()
  readonly ranges = new Map<number, Narrowed>()
  /** For each row: its wires without a value, and those of them without a pair. */
  readonly open: Int32Array
  readonly loose: Int32Array
  private readonly known: Uint8Array
  private readonly rowStart: Int32Array
  private readonly rowOf: Int32Array
  private readonly trail: Step[] = []
  private readonly queue: number[] = []
  private readonly queued: Uint8Array

  constructor(system: System) {
    const { wires, constraints } = system.r1cs
    this.open = new Int32Array(constraints)
    this.queued = new Uint8Array(constraints)
    this.known = new Uint8Array(wires)
    const { start, row } = distinctRows(system)
    this.rowStart = start
    this.rowOf = row
    for (const at of row) this.open[at]!++
    this.loose = this.open.slice()
    for (let wire = 0; wire < wires; wire++) this.values.push(0)
    for (let at = 0; at < constraints; at++) this.enqueue(at)
  }

  isKnown(wire: number): boolean {
    return this.known[wire] === 1
  }

  /** False where the wire has another value already, or two others. */
  assign(wire: number, value: Felt): boolean {
    if (this.isKnown(wire)) return equal(this.values.get(wire), value)
    const pair = this.pairs.get(wire)
    if (pair !== undefined && !pair.some((one) => equal(one, value))) return false
    this.known[wire] = 1
    this.values.set(wire, value)
    this.trail.push({ wire, kind: 'value' })
    for (let at = this.rowStart[wire]!; at < this.rowStart[wire + 1]!; at++) {
      const row = this.rowOf[at]!
      this.open[row]!--
      if (pair === undefined) this.loose[row]!--
      const loose = this.loose[row]!
      if (this.open[row]! <= 3 || loose <= 1 || loose === MOST_LOOSE) this.enqueue(row)
    }
    return true
  }

  /** Leaves the wire two values; false where it can have neither. */
  restrict(wire: number, pair: Pair): boolean {
    const before = this.pairs.get(wire)
    if (before !== undefined) {
      const both = before.filter((one) => pair.some((other) => equal(one, other)))
      return both.length === 2 || (both.length === 1 && this.assign(wire, both[0]!))
    }
    this.pairs.set(wire, pair)
    this.trail.push({ wire, kind: 'pair' })
    for (let at = this.rowStart[wire]!; at < this.rowStart[wire + 1]!; at++) {
      const row = this.rowOf[at]!
      if (--this.loose[row]! <= 1) this.enqueue(row)
    }
    return true
  }

  /** Leaves the wire an interval, which lies in the one that it has; false where that is empty. */
  confine(wire: number, { lo, hi }: Range): boolean {
    if (lo > hi) return false
    const before = this.ranges.get(wire)
    if (before?.lo === lo && before.hi === hi) return true
    if (lo === hi) return this.assign(wire, normal(lo))
    const times = before === undefined ? 0 : before.times + 1
    if (times > MOST_NARROWINGS) return true
    this.ranges.set(wire, { lo, hi, times })
    this.trail.push({ wire, kind: 'range', before })
    for (let at = this.rowStart[wire]!; at < this.rowStart[wire + 1]!; at++) {
      const row = this.rowOf[at]!
      if (this.loose[row]! <= MOST_LOOSE) this.enqueue(row)
    }
    return true
  }

  /** A place to come back to. */
  mark(): number {
    return this.trail.length
  }

  undo(mark: number): void {
    while (this.trail.length > mark) {
      const step = this.trail.pop()!
      if (step.kind === 'range') {
        if (step.before === undefined) this.ranges.delete(step.wire)
        else this.ranges.set(step.wire, step.before)
        continue
      }
      const { wire, kind } = step
      if (kind === 'pair') this.pairs.delete(wire)
      else this.known[wire] = 0
      const paired = kind === 'value' && this.pairs.has(wire)
      for (let at = this.rowStart[wire]!; at < this.rowStart[wire + 1]!; at++) {
        if (kind === 'value') this.open[this.rowOf[at]!]!++
        if (!paired) this.loose[this.rowOf[at]!]!++
      }
    }
    for (const row of this.queue) this.queued[row] = 0
    this.queue.length = 0
  }

  /** A row that something has changed for. */
  next(): number | undefined {
    const row = this.queue.pop()
    if (row !== undefined) this.queued[row] = 0
    return row
  }

  private enqueue(row: number): void {
    if (this.queued[row] === 1) return
    this.queued[row] = 1
    this.queue.push(row)
  }
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
