/**
 * The constraint system that only counts: what a circuit would cost, layer by layer, without writing it.
 *
 * A value is the number of its terms, an upper bound: terms that cancel or meet are counted apart.
 */
import { type BitRun, type ConstraintSystem, type Layout, privateInputCount, type Rows } from './api.js'
import type { Lookups } from './chunks.js'
import { type Table, Tables } from './tables.js'

export class Counter implements ConstraintSystem<number> {
  constraints = 0
  /** Entries of the matrices A and B, which a proving key stores one by one. */
  entries = 0
  wires: number
  /** Constraints of each outermost scope, in the order of appearance. */
  readonly layers = new Map<string, number>()
  /** Lookups so far, and their tables: counted among constraints, wires and entries by `finish` only. */
  lookupCount = 0
  readonly tables = new Tables()
  private layer: string | undefined

  constructor(
    layout: Layout,
    readonly lookups?: Lookups,
  ) {
    this.wires = 1 + layout.publicOutputs.length + layout.publicInputs.length + privateInputCount(layout)
    if (lookups !== undefined) this.wires++
  }

  /** Adds what tables cost: a row and three wires an entry, two of them inverses or quotients; a row a table. */
  finish(): void {
    for (const { size } of this.tables.list) {
      this.entries += 3 * size
      this.addTo('tables', 2 * size, size + 1)
    }
  }

  /** Entries of all tables. */
  tableEntries(): number {
    return this.tables.list.reduce((sum, { size }) => sum + size, 0)
  }

  constant(value: number | bigint): number {
    return Number(value !== 0 && value !== 0n)
  }

  combine(values: readonly number[], _weights: unknown, constant: number | bigint = 0): number {
    return values.reduce((sum, terms) => sum + terms, this.constant(constant))
  }

  row(rows: Rows, index: number, values: readonly number[]): number {
    let terms = 1
    for (let entry = rows.rowStart[index]!; entry < rows.rowStart[index + 1]!; entry++) {
      terms += values[rows.column[entry]!]!
    }
    return terms
  }

  product(a: number, b: number): number {
    this.entries += a + b
    return this.add(1, 1)
  }

  wire(): number {
    return this.add(1, 1)
  }

  output(): number {
    return this.add(1, 1)
  }

  multiplyAdd(a: number, b: number): number {
    return this.product(a, b)
  }

  bits(_value: number, count: number): BitRun {
    this.entries += 2 * count
    this.add(count, count + 1)
    return { first: this.wires - count, count }
  }

  choose(_values: readonly number[], count: number): BitRun {
    this.entries += 2 * count
    this.add(count, count)
    return { first: this.wires - count, count }
  }

  advise(_values: readonly number[], count: number): number[] {
    this.wires += count
    return new Array<number>(count).fill(1)
  }

  lookup(table: Table, value: number): void {
    this.tables.idOf(table)
    this.lookupCount++
    this.entries += value + 2
    this.add(1, 1)
  }

  limb(_run: BitRun, from: number, to: number): number {
    return to - from
  }

  assertProduct(a: number, b: number): void {
    this.entries += a + b
    this.add(0, 1)
  }

  privateInput(): number {
    return 1
  }

  publicInput(): number {
    return 1
  }

  assertPublicOutput(): void {
    this.add(0, 1)
  }

  scope<T>(name: string, _index: number | undefined, body: () => T): T {
    if (this.layer !== undefined) return body()
    this.layer = name
    const result = body()
    this.layer = undefined
    return result
  }

  private add(wires: number, constraints: number): number {
    return this.addTo(this.layer ?? 'main', wires, constraints)
  }

  private addTo(layer: string, wires: number, constraints: number): number {
    this.wires += wires
    this.constraints += constraints
    this.layers.set(layer, (this.layers.get(layer) ?? 0) + constraints)
    return wires
  }
}
