/**
 * Linear combinations of wires: what the builder's values are.
 *
 * Terms stand by rising wire, none twice, none zero; wire 0 is the constant one. Coefficients are exact integers in
 * float64 as long as all of them are; one that is not turns the whole combination to bigints in [0, P).
 */
import { mod } from '../../base/field.js'
import type { Rows } from './api.js'

export type Lc = {
  readonly wires: Int32Array
  readonly coefficients: Float64Array | readonly bigint[]
}

const NONE = new Int32Array(0)
export const ZERO: Lc = { wires: NONE, coefficients: new Float64Array(0) }

export function ofWire(wire: number): Lc {
  return { wires: Int32Array.of(wire), coefficients: Float64Array.of(1) }
}

export function ofConstant(value: number | bigint): Lc {
  if (value === 0 || value === 0n) return ZERO
  const small = Number(value)
  if (Number.isSafeInteger(small)) return { wires: Int32Array.of(0), coefficients: Float64Array.of(small) }
  return { wires: Int32Array.of(0), coefficients: [mod(BigInt(value))] }
}

/** Sum of 2^i * wire (first + i), for less than 53 wires in float64 and any number in bigints. */
export function ofBits(first: number, count: number): Lc {
  const wires = Int32Array.from({ length: count }, (_, i) => first + i)
  if (count <= 53) return { wires, coefficients: Float64Array.from({ length: count }, (_, i) => 2 ** i) }
  return { wires, coefficients: Array.from({ length: count }, (_, i) => 1n << BigInt(i)) }
}

/** Adds up scaled combinations in a dense scratch row that is as long as there are wires. */
export class Summer {
  private sums = new Float64Array(1024)
  private marks = new Uint8Array(1024)
  private touched = new Int32Array(1024)
  private count = 0

  /** constant + sum of weights[i] * terms[i]. */
  combine(
    terms: readonly Lc[],
    weights: readonly (number | bigint)[],
    constant: number | bigint,
    wires: number,
  ): Lc {
    this.reserve(wires)
    let exact = typeof constant === 'number' && this.add(0, constant)
    for (let i = 0; i < terms.length && exact; i++) exact = this.addScaled(terms[i]!, weights[i]!)
    return this.finish(exact) ?? combineLarge(terms, weights, constant)
  }

  /** A row of a sparse matrix over combinations. */
  row(rows: Rows, index: number, values: readonly Lc[], wires: number): Lc {
    this.reserve(wires)
    const [from, to] = [rows.rowStart[index]!, rows.rowStart[index + 1]!]
    let exact = this.add(0, rows.bias[index]!)
    for (let entry = from; entry < to && exact; entry++) {
      exact = this.addScaled(values[rows.column[entry]!]!, rows.weights[rows.weight[entry]!]!)
    }
    return this.finish(exact) ?? rowLarge(rows, index, values)
  }

  private addScaled({ wires, coefficients }: Lc, weight: number | bigint): boolean {
    if (typeof weight === 'bigint' || !(coefficients instanceof Float64Array)) return false
    let exact = true
    for (let i = 0; i < wires.length; i++) {
      if (!this.add(wires[i]!, weight * coefficients[i]!)) exact = false
    }
    return exact
  }

  /** Whether the sum is still exact. */
  private add(wire: number, value: number): boolean {
    if (value === 0) return true
    if (this.marks[wire] === 0) {
      this.marks[wire] = 1
      if (this.count === this.touched.length) this.touched = grow(this.touched, this.count + 1)
      this.touched[this.count++] = wire
    }
    const sum = this.sums[wire]! + value
    this.sums[wire] = sum
    return Number.isSafeInteger(value) && Number.isSafeInteger(sum)
  }

  /** The combination, or undefined where it was not exact; the scratch row is clean again either way. */
  private finish(exact: boolean): Lc | undefined {
    const touched = this.touched.subarray(0, this.count)
    if (!isRising(touched)) touched.sort()
    const wires = new Int32Array(this.count)
    const coefficients = new Float64Array(this.count)
    let kept = 0
    for (const wire of touched) {
      const sum = this.sums[wire]!
      this.sums[wire] = 0
      this.marks[wire] = 0
      if (sum === 0) continue
      wires[kept] = wire
      coefficients[kept++] = sum
    }
    this.count = 0
    if (!exact) return undefined
    return kept === wires.length
      ? { wires, coefficients }
      : { wires: wires.slice(0, kept), coefficients: coefficients.slice(0, kept) }
  }

  private reserve(wires: number): void {
    if (wires <= this.sums.length) return
    const size = Math.max(wires, 2 * this.sums.length)
    this.sums = new Float64Array(size)
    this.marks = new Uint8Array(size)
  }
}

function isRising(values: Int32Array): boolean {
  for (let i = 1; i < values.length; i++) if (values[i - 1]! >= values[i]!) return false
  return true
}

function grow(array: Int32Array, atLeast: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(atLeast, 2 * array.length))
  larger.set(array)
  return larger
}

function rowLarge(rows: Rows, index: number, values: readonly Lc[]): Lc {
  const [from, to] = [rows.rowStart[index]!, rows.rowStart[index + 1]!]
  const terms = Array.from(rows.column.subarray(from, to), (column) => values[column]!)
  const weights = Array.from(rows.weight.subarray(from, to), (weight) => rows.weights[weight]!)
  return combineLarge(terms, weights, rows.bias[index]!)
}

/** The same sum in the field. */
function combineLarge(
  terms: readonly Lc[],
  weights: readonly (number | bigint)[],
  constant: number | bigint,
): Lc {
  const sums = new Map<number, bigint>([[0, BigInt(constant)]])
  terms.forEach(({ wires, coefficients }, i) => {
    const weight = BigInt(weights[i]!)
    wires.forEach((wire, at) => {
      sums.set(wire, (sums.get(wire) ?? 0n) + weight * BigInt(coefficients[at]!))
    })
  })
  const entries = [...sums]
    .map(([wire, sum]) => [wire, mod(sum)] as const)
    .filter(([, sum]) => sum !== 0n)
    .sort(([a], [b]) => a - b)
  return { wires: Int32Array.from(entries, ([wire]) => wire), coefficients: entries.map(([, sum]) => sum) }
}
