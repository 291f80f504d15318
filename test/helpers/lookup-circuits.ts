/** Small circuits with lookups, made by hand: systems, layouts and witnesses of round 1 for tests of keys and proofs. */
import * as R1cs from '../../src/artifacts/iden3/r1cs.js'
import * as Wtns from '../../src/artifacts/iden3/wtns.js'
import * as Lookups from '../../src/artifacts/lookups.js'
import { mod } from '../../src/base/field.js'
import { Random } from '../../src/base/random.js'
import { type Row, system, witnessOf } from './r1cs.js'

export type LookupPlan = {
  readonly name: string
  readonly signals: readonly bigint[]
  /** Values of round 1 without the multiplicities. Their wires begin after the challenge's: `first` of so many signals. */
  readonly values: readonly bigint[]
  readonly gadgets: readonly (readonly [Row, Row, Row])[]
  readonly tables: readonly (readonly number[])[]
  /** Looked-up expressions, each in its table. */
  readonly lookups: readonly { readonly table: number; readonly row: Row }[]
}

export type LookupCircuit = {
  readonly name: string
  readonly r1cs: R1cs.R1cs
  readonly layout: Lookups.LookupLayout
  readonly witness: Wtns.Witness
}

/** The first wire of round 1. */
export const first = (signals: number) => signals + 2

export const range = (bits: number): number[] => Array.from({ length: 2 ** bits }, (_, value) => value)

export function build({ name, signals, values, gadgets, tables, lookups }: LookupPlan): LookupCircuit {
  const beta = signals.length + 1
  const entries = tables.reduce((sum, { length }) => sum + length, 0)
  const multiplicities = beta + 1 + values.length
  const secondRound = multiplicities + entries
  const layout = Lookups.layOut({
    beta,
    secondRound,
    firstLookup: gadgets.length,
    tableOf: Uint16Array.from(lookups, ({ table }) => table),
    tables: tables.map((table, i) => ({ name: `table ${i}`, entries: Float64Array.from(table) })),
  })
  const negative = (row: Row): Row =>
    Object.fromEntries(Object.entries(row).map(([wire, value]) => [wire, -value]))
  const rows: (readonly [Row, Row, Row])[] = [
    ...gadgets,
    ...lookups.map(({ row }, i): [Row, Row, Row] => [
      { [secondRound + i]: 1n },
      { ...negative(row), [beta]: 1n },
      { 0: 1n },
    ]),
    ...layout.tables.flatMap((table) =>
      Array.from(table.entries, (entry, i): [Row, Row, Row] => [
        { [table.quotients + i]: 1n },
        { [beta]: 1n, ...(entry === 0 ? {} : { 0: BigInt(-entry) }) },
        { [table.multiplicities + i]: 1n },
      ]),
    ),
    ...layout.tables.map((table, t): [Row, Row, Row] => [
      {},
      {},
      {
        ...Object.fromEntries(
          lookups.flatMap(({ table }, i) => (table === t ? [[secondRound + i, 1n] as const] : [])),
        ),
        ...Object.fromEntries(Array.from(table.entries, (_, i) => [table.quotients + i, -1n] as const)),
      },
    ]),
  ]
  const wires = secondRound + lookups.length + entries
  const known = [1n, ...signals, 0n, ...values]
  const counts = tables.map((table) => table.map(() => 0n))
  for (const { table, row } of lookups) {
    const value = Object.entries(row).reduce((sum, [wire, factor]) => sum + factor * known[Number(wire)]!, 0n)
    const place = tables[table]!.findIndex((entry) => mod(BigInt(entry) - value) === 0n)
    if (place >= 0) counts[table]![place]!++
  }
  return {
    name,
    r1cs: system(wires, { outputs: 0, inputs: beta, privateInputs: 0 }, rows),
    layout,
    witness: witnessOf(...signals, 0n, ...values, ...counts.flat()),
  }
}

/** Bytes as the circuit's folder has them. */
export function filesOf({ r1cs, layout, witness }: LookupCircuit) {
  return { r1cs: R1cs.encode(r1cs), lookups: Lookups.encode(layout), wtns: Wtns.encode(witness) }
}

