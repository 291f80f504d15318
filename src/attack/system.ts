/**
 * A constraint system as attacks look at it: by rows and by wires, with the wires that are not the prover's to choose.
 */
import { LARGE, type Matrix, type R1cs } from '../artifacts/iden3/r1cs.js'
import { get, type Witness } from '../artifacts/iden3/wtns.js'
import { assertLookups } from '../artifacts/lookup-rows.js'
import type { LookupLayout } from '../artifacts/lookups.js'
import type { Felt } from '../circuit/cs/felt.js'
import { add, equal, multiply, negate, normal } from '../circuit/cs/felt.js'
import { WireValues } from '../circuit/cs/wires.js'
import { roundOne, type Slots, type SlotTable, withSlots } from './round-one.js'

export type System = {
  readonly r1cs: R1cs
  /** Of a circuit with lookups: its last wires and rows, of round 1 (round-one.ts). Slots are given, for nobody chooses them. */
  readonly slots?: Slots | undefined
  /** With round 2, which is there once the challenge is. */
  readonly whole?: { readonly r1cs: R1cs; readonly layout: LookupLayout } | undefined
  /** 1 for the wires that are given: the constant one and the inputs. All others are the prover's, outputs too. */
  readonly given: Uint8Array
  readonly columns: Columns
  readonly nameOf: (wire: number) => string
}

/** The same entries by wire: those of wire w from start[w] to start[w + 1], by rising row, then side (0 A, 1 B, 2 C). */
type Columns = {
  readonly start: Int32Array
  readonly row: Int32Array
  readonly side: Uint8Array
  readonly coefficient: Int32Array
}

/**
 * Indexes a constraint system. `isInput` says which wires are given; by default those that the header counts as
 * inputs, public and private.
 */
export function openSystem(
  r1cs: R1cs,
  nameOf: (wire: number) => string,
  isInput: (wire: number) => boolean = inputsOfHeader(r1cs),
): System {
  const given = Uint8Array.from({ length: r1cs.wires }, (_, wire) => Number(wire === 0 || isInput(wire)))
  return { r1cs, given, columns: transpose(r1cs), nameOf }
}

/** The same of a circuit with lookups, as it stands before the challenge. Throws `LookupRowsError` where its rows are not those of its lookups. */
export function openLookups(whole: R1cs, layout: LookupLayout, nameOf: (wire: number) => string): System {
  assertLookups(whole, layout)
  const { r1cs, slots } = roundOne(whole, layout)
  const name = (wire: number) =>
    wire < slots.firstWire ? nameOf(wire) : nameOf(layout.secondRound + wire - slots.firstWire)
  const isInput = inputsOfHeader(r1cs)
  const system = openSystem(r1cs, name, (wire) => isInput(wire) || wire >= slots.firstWire)
  return { ...system, slots, whole: { r1cs: whole, layout } }
}

function inputsOfHeader({ publicOutputs, publicInputs, privateInputs }: R1cs): (wire: number) => boolean {
  const first = 1 + publicOutputs
  return (wire) => wire >= first && wire < first + publicInputs + privateInputs
}

/** A wire's coefficients in one row. */
export type Visitor = (row: number, a: Felt, b: Felt, c: Felt) => boolean

/** Goes over the rows that have the wire until the visitor says false. */
export function visitRows({ r1cs, columns }: System, wire: number, visit: Visitor): void {
  const { start, row, side, coefficient } = columns
  const end = start[wire + 1]!
  const sides: [Felt, Felt, Felt] = [0, 0, 0]
  for (let entry = start[wire]!; entry < end; ) {
    const at = row[entry]!
    sides[0] = sides[1] = sides[2] = 0
    for (; entry < end && row[entry] === at; entry++)
      sides[side[entry]!] = coefficientAt(r1cs, coefficient[entry]!)
    if (!visit(at, sides[0], sides[1], sides[2])) return
  }
}

export function coefficientAt({ large }: R1cs, code: number): Felt {
  return code >= LARGE ? large[code - LARGE]! : code
}

/** One side of a row, multiplied out, but for its last so many entries. */
export function dot(r1cs: R1cs, matrix: Matrix, row: number, values: WireValues, last = 0): Felt {
  const { rowStart, wire, coefficient } = matrix
  const end = rowStart[row + 1]! - last
  let [sum, magnitude] = [0, 0]
  for (let entry = rowStart[row]!; entry < end; entry++) {
    const [value, code] = [values.get(wire[entry]!), coefficient[entry]!]
    if (typeof value !== 'number' || code >= LARGE) return dotInField(r1cs, matrix, row, values, end)
    const term = value * code
    sum += term
    magnitude += Math.abs(term)
  }
  return magnitude <= Number.MAX_SAFE_INTEGER ? sum : dotInField(r1cs, matrix, row, values, end)
}

function dotInField(
  r1cs: R1cs,
  { rowStart, wire, coefficient }: Matrix,
  row: number,
  values: WireValues,
  end: number,
): Felt {
  let sum = 0n
  for (let entry = rowStart[row]!; entry < end; entry++) {
    sum += BigInt(coefficientAt(r1cs, coefficient[entry]!)) * BigInt(values.get(wire[entry]!))
  }
  return normal(sum)
}

