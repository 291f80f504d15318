/**
 * What lies beside the constraints of a circuit with lookups (`circuit.lookups`): which wires and rows belong to them.
 *
 * Wires: 1, public signals, beta; round 1 up to `secondRound`, the multiplicities of all tables last; then round 2, one
 * inverse a lookup and one quotient a table entry. Rows: those of gadgets, then from `firstLookup` on one a lookup, one a
 * table entry and one a table. docs/lookups.md has the equations.
 *
 * The file is an iden3 container, "lkup" version 1, all numbers little-endian. Section 1: beta, secondRound, firstLookup,
 * number of lookups, of tables, of entries (u32 each). Section 2: the table of each lookup (u16). Section 3: for each
 * table its number of entries (u32), bytes of name (u16), name (UTF-8). Section 4: the entries, table by table (i64).
 * Where multiplicities and quotients begin follows from these, and is not written down.
 */
import { BaseError } from '../base/errors.js'
import {
  allocate,
  type Format,
  fromBytes,
  malformed,
  readSections,
  type Source,
  view,
} from './iden3/binfile.js'

export type LookupLayout = {
  /** The wire of the challenge: the first after the public signals. */
  readonly beta: number
  /** The first wire of round 2. */
  readonly secondRound: number
  /** The first row that is not a gadget's. */
  readonly firstLookup: number
  /** Of each lookup. */
  readonly tableOf: Uint16Array
  readonly tables: readonly LookupTable[]
}

export type LookupTable = {
  /** For people: 'range 8', 'relu conv1'. */
  readonly name: string
  /** Integers that float64 holds exactly; a negative one stands for P + entry. No two are alike. */
  readonly entries: Float64Array
  /** The wire that counts the lookups of the first entry; the others' follow it. */
  readonly multiplicities: number
  /** The wire of the first entry's quotient; the others' follow it. */
  readonly quotients: number
}

/** A layout without what follows from the rest. */
export type LookupPlan = Omit<LookupLayout, 'tables'> & {
  readonly tables: readonly Pick<LookupTable, 'name' | 'entries'>[]
}

/** Gives each table its wires, in their order. Throws `LayoutError` for a layout that no builder makes. */
export function layOut(plan: LookupPlan): LookupLayout {
  const entries = entriesOf(plan)
  let [multiplicities, quotients] = [plan.secondRound - entries, plan.secondRound + plan.tableOf.length]
  const tables = plan.tables.map(({ name, entries }) => {
    const table = { name, entries, multiplicities, quotients }
    multiplicities += entries.length
    quotients += entries.length
    return table
  })
  const layout = { ...plan, tables }
  const problem = problemOf(layout)
  if (problem !== undefined) throw new LayoutError(problem)
  return layout
}

/** How many entries all tables have. */
export function entriesOf({ tables }: Pick<LookupPlan, 'tables'>): number {
  return tables.reduce((sum, { entries }) => sum + entries.length, 0)
}

/** How many rows lookups, entries and tables have together, which follow those of gadgets. */
export function lookupRows(layout: Pick<LookupPlan, 'tables' | 'tableOf'>): number {
  return layout.tableOf.length + entriesOf(layout) + layout.tables.length
}

/** How many wires round 2 has. */
export function secondRoundWires(layout: Pick<LookupPlan, 'tables' | 'tableOf'>): number {
  return layout.tableOf.length + entriesOf(layout)
}

/** The bytes of a `.lookups` file. */
export function encode(layout: LookupLayout): Uint8Array {
  const names = layout.tables.map(({ name }) => new TextEncoder().encode(name))
  const heads = names.reduce((sum, name) => sum + HEAD_BYTES + name.length, 0)
  const { bytes, sections } = allocate(FORMAT, [
    [1, HEADER_BYTES],
    [2, 2 * layout.tableOf.length],
    [3, heads],
    [4, 8 * entriesOf(layout)],
  ])
  const [header, tableOf, tables, entries] = sections.map(view) as [DataView, DataView, DataView, DataView]
  const counts = [layout.tableOf.length, layout.tables.length, entriesOf(layout)]
  ;[layout.beta, layout.secondRound, layout.firstLookup, ...counts].forEach((value, i) => {
    header.setUint32(4 * i, value, true)
  })
  layout.tableOf.forEach((table, i) => {
    tableOf.setUint16(2 * i, table, true)
  })
  let [head, entry] = [0, 0]
  layout.tables.forEach((table, t) => {
    tables.setUint32(head, table.entries.length, true)
    tables.setUint16(head + 4, names[t]!.length, true)
    sections[2]!.set(names[t]!, head + HEAD_BYTES)
    head += HEAD_BYTES + names[t]!.length
    for (const value of table.entries) entries.setBigInt64(8 * entry++, BigInt(value), true)
  })
  return bytes
}

