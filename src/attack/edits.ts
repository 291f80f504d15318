/**
 * Edits of an honest witness.
 *
 * One wire: a row is a polynomial of degree two in the change d of a wire, (A + a d)(B + b d) - (C + c d), and it holds
 * at d = 0; so it holds for every d, for one other d, or for none. That decides all values of the field at once, with
 * no value tried. Several wires at once are tried with seeded changes, half of them such that one row still holds.
 */

import type { Random } from '../base/random.js'
import type { Felt } from '../circuit/cs/felt.js'
import { add, divide, equal, isZero, multiply, negate, subtract } from '../circuit/cs/felt.js'
import type { WireValues } from '../circuit/cs/wires.js'
import { coefficientAt, isSlotRow, type Sums, type System, slope, visitRows } from './system.js'

export type Edit = {
  readonly wires: readonly number[]
  /** What to add to each of the wires; a single wire that no row holds can take any value. */
  readonly changes: readonly (Felt | 'any')[]
}

/** Every edit of a single wire that the rows accept. */
export function acceptedAlone(system: System, sums: Sums, values: WireValues): Edit[] {
  const accepted: Edit[] = []
  for (let wire = 0; wire < system.r1cs.wires; wire++) {
    if (system.given[wire] === 1) continue
    const change = changeOf(system, sums, values, wire)
    if (change !== undefined) accepted.push({ wires: [wire], changes: [change] })
  }
  return accepted
}

/** The change of one wire that all its rows accept, if there is one. */
function changeOf(system: System, sums: Sums, values: WireValues, wire: number): Felt | 'any' | undefined {
  let change: Felt | 'any' | undefined = 'any'
  const looked: Look[] = []
  visitRows(system, wire, (row, a, b, c) => {
    if (isSlotRow(system, row)) {
      looked.push({ row, step: negate(c) })
      return true
    }
    const quadratic = multiply(a, b)
    const linear = slope(sums, row, [a, b, c])
    if (isZero(quadratic)) {
      if (!isZero(linear)) change = undefined
    } else {
      const other = isZero(linear) ? undefined : negate(divide(linear, quadratic))
      if (other === undefined || (change !== 'any' && !equal(change!, other))) change = undefined
      else change = other
    }
    return change !== undefined
  })
  if (looked.length === 0 || change === undefined) return change
  const others = change === 'any' ? changesWithin(system, values, looked) : [change]
  return others.find((other) => looked.every((look) => staysEntry(system, values, look, other)))
}

/** A row that looks the wire up, and by how much what it looks up moves when the wire moves by 1. */
type Look = { readonly row: number; readonly step: Felt }

const MOST_ENTRIES_TRIED = 2 ** 16

/** What takes the value of one lookup to each other entry of its table. */
function changesWithin({ slots }: System, values: WireValues, looked: readonly Look[]): Felt[] {
  const { tables, tableOf, firstRow, firstWire } = slots!
  const tableAt = ({ row }: Look) => tables[tableOf[row - firstRow]!]!
  // no inverse where a step is 1, and few entries
  const cost = (look: Look) =>
    tableAt(look).entries.length * (look.step === 1 || look.step === -1 ? 1 : MOST_ENTRIES_TRIED)
  const least = looked.reduce((best, look) => (cost(look) < cost(best) ? look : best))
  const value = values.get(firstWire + least.row - firstRow)
  const perStep = divide(1, least.step)
  const steps = Array.from(tableAt(least).entries, (entry) => subtract(entry, value))
  return steps.filter((step) => !isZero(step)).map((step) => multiply(step, perStep))
}

function staysEntry({ slots }: System, values: WireValues, { row, step }: Look, change: Felt): boolean {
  const { tables, tableOf, firstRow, firstWire } = slots!
  const value = values.get(firstWire + row - firstRow)
  return tables[tableOf[row - firstRow]!]!.has(add(value, multiply(step, change)))
}

/** `count` seeded edits of two to six neighbouring wires; those that the rows accept. */
export function acceptedTogether(
  system: System,
  sums: Sums,
  values: WireValues,
  random: Random,
  count: number,
): Edit[] {
  const accepted: Edit[] = []
  for (let k = 0; k < count; k++) {
    const edit = k % 2 === 0 ? scattered(system, values, random) : balanced(system, random)
    if (edit !== undefined && accepts(system, sums, values, edit)) accepted.push(edit)
  }
  return accepted
}

type Group = { readonly wires: readonly number[]; readonly changes: readonly Felt[] }

/** Any wires near each other, each flipped or changed by a small or a random amount. */
function scattered({ r1cs, given }: System, values: WireValues, random: Random): Group | undefined {
  const first = random.int(1, r1cs.wires - 1)
  const wires = new Set<number>()
  for (let i = random.int(2, 6); i > 0; i--) {
    const wire = Math.min(r1cs.wires - 1, first + random.int(0, 40))
    if (given[wire] === 0) wires.add(wire)
  }
  if (wires.size === 0) return undefined
  const changes = Array.from(wires, (wire) => {
    const value = values.get(wire)
    return random.pick([value === 1 ? -1 : 1, -1, 2 ** random.int(0, 30), random.element()])
  })
  return { wires: [...wires], changes }
}

/** Two wires of a linear row, changed so that the row still holds. */
function balanced({ r1cs, given }: System, random: Random): Group | undefined {
  const row = random.int(0, r1cs.constraints - 1)
  const { rowStart, wire, coefficient } = r1cs.c
  const entries: number[] = []
  for (let entry = rowStart[row]!; entry < rowStart[row + 1]!; entry++) {
    if (given[wire[entry]!] === 0) entries.push(entry)
  }
  if (entries.length < 2) return undefined
  const [i, j] = [random.int(0, entries.length - 1), random.int(0, entries.length - 2)]
  const pair = [entries[i]!, entries[j < i ? j : j + 1]!]
  const [u, v] = pair.map((entry) => coefficientAt(r1cs, coefficient[entry]!)) as [Felt, Felt]
  const step = random.pick<Felt>([1, -1, random.element()])
  return {
    wires: pair.map((entry) => wire[entry]!),
    changes: [step, negate(divide(multiply(step, u), v))],
  }
}

/** Whether all rows of the edited wires hold after the edit. */
function accepts(system: System, sums: Sums, values: WireValues, { wires, changes }: Group): boolean {
  const moved = new Map<number, [Felt, Felt, Felt]>()
  wires.forEach((wire, i) => {
    visitRows(system, wire, (row, ...sides) => {
      const before = moved.get(row) ?? [0, 0, 0]
      const after = sides.map((side, k) => add(before[k]!, multiply(side, changes[i]!)))
      moved.set(row, after as [Felt, Felt, Felt])
      return true
    })
  })
  return [...moved].every(([row, [a, b, c]]) =>
    isSlotRow(system, row)
      ? staysEntry(system, values, { row, step: negate(c) }, 1)
      : equal(multiply(add(sums.a[row]!, a), add(sums.b[row]!, b)), add(sums.c[row]!, c)),
  )
}
