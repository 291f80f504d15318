/**
 * Every witness of a small constraint system, over the whole field: what "exactly one answer" is shown with.
 *
 * A row with one unknown wire left leaves that wire at most two values, which are branched on. No wire of a sound
 * system is ever undetermined; where one is, a few values are tried and the solution is marked as guessed.
 */
import { coefficientOf, type Matrix, type R1cs } from '../../src/artifacts/iden3/r1cs.js'
import type { RoundOne } from '../../src/attack/round-one.js'
import { inverse, mod, P, power } from '../../src/base/field.js'

export type Solution = {
  readonly values: readonly bigint[]
  /** Whether the constraints left some wire open, so that there are more solutions than these. */
  readonly guessed: boolean
}

type Terms = readonly (readonly [wire: number, coefficient: bigint])[]
type Row = { readonly a: Terms; readonly b: Terms; readonly c: Terms; readonly wires: readonly number[] }

const GUESSES = [0n, 1n, 2n, P - 1n]

/** By wire, what it can be, where that is not any element of the field: the slots of a circuit with lookups. */
export type Domains = ReadonlyMap<number, ReadonlySet<bigint>>

/** Of a circuit with lookups. `dropped` are lookups that are left out. */
export function domainsOf({ slots }: RoundOne, dropped: readonly number[] = []): Domains {
  const sets = slots.tables.map(({ entries }) => new Set(Array.from(entries, (entry) => mod(BigInt(entry)))))
  const all = Array.from(slots.tableOf, (table, i) => [slots.firstWire + i, sets[table]!] as const)
  return new Map(all.filter((_, i) => !dropped.includes(i)))
}

/** All witnesses in which the wires of `known` have the given values. Wire 0 is 1. */
export function* solve(
  r1cs: R1cs,
  known: ReadonlyMap<number, bigint>,
  domains: Domains = new Map(),
): Generator<Solution> {
  const search = new Search(r1cs, Math.max(0, ...known.keys()) + 1, domains)
  if (!search.assign(0, 1n)) return
  for (const [wire, value] of known) if (!search.assign(wire, mod(value))) return
  yield* search.run(false)
}

/** The system without one of its constraints. */
export function without(r1cs: R1cs, row: number): R1cs {
  return {
    ...r1cs,
    constraints: r1cs.constraints - 1,
    a: dropRow(r1cs.a, row),
    b: dropRow(r1cs.b, row),
    c: dropRow(r1cs.c, row),
  }
}

/** How many constraints are no linear equation: both factors have a wire. */
export function quadraticCount(r1cs: R1cs): number {
  const hasWire = ({ rowStart, wire }: Matrix, row: number) =>
    wire.subarray(rowStart[row], rowStart[row + 1]).some((id) => id !== 0)
  let count = 0
  for (let row = 0; row < r1cs.constraints; row++) {
    if (hasWire(r1cs.a, row) && hasWire(r1cs.b, row)) count++
  }
  return count
}

class Search {
  private readonly rows: readonly Row[]
  private readonly rowsOf: readonly number[][]
  private readonly values: (bigint | undefined)[]
  private readonly unknowns: number[]

  /** Wires from `inner` on are neither outputs nor inputs. */
  constructor(
    r1cs: R1cs,
    private readonly inner: number,
    private readonly domains: Domains,
  ) {
    this.rows = Array.from({ length: r1cs.constraints }, (_, row) => readRow(r1cs, row))
    this.values = new Array(r1cs.wires).fill(undefined)
    this.unknowns = this.rows.map(({ wires }) => wires.length)
    this.rowsOf = this.values.map(() => [])
    for (const [row, { wires }] of this.rows.entries()) for (const wire of wires) this.rowsOf[wire]!.push(row)
  }

  /** Sets a wire; false where a row with no unknown left does not hold. */
  assign(wire: number, value: bigint): boolean {
    this.values[wire] = value
    let holds = this.domains.get(wire)?.has(value) ?? true
    for (const row of this.rowsOf[wire]!) {
      this.unknowns[row]!--
      if (this.unknowns[row] === 0 && !this.holds(this.rows[row]!)) holds = false
    }
    return holds
  }

  *run(guessed: boolean): Generator<Solution> {
    const next = this.determined()
    if (next !== undefined) {
      yield* this.branch(next.wire, next.roots, guessed)
      return
    }
    const listed = this.listed()
    if (listed !== undefined) {
      yield* this.branch(listed, [...this.domains.get(listed)!], guessed)
      return
    }
    // outputs last: where one is guessed, the inner wires that it follows from are hit by chance only
    const inner = this.values.indexOf(undefined, this.inner)
    const open = inner < 0 ? this.values.indexOf(undefined) : inner
    if (open < 0) yield { values: this.values.slice() as bigint[], guessed }
    else yield* this.branch(open, GUESSES, true)
  }

