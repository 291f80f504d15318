/** Circuits with lookups under test. */
import type { R1cs } from '../../src/artifacts/iden3/r1cs.js'
import type { LookupLayout } from '../../src/artifacts/lookups.js'
import { answerChallenge } from '../../src/attack/second-round.js'
import { firstBrokenRow, openSystem, type System } from '../../src/attack/system.js'
import type { LookupChoice } from '../../src/circuit/cs/chunks.js'
import type { WireValues } from '../../src/circuit/cs/wires.js'
import { without } from './solve.js'

/** As a verifier would draw it, once round 1 is fixed. */
export const CHALLENGE = 0x1234567_89abcdef_0fedcba9_87654321_13579bdf_02468ace_fdb97531_eca86420n

/** Small tables, so that every witness of a tiny gadget can be listed: single, chained and double chunks are all met. */
export const SMALL: readonly LookupChoice[] = [
  { ranges: [2, 3], intervals: [12], entryWorth: 0 },
  { ranges: [3], intervals: [], entryWorth: Infinity },
]

/** Whether the whole system holds with this round 1 and a challenge that is drawn afterwards. */
export function provable(
  r1cs: R1cs,
  layout: LookupLayout,
  first: WireValues,
  beta: bigint = CHALLENGE,
): boolean {
  return firstBrokenRow(r1cs, answerChallenge(r1cs, layout, first, beta)) === undefined
}

/** The system in which one slot may be anything: what its row says is all that is left of the lookup. */
export function withoutLookup({ whole: _, ...system }: System, lookup: number): System {
  const slots = system.slots!
  const anything = { entries: new Float64Array(), lo: -Infinity, hi: Infinity, has: () => true }
  const tableOf = slots.tableOf.with(lookup, slots.tables.length)
  return { ...system, slots: { ...slots, tableOf, tables: [...slots.tables, anything] } }
}

/** The system without one of the rows of its gadgets. */
export function withoutRow({ r1cs, slots, given, nameOf }: System, row: number): System {
  const system = openSystem(without(r1cs, row), nameOf, (wire) => given[wire] === 1)
  return { ...system, slots: { ...slots!, firstRow: slots!.firstRow - 1 } }
}
