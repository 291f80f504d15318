/**
 * What a prover with lookups is held to before the challenge is drawn, as constraints of its own: the gadgets' rows, and for
 * each lookup a row that names the value in a wire more, its slot, which must be an entry of the table.
 *
 * The sums of round 2 hold for a random challenge only where every slot is an entry (see lookup-rows.ts), so a witness of
 * this system is what can be proven: multiplicities follow from it, inverses and quotients from the challenge.
 */
import type { Matrix, R1cs } from '../artifacts/iden3/r1cs.js'
import { entriesOf, type LookupLayout } from '../artifacts/lookups.js'
import { type Felt, negate, normal } from '../circuit/cs/felt.js'
import { WireValues } from '../circuit/cs/wires.js'

export type RoundOne = {
  readonly r1cs: R1cs
  readonly slots: Slots
}

/** Slots are the last wires, and their rows the last rows, in the order of the lookups. */
export type Slots = {
  readonly firstWire: number
  readonly firstRow: number
  readonly tableOf: Uint16Array
  readonly tables: readonly SlotTable[]
}

export type SlotTable = {
  readonly entries: Float64Array
  readonly lo: number
  readonly hi: number
  has(value: Felt): boolean
}

/** Rows and wires of round 2, and multiplicities, are left out; the challenge stays, in no row. */
export function roundOne(r1cs: R1cs, layout: LookupLayout): RoundOne {
  const firstWire = layout.secondRound - entriesOf(layout)
  const firstRow = layout.firstLookup
  const lookups = layout.tableOf.length
  const rows = firstRow + lookups
  const c = grow(r1cs.c, firstRow, rows, lookups + r1cs.b.rowStart[rows]! - r1cs.b.rowStart[firstRow]!)
  let entry = r1cs.c.rowStart[firstRow]!
  for (let i = 0; i < lookups; i++) {
    for (let at = r1cs.b.rowStart[firstRow + i]!; at < r1cs.b.rowStart[firstRow + i + 1]!; at++) {
      if (r1cs.b.wire[at] === layout.beta) continue
      c.wire[entry] = r1cs.b.wire[at]!
      c.coefficient[entry++] = r1cs.b.coefficient[at]!
    }
    c.wire[entry] = firstWire + i
    c.coefficient[entry++] = 1
    c.rowStart[firstRow + i + 1] = entry
  }
  return {
    r1cs: {
      ...r1cs,
      wires: firstWire + lookups,
      constraints: rows,
      a: grow(r1cs.a, firstRow, rows, 0),
      b: grow(r1cs.b, firstRow, rows, 0),
      c: { ...c, wire: c.wire.slice(0, entry), coefficient: c.coefficient.slice(0, entry) },
    },
    slots: { firstWire, firstRow, tableOf: layout.tableOf, tables: layout.tables.map(slotTable) },
  }
}

/** The first rows of a matrix, then empty ones, with room for so many entries more. */
function grow({ rowStart, wire, coefficient }: Matrix, kept: number, rows: number, room: number): Matrix {
  const end = rowStart[kept]!
  const starts = new Int32Array(rows + 1).fill(end)
  starts.set(rowStart.subarray(0, kept + 1))
  const extended = (values: Int32Array) => {
    const longer = new Int32Array(end + room)
    longer.set(values.subarray(0, end))
    return longer
  }
  return { rowStart: starts, wire: extended(wire), coefficient: extended(coefficient) }
}

function slotTable({ entries }: { readonly entries: Float64Array }): SlotTable {
  const all = new Set(entries)
  return {
    entries,
    lo: entries.reduce((least, entry) => Math.min(least, entry), Infinity),
    hi: entries.reduce((most, entry) => Math.max(most, entry), -Infinity),
    has(value) {
      const number = typeof value === 'number' ? value : normal(value)
      return typeof number === 'number' && all.has(number)
    },
  }
}

/** A witness of round 1 with what its slots are; `dot` multiplies a row's side C out. */
export function withSlots(
  { firstWire, firstRow, tableOf }: Slots,
  values: WireValues,
  dot: (row: number, values: WireValues) => Felt,
): WireValues {
  const extended = new WireValues()
  for (let wire = 0; wire < firstWire; wire++) extended.push(values.get(wire))
  for (let i = 0; i < tableOf.length; i++) extended.push(0)
  for (const i of tableOf.keys()) extended.set(firstWire + i, negate(dot(firstRow + i, extended)))
  return extended
}
