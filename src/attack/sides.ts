/**
 * The factors of rows with a product, each in a wire of its own: what is known of a factor that is a sum can be said of
 * one wire then, and "this factor is zero" is a value of it.
 *
 * Each such wire has one row that names it, so the witnesses are the same, with a wire more. A linear row with the sum in
 * it follows again with the wire in its place: of two numbers of several chunks each it says how far they are apart, where
 * the chunks' intervals say next to nothing. For that, numbers of several words have wires of their own too, and so have the
 * digits of steps that follow from a whole chain of lookups (steps.ts).
 */
import { LARGE, type Matrix, type R1cs } from '../artifacts/iden3/r1cs.js'
import { inverse, mod, toSigned } from '../base/field.js'
import { add, divide, equal, type Felt, isZero, multiply, normal, subtract } from '../circuit/cs/felt.js'
import type { WireValues } from '../circuit/cs/wires.js'
import type { Range } from './state.js'
import { digitsOf } from './steps.js'
import { coefficientAt, copyOf, hasGaps, isSlotRow, type System, tableAt, transpose } from './system.js'

/** A factor, as the wire that is `unit` times it. */
export type Side = { readonly wire: number; readonly unit: Felt }

export type Sides = {
  readonly system: System
  /** By row, what names its factors, where they are sums. */
  readonly a: ReadonlyMap<number, Side>
  readonly b: ReadonlyMap<number, Side>
  /** By row, the one that has such wires in place of its own. */
  readonly folded: ReadonlyMap<number, number>
  /** By such a wire, the rows that what is known of it matters to: they have the factor, or are folded. */
  readonly watched: ReadonlyMap<number, readonly number[]>
  /** Those that are their own squares. */
  readonly bits: readonly Side[]
  /** Digits of chains' steps, and where they lie. */
  readonly digits: readonly { readonly wire: number; readonly range: Range }[]
  /** The witness with these wires. */
  extend(values: WireValues): WireValues
}

/** Longer sums are those of layers, whose wires are known before the product matters. */
const MOST_TERMS = 64
const LARGEST = 1n << 200n

/** A sum of wires, each with its factor. */
type Line = readonly (readonly [wire: number, factor: Felt])[]

/** Of a circuit with lookups. `honest` says what given wires are. */
export function nameSides(system: System, honest: WireValues): Sides {
  const { r1cs } = system
  const [a, b] = [new Map<number, Side>(), new Map<number, Side>()]
  const names = new Names(r1cs.wires)
  const bits: Side[] = []
  const name = (matrix: Matrix, row: number, asserted: boolean): Side | undefined => {
    const terms = countTerms(matrix, row)
    if (terms < 2 || (terms > MOST_TERMS && !asserted)) return undefined
    const unit = unitOf(r1cs, matrix, row)
    return unit === undefined ? undefined : { wire: names.of(lineOf(r1cs, matrix, row, unit)), unit }
  }
  for (let row = 0; row < r1cs.constraints; row++) {
    if (countTerms(r1cs.a, row) === 0 || countTerms(r1cs.b, row) === 0) continue
    const asserted = r1cs.c.rowStart[row] === r1cs.c.rowStart[row + 1]
    const first = name(r1cs.a, row, asserted)
    const isSquare = isSame(r1cs.a, r1cs.b, row)
    const second = isSquare ? first : name(r1cs.b, row, asserted)
    if (first !== undefined) a.set(row, first)
    if (second !== undefined) b.set(row, second)
    if (first !== undefined && isSquare && isSame(r1cs.a, r1cs.c, row)) bits.push(first)
  }
  const digits = digitsOf(system, honest).map(({ terms, range }) => {
    const line = [...terms].map(([wire, factor]) => [wire, normal(factor)] as const)
    return { wire: names.of(line.sort(([one], [other]) => one - other)), range }
  })
  for (const line of numbersOf(system)) names.of(line)
  const rows = foldedRows(system, names.lines)
  const firstFolded = r1cs.constraints + names.lines.length
  return {
    system: extended(system, names.lines, [...rows.values()]),
    folded: new Map([...rows.keys()].map((row, i) => [row, firstFolded + i])),
    a,
    b,
    bits,
    digits,
    watched: watchedBy([a, b], rows, r1cs.wires),
    extend(values) {
      const longer = copyOf(values)
      for (const line of names.lines)
        longer.push(
          line.reduce<Felt>((sum, [wire, factor]) => add(sum, multiply(factor, values.get(wire))), 0),
        )
      return longer
    },
  }
}

