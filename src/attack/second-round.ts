/** What follows from a challenge: the wires of round 2, as whoever proves computes them, honest or not. */
import type { R1cs } from '../artifacts/iden3/r1cs.js'
import type { LookupLayout } from '../artifacts/lookups.js'
import { divide, type Felt, subtract } from '../circuit/cs/felt.js'
import { WireValues } from '../circuit/cs/wires.js'
import { dot } from './system.js'

/**
 * A witness of round 1, multiplicities with it, made whole: inverses satisfy the rows of lookups and quotients those of
 * entries whatever was looked up, so that the sums alone can fail. Throws `RangeError` where the challenge is an entry or
 * a looked-up value, which nobody hits by chance.
 */
export function answerChallenge(
  r1cs: R1cs,
  layout: LookupLayout,
  first: WireValues,
  beta: bigint,
): WireValues {
  const values = new WireValues()
  for (let wire = 0; wire < layout.secondRound; wire++)
    values.push(wire === layout.beta ? beta : first.get(wire))
  layout.tableOf.forEach((_, i) => {
    values.push(divide(1, dot(r1cs, r1cs.b, layout.firstLookup + i, values)))
  })
  for (const { entries, multiplicities } of layout.tables) {
    entries.forEach((entry, t) => {
      values.push(quotient(values.get(multiplicities + t), beta, entry))
    })
  }
  return values
}

function quotient(multiplicity: Felt, beta: bigint, entry: number): Felt {
  return multiplicity === 0 ? 0 : divide(multiplicity, subtract(beta, entry))
}
