/**
 * The factors of rows with a product, each in a wire of its own: what is known of a factor that is a sum can be said of
 * one wire then, and "this factor is zero" is a value of it.
 *
 * Each such wire has one row that names it, so the witnesses are the same, with a wire more.
 */
import { LARGE, type Matrix, type R1cs } from '../artifacts/iden3/r1cs.js'
import { inverse, mod, toSigned } from '../base/field.js'
import { type Felt, multiply } from '../circuit/cs/felt.js'
import type { WireValues } from '../circuit/cs/wires.js'
import { coefficientAt, copyOf, dot, type System, transpose } from './system.js'

/** A factor, as the wire that is `unit` times it. */
export type Side = { readonly wire: number; readonly unit: Felt }

export type Sides = {
  readonly system: System
  /** By row, what names its factors, where they are sums. */
  readonly a: ReadonlyMap<number, Side>
  readonly b: ReadonlyMap<number, Side>
  /** The witness with these wires. */
  extend(values: WireValues): WireValues
}

/** Longer sums are those of layers, whose wires are known before the product matters. */
const MOST_TERMS = 64
const LARGEST = 1n << 200n

type Sum = { readonly matrix: Matrix; readonly row: number; readonly unit: Felt }

/** Of a circuit with lookups. */
export function nameSides(system: System): Sides {
  const { r1cs } = system
  const [a, b] = [new Map<number, Side>(), new Map<number, Side>()]
  const sums: Sum[] = []
  const name = (matrix: Matrix, row: number, asserted: boolean): Side | undefined => {
    const terms = countTerms(matrix, row)
    if (terms < 2 || (terms > MOST_TERMS && !asserted)) return undefined
    const unit = unitOf(r1cs, matrix, row)
    if (unit === undefined) return undefined
    sums.push({ matrix, row, unit })
    return { wire: r1cs.wires + sums.length - 1, unit }
  }
  for (let row = 0; row < r1cs.constraints; row++) {
    if (countTerms(r1cs.a, row) === 0 || countTerms(r1cs.b, row) === 0) continue
    const asserted = r1cs.c.rowStart[row] === r1cs.c.rowStart[row + 1]
    const first = name(r1cs.a, row, asserted)
    const second = isSame(r1cs, row) ? first : name(r1cs.b, row, asserted)
    if (first !== undefined) a.set(row, first)
    if (second !== undefined) b.set(row, second)
  }
  return {
    system: extended(system, sums),
    a,
    b,
    extend(values) {
      const longer = copyOf(values)
      for (const { matrix, row, unit } of sums) longer.push(multiply(unit, dot(r1cs, matrix, row, values)))
      return longer
    },
  }
}

/** Wires of one side of a row, the constant aside. */
function countTerms({ rowStart, wire }: Matrix, row: number): number {
  const [start, end] = [rowStart[row]!, rowStart[row + 1]!]
  return end - start - Number(end > start && wire[start] === 0)
}

function isSame({ a, b }: R1cs, row: number): boolean {
  const [first, second] = [a.rowStart[row]!, b.rowStart[row]!]
  const count = a.rowStart[row + 1]! - first
  if (b.rowStart[row + 1]! - second !== count) return false
  for (let i = 0; i < count; i++) {
    if (a.wire[first + i] !== b.wire[second + i]) return false
    if (a.coefficient[first + i] !== b.coefficient[second + i]) return false
  }
  return true
}

/** What makes small integers of a sum's coefficients: halves of a sum are a sum. */
function unitOf(r1cs: R1cs, { rowStart, coefficient }: Matrix, row: number): Felt | undefined {
  const factors = Array.from(coefficient.subarray(rowStart[row]!, rowStart[row + 1]!), (code) =>
    mod(BigInt(coefficientAt(r1cs, code))),
  )
  const isSmall = (unit: bigint) =>
    factors.every((factor) => {
      const scaled = toSigned(factor * unit)
      return scaled < LARGEST && scaled > -LARGEST
    })
  return [1n, inverse(factors.at(-1)!)].find(isSmall)
}

function extended(system: System, sums: readonly Sum[]): System {
  const { r1cs, given } = system
  const large = [...r1cs.large]
  const codeOf = (value: Felt): number => {
    if (typeof value === 'number' && Math.abs(value) < LARGE) return value
    return LARGE + large.push(mod(BigInt(value))) - 1
  }
  const [starts, wires, codes] = [[] as number[], [] as number[], [] as number[]]
  const offset = r1cs.c.rowStart[r1cs.constraints]!
  sums.forEach(({ matrix, row, unit }, i) => {
    for (let at = matrix.rowStart[row]!; at < matrix.rowStart[row + 1]!; at++) {
      wires.push(matrix.wire[at]!)
      codes.push(codeOf(multiply(unit, coefficientAt(r1cs, matrix.coefficient[at]!))))
    }
    wires.push(r1cs.wires + i)
    codes.push(-1)
    starts.push(offset + wires.length)
  })
  const longer: R1cs = {
    ...r1cs,
    wires: r1cs.wires + sums.length,
    constraints: r1cs.constraints + sums.length,
    a: padded(r1cs.a, sums.length),
    b: padded(r1cs.b, sums.length),
    c: {
      rowStart: joined(r1cs.c.rowStart, starts),
      wire: joined(r1cs.c.wire.subarray(0, offset), wires),
      coefficient: joined(r1cs.c.coefficient.subarray(0, offset), codes),
    },
    large,
  }
  return {
    ...system,
    r1cs: longer,
    columns: transpose(longer),
    given: Uint8Array.from([...given, ...sums.map(() => 0)]),
  }
}

function padded({ rowStart, wire, coefficient }: Matrix, rows: number): Matrix {
  const end = rowStart.at(-1)!
  return {
    rowStart: joined(rowStart, new Array<number>(rows).fill(end)),
    wire: wire.subarray(0, end),
    coefficient: coefficient.subarray(0, end),
  }
}

function joined(first: Int32Array, second: readonly number[]): Int32Array {
  const all = new Int32Array(first.length + second.length)
  all.set(first)
  all.set(second, first.length)
  return all
}