function watchedBy(
  sides: readonly ReadonlyMap<number, Side>[],
  folded: ReadonlyMap<number, Line>,
  first: number,
): Map<number, number[]> {
  const rows = new Map<number, number[]>()
  const add = (wire: number, row: number) => {
    const own = rows.get(wire)
    if (own === undefined) rows.set(wire, [row])
    else own.push(row)
  }
  for (const named of sides) for (const [row, { wire }] of named) add(wire, row)
  for (const [row, line] of folded) for (const [wire] of line) if (wire >= first) add(wire, row)
  return rows
}

/** A wire for each sum, the same for the same. */
class Names {
  readonly lines: Line[] = []
  private readonly known = new Map<string, number>()

  constructor(private readonly first: number) {}

  of(line: Line): number {
    const key = line.flat().join()
    const wire = this.known.get(key) ?? this.first + this.lines.push(line) - 1
    this.known.set(key, wire)
    return wire
  }
}

/** Numbers of several words: neighbouring wires that stand in several linear rows, or in a table's, at one ratio in all. */
function numbersOf(system: System): Line[] {
  const { r1cs, slots } = system
  const lines: Line[] = []
  const end = slots?.firstWire ?? r1cs.wires
  for (let first = 1; first < end; ) {
    const line: [number, Felt][] = [[first, 1]]
    for (let wire = first; wire + 1 < end; wire++) {
      const ratio = ratioOf(system, wire)
      if (ratio === undefined) break
      line.push([wire + 1, multiply(line.at(-1)![1], ratio)])
    }
    if (line.length > 1) lines.push(line)
    first += line.length
  }
  return lines
}

/** What the next wire counts for one of this wire, where that is the same wherever both are; words rise. */
function ratioOf(system: System, wire: number): number | undefined {
  const { r1cs, columns } = system
  const { start, row, side, coefficient } = columns
  let [ratio, count] = [undefined as number | undefined, 0]
  let next = start[wire + 1]!
  for (let at = start[wire]!; at < start[wire + 1]!; at++) {
    while (next < start[wire + 2]! && row[next]! < row[at]!) next++
    if (next === start[wire + 2]!) break
    if (row[next] !== row[at] || side[at] !== 2 || side[next] !== 2 || !isLinear(r1cs, row[at]!)) continue
    const quotient = divide(coefficientAt(r1cs, coefficient[next]!), coefficientAt(r1cs, coefficient[at]!))
    if (typeof quotient !== 'number' || quotient < 2 || (ratio !== undefined && ratio !== quotient))
      return undefined
    ratio = quotient
    count += saysMuch(system, row[at]!) ? 2 : 1
  }
  return count > 1 ? ratio : undefined
}

/** Whether what the row looks up is in a table with gaps. */
function saysMuch(system: System, row: number): boolean {
  const { slots } = system
  return isSlotRow(system, row) && hasGaps(tableAt(system, slots!.firstWire + row - slots!.firstRow))
}

/** Wires of one side of a row, the constant aside. */
function countTerms({ rowStart, wire }: Matrix, row: number): number {
  const [start, end] = [rowStart[row]!, rowStart[row + 1]!]
  return end - start - Number(end > start && wire[start] === 0)
}

