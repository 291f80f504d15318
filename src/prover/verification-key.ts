/** The verifying key of a proving key, and whether it is one that a setup may end with. */
import { BaseError } from '../base/errors.js'
import { inG1, inG2 } from './groth16/decimals.js'
import { G1, G2 } from './groth16/group.js'
import { pairing } from './pairing.js'
import {
  type G1Point,
  type KeyMark,
  parseG1,
  parseG2,
  parseVerificationKey,
  type VerificationKey,
} from './proof.js'
import type { ZkeyHeader } from './zkey.js'

/**
 * The `verification_key.json` of a proving key, as snarkjs exports it, with our mark where one is given.
 * Throws `UnsafeKeyError` for gamma = delta, and `FieldError` for points that are not on their curves.
 */
export function verificationKeyOf(header: ZkeyHeader, mark?: KeyMark): VerificationKey {
  assertSafe(header)
  const exported = exportPoints(header)
  return parseVerificationKey({ ...exported, ...(mark === undefined ? {} : { zkonnx: mark }) }, KEY)
}

/** What contributions lead to, of a key that may have none yet. Throws `FieldError`. */
export function deltaOf(header: ZkeyHeader): Pick<VerificationKey, 'vk_delta_2'> {
  return { vk_delta_2: parseG2(inG2(G2.read(header.delta2, 0)), KEY, 'delta2') }
}

/** Whether a point is the key's delta in G1, which provers use. */
export function isDelta1({ delta1 }: ZkeyHeader, point: G1Point): boolean {
  return String(inG1(G1.read(delta1, 0))) === String(point)
}

/** Throws `UnsafeKeyError` when the key's gamma equals its delta. */
export function assertSafe({ gamma2, delta2 }: ZkeyHeader): void {
  if (gamma2.every((byte, i) => byte === delta2[i])) throw new UnsafeKeyError()
}

/** Stands in errors. */
const KEY = 'the proving key'

function exportPoints(header: ZkeyHeader) {
  const alpha1 = parseG1(inG1(G1.read(header.alpha1, 0)), KEY, 'vk_alpha_1')
  const beta2 = parseG2(inG2(G2.read(header.beta2, 0)), KEY, 'vk_beta_2')
  const ic = Array.from({ length: header.publicSignals + 1 }, (_, index) => inG1(G1.read(header.ic, index)))
  return {
    protocol: 'groth16',
    curve: 'bn128',
    nPublic: header.publicSignals,
    vk_alpha_1: alpha1,
    vk_beta_2: beta2,
    vk_gamma_2: inG2(G2.read(header.gamma2, 0)),
    vk_delta_2: inG2(G2.read(header.delta2, 0)),
    vk_alphabeta_12: pairing(alpha1, beta2).map((half) => half.map((pair) => pair.map(String))),
    IC: ic,
  }
}

export class UnsafeKeyError extends BaseError {
  override name = 'Keys.UnsafeKeyError'
  constructor() {
    super('The proving key has gamma = delta: anyone can forge proofs for it.', {
      hint: 'its setup stopped before phase 2: contribute to it, or make dev keys for tests',
    })
  }
}
