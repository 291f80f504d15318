/**
 * Points of BN254 as coordinates, checked in plain arithmetic.
 *
 * Spec: EIP-196 and EIP-197. All points of G1's curve are in the group. Of G2's only a part is: points must also vanish
 * under multiplication by P.
 * Trap: iden3's files write F_Q2 as [real, imaginary]; the chain's precompiles read imaginary first.
 */
import { P } from '../base/field.js'
import { type Complex, G1, G2 } from './groth16/group.js'

export type { Complex }

export function isOnG1(x: bigint, y: bigint): boolean {
  return G1.isOnCurve({ x, y })
}

/** On the curve and in the group of order P. */
export function isInG2(x: Complex, y: Complex): boolean {
  return G2.isOnCurve({ x, y }) && G2.combine([{ x, y }], [P]) === undefined
}