/** A row holds; where it names a slot, that slot is an entry of its table too. */
export function holds(
  { r1cs, slots }: Pick<System, 'r1cs' | 'slots'>,
  row: number,
  values: WireValues,
): boolean {
  return rowHolds(r1cs, row, values) && (slots === undefined || isEntry(slots, row, values))
}

function isEntry({ firstRow, firstWire, tableOf, tables }: Slots, row: number, values: WireValues): boolean {
  const lookup = row - firstRow
  if (lookup < 0 || lookup >= tableOf.length) return true
  return tables[tableOf[lookup]!]!.has(values.get(firstWire + lookup))
}

function rowHolds(r1cs: R1cs, row: number, values: WireValues): boolean {
  const a = dot(r1cs, r1cs.a, row, values)
  return equal(multiply(a, dot(r1cs, r1cs.b, row, values)), dot(r1cs, r1cs.c, row, values))
}

/** The same of wires without slots: what the row looks up is an entry. */
export function holdsUnslotted({ r1cs, slots }: System, row: number, values: WireValues): boolean {
  if (slots === undefined || row < slots.firstRow) return rowHolds(r1cs, row, values)
  const { tables, tableOf, firstRow } = slots
  return tables[tableOf[row - firstRow]!]!.has(negate(dot(r1cs, r1cs.c, row, values, 1)))
}

/** Whether a row names what a lookup is of. */
export function isSlotRow({ slots }: System, row: number): boolean {
  return slots !== undefined && row >= slots.firstRow && row < slots.firstRow + slots.tableOf.length
}

/** Whether a wire is what a lookup is of. */
export function isSlot({ slots }: System, wire: number): boolean {
  return slots !== undefined && wire >= slots.firstWire && wire < slots.firstWire + slots.tableOf.length
}

/** The table that a slot has an entry of. */
export function tableAt({ slots }: System, wire: number): SlotTable {
  return slots!.tables[slots!.tableOf[wire - slots!.firstWire]!]!
}

/** Whether a table has more to say than that its entries are in an interval. */
export function hasGaps({ entries, lo, hi }: SlotTable): boolean {
  return entries.length > 0 && hi - lo + 1 !== entries.length
}

/** The first row that does not hold. */
export function firstBroken(system: Pick<System, 'r1cs' | 'slots'>, values: WireValues): number | undefined {
  for (let row = 0; row < system.r1cs.constraints; row++) if (!holds(system, row, values)) return row
  return undefined
}

/** The same of constraints alone. */
export function firstBrokenRow(r1cs: R1cs, values: WireValues): number | undefined {
  return firstBroken({ r1cs }, values)
}

/** The wires of the system, by those of a witness: with its slots, where it has some. */
export function wiresOf({ r1cs, slots }: System, values: WireValues): WireValues {
  if (slots === undefined) return values
  return withSlots(slots, values, (row, extended) => dot(r1cs, r1cs.c, row, extended))
}

/** The three sides of every row at one witness. */
export type Sums = { readonly a: readonly Felt[]; readonly b: readonly Felt[]; readonly c: readonly Felt[] }

export function sumsOf(r1cs: R1cs, values: WireValues): Sums {
  const side = (matrix: Matrix) =>
    Array.from({ length: r1cs.constraints }, (_, row) => dot(r1cs, matrix, row, values))
  return { a: side(r1cs.a), b: side(r1cs.b), c: side(r1cs.c) }
}

/** By how much a row moves when a wire with these coefficients does: A'B + AB' - C'. */
export function slope({ a, b }: Sums, row: number, [da, db, dc]: readonly [Felt, Felt, Felt]): Felt {
  const product = add(multiply(da, b[row]!), multiply(db, a[row]!))
  return add(product, multiply(dc, -1))
}

export function valuesOf(witness: Witness): WireValues {
  const values = new WireValues()
  for (let wire = 0; wire < witness.wires; wire++) values.push(normal(get(witness, wire)))
  return values
}

/** The values of the first wires, by default of all. */
export function copyOf(values: WireValues, wires = values.length): WireValues {
  const copy = new WireValues()
  for (let wire = 0; wire < wires; wire++) copy.push(values.get(wire))
  return copy
}

/** The entries of a system's rows by wire. */
export function transpose({ wires, constraints, a, b, c }: R1cs): Columns {
  const sides = [a, b, c]
  const start = new Int32Array(wires + 1)
  for (const { wire } of sides) for (const id of wire) start[id + 1]!++
  for (let wire = 0; wire < wires; wire++) start[wire + 1]! += start[wire]!
  const entries = start[wires]!
  const columns = {
    start,
    row: new Int32Array(entries),
    side: new Uint8Array(entries),
    coefficient: new Int32Array(entries),
  }
  const next = start.slice()
  for (let row = 0; row < constraints; row++) {
    sides.forEach(({ rowStart, wire, coefficient }, side) => {
      for (let entry = rowStart[row]!; entry < rowStart[row + 1]!; entry++) {
        const at = next[wire[entry]!]!++
        columns.row[at] = row
        columns.side[at] = side
        columns.coefficient[at] = coefficient[entry]!
      }
    })
  }
  return columns
}
