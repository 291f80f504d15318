/**
 * Whether constraints are those of their lookups: what soundness stands on, read off the rows themselves.
 *
 * Gadgets' rows hold neither the challenge nor a wire of the second round. Then, and nothing else:
 *
 *     lookup i           inverse_i * (beta - a_i) = 1
 *     entry t            quotient_t * (beta - t) = multiplicity_t
 *     table              0 * 0 = sum of its lookups' inverses - sum of its entries' quotients
 *
 * where a_i is of round 1 and public signals alone. So all that a lookup is about is fixed before beta is drawn, and the
 * sums, as rational functions of beta, agree at a random point only where each a_i is an entry of its table: below
 * (lookups + entries) / P. What another row could say of the second round would break that silently.
 */
import { BaseError } from '../base/errors.js'
import { mod } from '../base/field.js'
import { coefficientOf, type Matrix, type R1cs } from './iden3/r1cs.js'
import { type LookupLayout, lookupRows, secondRoundWires } from './lookups.js'

/** Throws `LookupRowsError` for the first row, wire or count that is otherwise. */
export function assertLookups(r1cs: R1cs, layout: LookupLayout): void {
  const problem = countProblem(r1cs, layout) ?? gadgetProblem(r1cs, layout)
  if (problem !== undefined) throw new LookupRowsError(problem)
  const one = reader(r1cs)
  layout.tableOf.forEach((_, i) => {
    assertLookup(one, layout, i)
  })
  let row = layout.firstLookup + layout.tableOf.length
  for (const { entries, quotients, multiplicities } of layout.tables) {
    entries.forEach((entry, t) => {
      const challenge = [layout.beta, 1n] as const
      const under: Terms = entry === 0 ? [challenge] : [[0, -BigInt(entry)], challenge]
      one.expect('a', row, [[quotients + t, 1n]])
      one.expect('b', row, under)
      one.expect('c', row++, [[multiplicities + t, 1n]])
    })
  }
  for (const [table, sum] of sumsOf(layout).entries()) {
    one.expect('a', row + table, [])
    one.expect('b', row + table, [])
    one.expect('c', row + table, sum)
  }
}

type Terms = readonly (readonly [wire: number, coefficient: bigint])[]
type Side = 'a' | 'b' | 'c'

function countProblem(r1cs: R1cs, layout: LookupLayout): string | undefined {
  const { publicOutputs, publicInputs, constraints, wires } = r1cs
  if (layout.beta !== publicOutputs + publicInputs)
    return `the challenge is wire ${layout.beta}, not the last of ${publicOutputs + publicInputs} public ones`
  const end = layout.secondRound + secondRoundWires(layout)
  if (end !== wires) return `the second round ends at wire ${end} of ${wires}`
  const rows = layout.firstLookup + lookupRows(layout)
  return rows === constraints ? undefined : `lookups end at row ${rows} of ${constraints}`
}

function gadgetProblem(r1cs: R1cs, { beta, secondRound, firstLookup }: LookupLayout): string | undefined {
  for (const { rowStart, wire } of [r1cs.a, r1cs.b, r1cs.c]) {
    for (let entry = 0; entry < rowStart[firstLookup]!; entry++) {
      const id = wire[entry]!
      if (id !== beta && id < secondRound) continue
      return `a row before the lookups holds wire ${id}, which is ${id === beta ? 'the challenge' : 'of the second round'}`
    }
  }
  return undefined
}

function assertLookup(one: Reader, { beta, secondRound, firstLookup }: LookupLayout, i: number): void {
  const row = firstLookup + i
  one.expect('a', row, [[secondRound + i, 1n]])
  one.expect('c', row, [[0, 1n]])
  let challenges = 0
  for (const [wire, coefficient] of one.read('b', row)) {
    if (wire >= secondRound)
      throw new LookupRowsError(`lookup ${i} is of wire ${wire}, which is of the second round`)
    if (wire !== beta) continue
    challenges++
    if (coefficient !== 1n) throw new LookupRowsError(`lookup ${i} is of a multiple of the challenge`)
  }
  if (challenges !== 1) throw new LookupRowsError(`lookup ${i} does not hold the challenge`)
}

function sumsOf({ tableOf, tables, secondRound }: LookupLayout): Terms[] {
  const sums = tables.map(() => [] as [number, bigint][])
  tableOf.forEach((table, i) => {
    sums[table]!.push([secondRound + i, 1n])
  })
  tables.forEach(({ entries, quotients }, table) => {
    entries.forEach((_, t) => {
      sums[table]!.push([quotients + t, -1n])
    })
  })
  return sums
}

type Reader = ReturnType<typeof reader>

function reader(r1cs: R1cs) {
  function* read(side: Side, row: number): Generator<readonly [number, bigint]> {
    const { rowStart, wire, coefficient }: Matrix = r1cs[side]
    for (let entry = rowStart[row]!; entry < rowStart[row + 1]!; entry++)
      yield [wire[entry]!, coefficientOf(r1cs, coefficient[entry]!)]
  }
  const expect = (side: Side, row: number, terms: Terms): void => {
    const { rowStart, wire, coefficient }: Matrix = r1cs[side]
    const first = rowStart[row]!
    const agrees =
      rowStart[row + 1]! - first === terms.length &&
      terms.every(
        ([id, value], i) =>
          wire[first + i] === id && coefficientOf(r1cs, coefficient[first + i]!) === mod(value),
      )
    if (!agrees) throw new LookupRowsError(`side ${side.toUpperCase()} of row ${row} is not that of a lookup`)
  }
  return { read, expect }
}

/** The rows do not hold a prover to the tables: no key should be made for them. */
export class LookupRowsError extends BaseError {
  override name = 'Lookups.RowsError'
  constructor(readonly problem: string) {
    super(`The constraints are not those of their lookups: ${problem}.`, {
      hint: 'circuit.r1cs and circuit.lookups belong to different builds or were changed: compile the model again',
    })
  }
}
