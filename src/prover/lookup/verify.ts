/** Verifies proofs of circuits with lookups, by ffjavascript's pairing. */
import { BYTES, P, toBytesLE } from '../../base/field.js'
import { type Curve, withAnyCurve } from '../curve.js'
import { pack } from '../elements.js'
import { G1 as PlainG1, G2 as PlainG2 } from '../groth16/group.js'
import type { G1Point, G2Point, PublicSignals } from '../proof.js'
import { type Equation, equationOf, equationOfChecked } from './equation.js'
import type { LookupProof, LookupVerificationKey } from './proof.js'

/**
 * Whether the proof shows the statement. Throws `FieldError` where anything is not in its canonical form, and where the
 * number of signals is not the key's.
 */
export function verifyLookup(
  verificationKey: LookupVerificationKey,
  publicSignals: PublicSignals,
  proof: LookupProof,
): Promise<boolean> {
  const equation = equationOf(verificationKey, publicSignals, proof)
  return withAnyCurve((curve) => holds(curve, equation))
}

/**
 * The same of a proof that was just made, with a key that was checked when it was read. What arithmetic that went wrong
 * may have left is looked at here too: points off their curve or out of their group.
 */
export function verifyOwn(
  verificationKey: LookupVerificationKey,
  publicSignals: PublicSignals,
  proof: LookupProof,
): Promise<boolean> {
  const { pi_a, pi_b, pi_c, commitment } = proof
  if (![pi_a, pi_c, commitment].every(isOnG1) || !isOnG2(pi_b)) return Promise.resolve(false)
  return withAnyCurve(async (curve) => {
    const order = new Uint8Array(BYTES)
    toBytesLE(P, order)
    if (!curve.G2.isZero(curve.G2.timesScalar(inG2(curve, pi_b), order))) return false
    return holds(curve, equationOfChecked(verificationKey, publicSignals, proof))
  })
}

/** Of an equation of points that were checked. */
export async function holds(curve: Curve, { pairs, ic, statement, gamma }: Equation): Promise<boolean> {
  const { G1, pairingEq } = curve
  const sum = ic.reduce(
    (total, point, i) => G1.add(total, G1.timesScalar(inG1(curve, point), pack([statement[i]!], 'plain'))),
    G1.zero,
  )
  const all = [
    ...pairs.map(([a, b]) => [inG1(curve, a), inG2(curve, b)] as const),
    [sum, inG2(curve, gamma)] as const,
  ]
  return pairingEq(...all.filter(([point]) => !G1.isZero(point)).flat())
}

/** Not at infinity, and on the curve. */
function isOnG1([x, y, z]: G1Point): boolean {
  return z === '1' && PlainG1.isOnCurve({ x: BigInt(x), y: BigInt(y) })
}

function isOnG2([x, y, z]: G2Point): boolean {
  const [complexX, complexY] = [x, y].map(([re, im]) => [BigInt(re), BigInt(im)] as const)
  return z[0] === '1' && z[1] === '0' && PlainG2.isOnCurve({ x: complexX!, y: complexY! })
}

const inG1 = ({ G1 }: Curve, point: G1Point) => G1.fromObject(point.map(BigInt))
const inG2 = ({ G2 }: Curve, point: G2Point) => G2.fromObject(point.map((pair) => pair.map(BigInt)))
