/**
 * The rank test: at an honest witness, do the constraints pin every wire that is the prover's?
 *
 * Row k of the Jacobian holds d(A w * B w - C w) / dw. Where its columns of the prover's wires are independent over the
 * field, no other witness lies in any direction from this one; a vector in the kernel is such a direction. Trap: it says
 * nothing of answers further off, two roots of one equation say (see determine.ts).
 *
 * Rows with one wire left are peeled first, which settles nearly everything of a circuit made of gadgets; what remains
 * is eliminated sparsely, modulo P.
 */
import { inverse, mod, P } from '../base/field.js'
import type { Random } from '../base/random.js'
import type { Felt } from '../circuit/cs/felt.js'
import { isZero } from '../circuit/cs/felt.js'
import { type Sums, type System, slope, visitRows } from './system.js'

export type Rank = {
  /** Wires that are the prover's. */
  readonly unknowns: number
  readonly rank: number
  /** Wires that can move, in the direction of a random vector of the kernel: as good as surely all that can. */
  readonly free: readonly number[]
}

export function rankAt(system: System, sums: Sums, random: Random): Rank {
  const jacobian = differentiate(system, sums)
  const peeled = peel(system, jacobian)
  const rows = remainder(system, sums, jacobian, peeled)
  const pivots = eliminate(rows)
  const unknowns = system.given.reduce((sum, given) => sum + 1 - given, 0)
  const settled = peeled.reduce((sum, is) => sum + is, 0)
  const rest = [...system.given.keys()].filter((wire) => system.given[wire] === 0 && peeled[wire] === 0)
  return {
    unknowns,
    rank: settled + pivots.length,
    free: pivots.length === rest.length ? [] : movable(pivots, rest, random),
  }
}

/** The nonzero places of the Jacobian: for each wire its rows, for each row the number of its wires and their XOR. */
type Pattern = {
  readonly start: Int32Array
  readonly row: Int32Array
  readonly count: Int32Array
  readonly xor: Int32Array
}

function differentiate(system: System, sums: Sums): Pattern {
  const { r1cs, given, columns } = system
  const pattern = {
    start: new Int32Array(r1cs.wires + 1),
    row: new Int32Array(columns.row.length),
    count: new Int32Array(r1cs.constraints),
    xor: new Int32Array(r1cs.constraints),
  }
  let entries = 0
  for (let wire = 0; wire < r1cs.wires; wire++) {
    if (given[wire] === 0) {
      visitRows(system, wire, (row, a, b, c) => {
        if (isZero(slope(sums, row, [a, b, c]))) return true
        pattern.row[entries++] = row
        pattern.count[row]!++
        pattern.xor[row]! ^= wire
        return true
      })
    }
    pattern.start[wire + 1] = entries
  }
  return pattern
}

/** Takes rows with one wire left, and their wires, until there are none; marks the wires. */
function peel({ r1cs }: System, { start, row, count, xor }: Pattern): Uint8Array {
  const peeled = new Uint8Array(r1cs.wires)
  const ready = [...count.keys()].filter((at) => count[at] === 1)
  for (let at = ready.pop(); at !== undefined; at = ready.pop()) {
    if (count[at] !== 1) continue
    const wire = xor[at]!
    peeled[wire] = 1
    for (let entry = start[wire]!; entry < start[wire + 1]!; entry++) {
      const other = row[entry]!
      xor[other]! ^= wire
      if (--count[other]! === 1) ready.push(other)
    }
  }
  return peeled
}

type SparseRow = Map<number, bigint>

/** The rows that peeling left, with values, in the wires that it left. */
function remainder(system: System, sums: Sums, { count }: Pattern, peeled: Uint8Array): SparseRow[] {
  const rows = new Map<number, SparseRow>()
  for (let wire = 0; wire < system.r1cs.wires; wire++) {
    if (system.given[wire] === 1 || peeled[wire] === 1) continue
    visitRows(system, wire, (row, a, b, c) => {
      const value: Felt = slope(sums, row, [a, b, c])
      if (count[row] === 0 || isZero(value)) return true
      const entries = rows.get(row) ?? new Map<number, bigint>()
      rows.set(row, entries.set(wire, mod(BigInt(value))))
      return true
    })
  }
  return [...rows.values()].sort((x, y) => x.size - y.size)
}

/** A row in which `wire` has the coefficient 1, and no wire is that of an earlier pivot. */
type Pivot = { readonly wire: number; readonly row: SparseRow }

function eliminate(rows: readonly SparseRow[]): Pivot[] {
  const uses = new Map<number, number>()
  for (const row of rows) for (const wire of row.keys()) uses.set(wire, (uses.get(wire) ?? 0) + 1)
  const pivots: Pivot[] = []
  const placeOf = new Map<number, number>()
  for (const row of rows) {
    reduce(row, pivots, placeOf)
    if (row.size === 0) continue
    // the wire in the fewest rows fills in least
    const wire = [...row.keys()].reduce((best, id) => (uses.get(id)! < uses.get(best)! ? id : best))
    const scale = inverse(row.get(wire)!)
    for (const [id, value] of row) row.set(id, (value * scale) % P)
    placeOf.set(wire, pivots.length)
    pivots.push({ wire, row })
  }
  return pivots
}

/** Clears the pivots' wires from a row, earliest first: a pivot brings in later ones only. */
function reduce(row: SparseRow, pivots: readonly Pivot[], placeOf: ReadonlyMap<number, number>): void {
  for (;;) {
    let first = pivots.length
    for (const wire of row.keys()) first = Math.min(first, placeOf.get(wire) ?? first)
    if (first === pivots.length) return
    const pivot = pivots[first]!
    const factor = row.get(pivot.wire)!
    for (const [wire, value] of pivot.row) {
      const left = mod((row.get(wire) ?? 0n) - factor * value)
      if (left === 0n) row.delete(wire)
      else row.set(wire, left)
    }
  }
}

/** The wires where a random vector of the kernel is not zero. */
function movable(pivots: readonly Pivot[], wires: readonly number[], random: Random): number[] {
  const bound = new Set(pivots.map(({ wire }) => wire))
  const vector = new Map(wires.filter((wire) => !bound.has(wire)).map((wire) => [wire, random.element()]))
  for (const { wire, row } of [...pivots].reverse()) {
    let sum = 0n
    for (const [id, value] of row) if (id !== wire) sum += value * vector.get(id)!
    vector.set(wire, mod(-sum))
  }
  return wires.filter((wire) => vector.get(wire) !== 0n)
}
