/** The judge of proofs of either scheme: snarkjs where it knows the scheme, and our own verifier where none other does. */
import { type LookupProof, PROTOCOL } from './lookup/proof.js'
import { verifyLookup } from './lookup/verify.js'
import type { Proof, PublicSignals } from './proof.js'
import type { AnyProof, AnyVerificationKey } from './schemes.js'
import * as Snarkjs from './snarkjs.js'

/** Whether the proof shows the statement. Throws `FieldError`, also for a proof of another scheme than the key. */
export async function verifyAny(
  key: AnyVerificationKey,
  signals: PublicSignals,
  proof: AnyProof,
): Promise<boolean> {
  // both read the proof again, and refuse the other's
  return key.protocol === PROTOCOL
    ? verifyLookup(key, signals, proof as LookupProof)
    : Snarkjs.verify(key, signals, proof as Proof)
}