  private *branch(wire: number, values: readonly bigint[], guessed: boolean): Generator<Solution> {
    for (const value of values) {
      if (this.assign(wire, value)) yield* this.run(guessed)
      for (const row of this.rowsOf[wire]!) this.unknowns[row]!++
      this.values[wire] = undefined
    }
  }

  /** An open wire that can be little, in a row with as few open wires as there are. */
  private listed(): number | undefined {
    let [best, fewest] = [undefined as number | undefined, Infinity]
    for (const [wire, values] of this.domains) {
      if (this.values[wire] !== undefined) continue
      const open = Math.min(...this.rowsOf[wire]!.map((row) => this.unknowns[row]!))
      const size = open * 2 ** 20 + values.size
      if (size < fewest) [best, fewest] = [wire, size]
    }
    return best
  }

  /** A wire that some row leaves at most two values, and these. */
  private determined(): { wire: number; roots: readonly bigint[] } | undefined {
    for (const [index, row] of this.rows.entries()) {
      if (this.unknowns[index] !== 1) continue
      const wire = row.wires.find((id) => this.values[id] === undefined)!
      const roots = this.roots(row, wire)
      if (roots !== undefined) return { wire, roots }
    }
    return undefined
  }

  /** The values of the one unknown wire that satisfy the row; nothing where all do. */
  private roots({ a, b, c }: Row, wire: number): readonly bigint[] | undefined {
    const [[a1, a0], [b1, b0], [c1, c0]] = [a, b, c].map((terms) => this.inOne(terms, wire)) as [
      Line,
      Line,
      Line,
    ]
    return rootsOf(mod(a1 * b1), mod(a1 * b0 + a0 * b1 - c1), mod(a0 * b0 - c0))
  }

  private inOne(terms: Terms, unknown: number): Line {
    let [slope, rest] = [0n, 0n]
    for (const [wire, coefficient] of terms) {
      if (wire === unknown) slope += coefficient
      else rest += coefficient * this.values[wire]!
    }
    return [slope, rest]
  }

  private holds({ a, b, c }: Row): boolean {
    const [x, y, z] = [a, b, c].map((terms) => this.inOne(terms, -1)[1]) as [bigint, bigint, bigint]
    return mod(x * y - z) === 0n
  }
}

type Line = readonly [slope: bigint, rest: bigint]

/** The roots of q x^2 + l x + r; nothing where that is zero everywhere. */
function rootsOf(q: bigint, l: bigint, r: bigint): readonly bigint[] | undefined {
  if (q === 0n) {
    if (l !== 0n) return [mod(-r * inverse(l))]
    return r === 0n ? undefined : []
  }
  const known = [0n, 1n].find((x) => mod(q * x * x + l * x + r) === 0n)
  if (known !== undefined) {
    const other = mod(-l * inverse(q) - known)
    return other === known ? [known] : [known, other]
  }
  const root = squareRoot(mod(l * l - 4n * q * r))
  if (root === undefined) return []
  const half = inverse(2n * q)
  const [first, second] = [mod((root - l) * half), mod((-root - l) * half)]
  return first === second ? [first] : [first, second]
}

/** By Tonelli and Shanks, for P = 2^28 * odd + 1; nothing where there is none. */
function squareRoot(value: bigint): bigint | undefined {
  if (value === 0n) return 0n
  if (power(value, (P - 1n) / 2n) !== 1n) return undefined
  const odd = (P - 1n) >> 28n
  // 5 is no square modulo P
  let order = 28
  let generator = power(5n, odd)
  let [rest, root] = [power(value, odd), power(value, (odd + 1n) / 2n)]
  while (rest !== 1n) {
    let least = 0
    for (let square = rest; square !== 1n; square = mod(square * square)) least++
    const step = power(generator, 1n << BigInt(order - least - 1))
    order = least
    generator = mod(step * step)
    rest = mod(rest * generator)
    root = mod(root * step)
  }
  return root
}

function readRow(r1cs: R1cs, row: number): Row {
  const read = ({ rowStart, wire, coefficient }: Matrix): Terms =>
    Array.from({ length: rowStart[row + 1]! - rowStart[row]! }, (_, i) => {
      const entry = rowStart[row]! + i
      return [wire[entry]!, coefficientOf(r1cs, coefficient[entry]!)] as const
    })
  const [a, b, c] = [read(r1cs.a), read(r1cs.b), read(r1cs.c)]
  return { a, b, c, wires: [...new Set([...a, ...b, ...c].map(([wire]) => wire))] }
}

function dropRow({ rowStart, wire, coefficient }: Matrix, row: number): Matrix {
  const [from, to] = [rowStart[row]!, rowStart[row + 1]!]
  const keep = (values: Int32Array) => Int32Array.from([...values.subarray(0, from), ...values.subarray(to)])
  const starts = [
    ...rowStart.subarray(0, row),
    ...rowStart.subarray(row + 1).map((start) => start - to + from),
  ]
  return { rowStart: Int32Array.from(starts), wire: keep(wire), coefficient: keep(coefficient) }
}