function isSame(one: Matrix, other: Matrix, row: number): boolean {
  const [first, second] = [one.rowStart[row]!, other.rowStart[row]!]
  const count = one.rowStart[row + 1]! - first
  if (other.rowStart[row + 1]! - second !== count) return false
  for (let i = 0; i < count; i++) {
    if (one.wire[first + i] !== other.wire[second + i]) return false
    if (one.coefficient[first + i] !== other.coefficient[second + i]) return false
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

function extended(system: System, lines: readonly Line[], folded: readonly Line[]): System {
  const { r1cs, given } = system
  const named = lines.map((line, i): Line => [...line, [r1cs.wires + i, -1]])
  const longer = { ...appended(r1cs, [...named, ...folded]), wires: r1cs.wires + lines.length }
  return {
    ...system,
    r1cs: longer,
    columns: transpose(longer),
    given: Uint8Array.from([...given, ...lines.map(() => 0)]),
  }
}

function lineOf(r1cs: R1cs, { rowStart, wire, coefficient }: Matrix, row: number, unit: Felt = 1): Line {
  return Array.from({ length: rowStart[row + 1]! - rowStart[row]! }, (_, i) => {
    const at = rowStart[row]! + i
    return [wire[at]!, multiply(unit, coefficientAt(r1cs, coefficient[at]!))]
  })
}

/** Wires from a number's words on to the last word of a row that is about it. */
const REACH = 128

/** The linear rows of a gadget that have sums in them, with the sums' wires in their place. */
function foldedRows(system: System, lines: readonly Line[]): Map<number, Line> {
  const { r1cs, columns } = system
  const found = new Map<number, Map<number, Felt>>()
  lines.forEach((line, i) => {
    // of a sum's wires the last is in the fewest rows
    const [last, factor] = line.at(-1)!
    for (let at = columns.start[last]!; at < columns.start[last + 1]!; at++) {
      const row = columns.row[at]!
      if (!isLinear(r1cs, row) || lastWord(system, row) > last + REACH) continue
      const own = found.get(row) ?? new Map(lineOf(r1cs, r1cs.c, row))
      const times = divide(own.get(last) ?? 0, factor)
      if (isZero(times) || !hasTimes(own, line, times)) continue
      for (const [wire, part] of line) own.set(wire, subtract(own.get(wire) ?? 0, multiply(times, part)))
      found.set(row, own.set(r1cs.wires + i, times))
    }
  })
  return new Map(Array.from(found, ([row, own]) => [row, [...own].filter(([, factor]) => !isZero(factor))]))
}

function hasTimes(own: ReadonlyMap<number, Felt>, line: Line, times: Felt): boolean {
  return line.every(([wire, part]) => wire === 0 || equal(own.get(wire) ?? 0, multiply(times, part)))
}

function isLinear({ a, b }: R1cs, row: number): boolean {
  return a.rowStart[row] === a.rowStart[row + 1] && b.rowStart[row] === b.rowStart[row + 1]
}

/** The last wire of a linear row, but for its slot. */
function lastWord(system: System, row: number): number {
  const { rowStart, wire } = system.r1cs.c
  return wire[rowStart[row + 1]! - 1 - Number(isSlotRow(system, row))] ?? 0
}

/** With rows that are linear. */
function appended(r1cs: R1cs, lines: readonly Line[]): R1cs {
  const large = [...r1cs.large]
  const codeOf = (value: Felt): number => {
    if (typeof value === 'number' && Math.abs(value) < LARGE) return value
    return LARGE + large.push(mod(BigInt(value))) - 1
  }
  const [starts, wires, codes] = [[] as number[], [] as number[], [] as number[]]
  const offset = r1cs.c.rowStart[r1cs.constraints]!
  for (const line of lines) {
    for (const [wire, factor] of line) {
      wires.push(wire)
      codes.push(codeOf(factor))
    }
    starts.push(offset + wires.length)
  }
  return {
    ...r1cs,
    constraints: r1cs.constraints + lines.length,
    a: padded(r1cs.a, lines.length),
    b: padded(r1cs.b, lines.length),
    c: {
      rowStart: joined(r1cs.c.rowStart, starts),
      wire: joined(r1cs.c.wire.subarray(0, offset), wires),
      coefficient: joined(r1cs.c.coefficient.subarray(0, offset), codes),
    },
    large,
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