/** A square of a private number in a range, shown; the number is two chunks. */
export function squares(count: number, bits = 4, seed = 1): LookupCircuit {
  const random = new Random(seed)
  const chunks = Array.from({ length: 2 * count }, () => BigInt(random.int(0, 2 ** bits - 1)))
  const values = Array.from(
    { length: count },
    (_, i) => chunks[2 * i]! + (chunks[2 * i + 1]! << BigInt(bits)),
  )
  const signals = values.map((value) => value * value)
  const wire = (i: number) => first(count) + i
  // the value's wire, then its high chunk's; the low one is what is left
  return build({
    name: `${count} squares of numbers of ${2 * bits} bits`,
    signals,
    values: values.flatMap((value, i) => [value, chunks[2 * i + 1]!]),
    gadgets: values.map((_, i) => [{ [wire(2 * i)]: 1n }, { [wire(2 * i)]: 1n }, { [1 + i]: 1n }]),
    tables: [range(bits)],
    lookups: values.flatMap((_, i) => [
      { table: 0, row: { [wire(2 * i + 1)]: 1n } },
      { table: 0, row: { [wire(2 * i)]: 1n, [wire(2 * i + 1)]: -(1n << BigInt(bits)) } },
    ]),
  })
}

/** Two tables, one with negative entries; a public wire and constants in looked-up expressions; a full value. */
export const MIXED: LookupCircuit = build({
  name: 'two tables, signals and constants in lookups, a full value',
  signals: [5n, 3n],
  values: [7n, mod(-9n), 2n ** 200n + 1n, mod(49n * (2n ** 200n + 1n))],
  gadgets: [
    [{ 6: 1n }, { 4: 7n }, { 7: 1n }],
    [{ 1: 1n, 2: 2n }, { 0: 1n }, { 4: 1n, 0: 4n }],
  ],
  tables: [range(3), [-9, -4, 1, 6, 2 ** 40]],
  lookups: [
    { table: 0, row: { 1: 1n } },
    { table: 0, row: { 4: 1n, 2: -1n, 0: 1n } },
    { table: 1, row: { 5: 1n } },
    { table: 1, row: { 0: 2n ** 40n } },
    { table: 1, row: { 5: 1n, 1: 1n } },
    { table: 0, row: {} },
  ],
})

/** One lookup of a public wire, and nothing else. */
export const SMALLEST: LookupCircuit = build({
  name: 'a signal of one bit',
  signals: [1n],
  values: [],
  gadgets: [],
  tables: [[0, 1]],
  lookups: [{ table: 0, row: { 1: 1n } }],
})

/** No signals at all: the challenge is the first wire. */
export const SILENT: LookupCircuit = build({
  name: 'no signals',
  signals: [],
  values: [2n, 4n],
  gadgets: [[{ 2: 1n }, { 2: 1n }, { 3: 1n }]],
  tables: [[1, 2, 4, 8]],
  lookups: [
    { table: 0, row: { 2: 1n } },
    { table: 0, row: { 3: 1n } },
  ],
})

export const LOOKUP_CIRCUITS: readonly LookupCircuit[] = [SMALLEST, SILENT, MIXED, squares(3, 2), squares(9)]

/** Many private numbers of 8 + 11 bits, a tenth of them squared; one signal. Like a net's in its sizes. */
export function rescales(count: number, seed = 1): LookupCircuit {
  const random = new Random(seed)
  const pairs = Array.from(
    { length: count },
    () => [random.int(0, 2 ** 8 - 1), random.int(0, 2 ** 11 - 1)] as const,
  )
  const squared = Math.floor(count / 10)
  const [value, high, square] = [0, count, 2 * count].map((offset) => (i: number) => first(1) + offset + i)
  const values = pairs.map(([low, top]) => BigInt(low + 2 ** 8 * top))
  return build({
    name: `${count} private numbers of 19 bits`,
    signals: [values[0]!],
    values: [
      ...values,
      ...pairs.map(([, top]) => BigInt(top)),
      ...values.slice(0, squared).map((one) => one * one),
    ],
    gadgets: Array.from({ length: squared }, (_, i) => [
      { [value!(i)]: 1n },
      { [value!(i)]: 1n },
      { [square!(i)]: 1n },
    ]),
    tables: [range(8), range(11)],
    lookups: pairs.flatMap((_, i) => [
      { table: 0, row: { [value!(i)]: 1n, [high!(i)]: -256n } },
      { table: 1, row: { [high!(i)]: 1n } },
    ]),
  })
}