/**
 * Reads a `.lookups` file; `name` stands in the errors. Throws `MalformedFileError` on anything but the bytes that
 * `encode` writes for a layout of `layOut`; whether it fits a circuit is for `lookup-rows.ts` to say.
 */
export function decode(bytes: Uint8Array, name = '.lookups'): LookupLayout {
  const source = fromBytes(bytes, name)
  const sections = readSections(source, FORMAT)
  const header = sections.get(1)!
  if (header.length !== HEADER_BYTES)
    throw malformed(source, `its header has ${header.length} bytes instead of ${HEADER_BYTES}`)
  const [beta, secondRound, firstLookup, lookups, tables, entries] = Array.from({ length: 6 }, (_, i) =>
    view(header).getUint32(4 * i, true),
  ) as [number, number, number, number, number, number]
  const tableOf = readTableOf(source, sections.get(2)!, lookups)
  const plan = { beta, secondRound, firstLookup, tableOf }
  try {
    return layOut({
      ...plan,
      tables: readTables(source, sections.get(3)!, sections.get(4)!, tables, entries),
    })
  } catch (error) {
    throw error instanceof LayoutError ? malformed(source, error.problem) : error
  }
}

const FORMAT: Format = { magic: 'lkup', version: 1, sections: [1, 2, 3, 4] }
const HEADER_BYTES = 24
const HEAD_BYTES = 6
const MOST_TABLES = 2 ** 16

function readTableOf(source: Source, section: Uint8Array, lookups: number): Uint16Array {
  if (section.length !== 2 * lookups)
    throw malformed(source, `its ${lookups} lookups take ${section.length} bytes instead of 2 each`)
  const bytes = view(section)
  return Uint16Array.from({ length: lookups }, (_, i) => bytes.getUint16(2 * i, true))
}

function readTables(source: Source, heads: Uint8Array, values: Uint8Array, tables: number, entries: number) {
  if (values.length !== 8 * entries)
    throw malformed(source, `its ${entries} entries take ${values.length} bytes instead of 8 each`)
  const [bytes, all] = [view(heads), readEntries(source, view(values), entries)]
  const found: { name: string; entries: Float64Array }[] = []
  let [head, first] = [0, 0]
  while (head + HEAD_BYTES <= heads.length) {
    const [count, length] = [bytes.getUint32(head, true), bytes.getUint16(head + 4, true)]
    const name = readName(source, heads.subarray(head + HEAD_BYTES, head + HEAD_BYTES + length))
    head += HEAD_BYTES + length
    if (head > heads.length || first + count > entries) break
    found.push({ name, entries: all.slice(first, first + count) })
    first += count
  }
  if (head !== heads.length || first !== entries || found.length !== tables)
    throw malformed(source, `its tables are not ${tables} with ${entries} entries together`)
  return found
}

function readEntries(source: Source, bytes: DataView, entries: number): Float64Array {
  return Float64Array.from({ length: entries }, (_, i) => {
    const value = Number(bytes.getBigInt64(8 * i, true))
    if (!Number.isSafeInteger(value)) throw malformed(source, `its entry ${i} is beyond 2^53`)
    return value
  })
}

function readName(source: Source, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw malformed(source, 'the name of a table is not UTF-8')
  }
}

function problemOf(layout: LookupLayout): string | undefined {
  const { beta, secondRound, firstLookup, tableOf, tables } = layout
  if (tables.length > MOST_TABLES) return `it has ${tables.length} tables, more than ${MOST_TABLES}`
  if (beta < 1) return `its challenge is wire ${beta}`
  if (secondRound - entriesOf(layout) <= beta)
    return `its second round begins at wire ${secondRound}, which leaves no room for its multiplicities`
  if (secondRound + secondRoundWires(layout) >= 2 ** 32 || firstLookup + lookupRows(layout) >= 2 ** 32)
    return 'it has more wires or rows than a file can count'
  const stray = tableOf.findIndex((table) => table >= tables.length)
  if (stray >= 0) return `its lookup ${stray} is in table ${tableOf[stray]} of ${tables.length}`
  for (const table of tables) {
    const problem = tableProblem(table)
    if (problem !== undefined) return `its table "${table.name}" ${problem}`
  }
  return undefined
}

function tableProblem({ entries, name }: LookupTable): string | undefined {
  if (entries.length === 0) return 'has no entries'
  if (new TextEncoder().encode(name).length >= 2 ** 16) return 'has a name that is too long'
  const odd = entries.find((entry) => !Number.isSafeInteger(entry) || Object.is(entry, -0))
  if (odd !== undefined) return `has the entry ${odd}, which is no exact integer`
  return new Set(entries).size === entries.length ? undefined : 'has an entry twice'
}

export class LayoutError extends BaseError {
  override name = 'Lookups.LayoutError'
  constructor(readonly problem: string) {
    super(`These lookups cannot be laid out: ${problem}.`, {
      hint: 'tables hold different exact integers; compile the model again',
    })
  }
}
