/**
 * The constraint system that only counts: what a circuit would cost, layer by layer, without writing it.
 *
 * A value is the number of its terms, an upper bound: terms that cancel or meet are counted apart.
 */
import { type BitRun, type ConstraintSystem, type Layout, privateInputCount, type Rows } from './api.js'

export class Counter implements ConstraintSystem<number> {
  constraints = 0
  /** Entries of the matrices A and B, which a proving key stores one by one. */
  entries = 0
  wires: number
  /** Constraints of each outermost scope, in the order of appearance. */
  readonly layers = new Map<string, number>()
  private layer: string | undefined

  constructor(layout: Layout) {
    this.wires = 1 + layout.publicOutputs.length + layout.publicInputs.length + privateInputCount(layout)
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
    this.wires += wires
    this.constraints += constraints
    const layer = this.layer ?? 'main'
    this.layers.set(layer, (this.layers.get(layer) ?? 0) + constraints)
    return wires
  }
}
