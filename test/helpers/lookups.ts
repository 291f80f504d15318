/** Circuits with lookups under test. */
import type { R1cs } from '../../src/artifacts/iden3/r1cs.js'
import type { LookupLayout } from '../../src/artifacts/lookups.js'
import { answerChallenge } from '../../src/attack/second-round.js'
import { firstBrokenRow } from '../../src/attack/system.js'
import type { LookupChoice } from '../../src/circuit/cs/chunks.js'
import type { WireValues } from '../../src/circuit/cs/wires.js'

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
