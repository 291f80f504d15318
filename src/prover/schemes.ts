/** Proofs and verifying keys of either scheme, told apart by the protocol that they name. */
import type { FileName } from '../artifacts/paths.js'
import type { Scheme } from '../artifacts/scheme.js'
import { BaseError } from '../base/errors.js'
import {
  type LookupProof,
  type LookupVerificationKey,
  PROTOCOL,
  parseLookupProof,
  parseLookupVerificationKey,
} from './lookup/proof.js'
import { openLookupVerifier } from './lookup/verify.js'
import { openVerifier } from './pairing.js'
import {
  type Proof,
  type PublicSignals,
  parseProof,
  parseVerificationKey,
  type VerificationKey,
} from './proof.js'

export type AnyProof = Proof | LookupProof
export type AnyVerificationKey = VerificationKey | LookupVerificationKey

/** The proving key's file in a folder. */
export function keyFileOf(scheme: Scheme | undefined): FileName & ('zkey' | 'lkey') {
  return scheme === PROTOCOL ? 'lkey' : 'zkey'
}

/** Checks a parsed `proof.json` of this scheme, by default of the one that it names. Throws `FieldError`. */
export function parseAnyProof(value: unknown, file?: string, scheme = protocolOf(value)): AnyProof {
  return scheme === PROTOCOL ? parseLookupProof(value, file) : parseProof(value, file)
}

/** The same of a `verification_key.json`. */
export function parseAnyKey(value: unknown, file?: string, scheme = protocolOf(value)): AnyVerificationKey {
  return scheme === PROTOCOL ? parseLookupVerificationKey(value, file) : parseVerificationKey(value, file)
}

/**
 * Whether a proof shows a statement, both of which are parsed: see `Verifier` and `LookupVerifier`. Throws `SchemeError` for a
 * proof of another scheme than the key.
 */
export function openAnyVerifier(
  key: AnyVerificationKey,
): (signals: PublicSignals, proof: AnyProof) => boolean {
  const verifier = key.protocol === PROTOCOL ? openLookupVerifier(key) : openVerifier(key)
  return (signals, proof) => {
    if (proof.protocol !== key.protocol) throw new SchemeError('a key of another scheme', proof.protocol)
    return verifier(signals, proof as Proof & LookupProof)
  }
}

/** A key or proof of plain Groth16, for what knows no other. Throws `SchemeError`. */
export function plain<Found extends { readonly protocol: string }>(
  found: Found,
  what: string,
): Extract<Found, { readonly protocol: 'groth16' }> {
  if (found.protocol !== 'groth16') throw new SchemeError(what, found.protocol)
  return found as Extract<Found, { readonly protocol: 'groth16' }>
}

function protocolOf(value: unknown): string | undefined {
  const protocol: unknown = (value as { protocol?: unknown } | null | undefined)?.protocol
  return typeof protocol === 'string' ? protocol : undefined
}

export class SchemeError extends BaseError {
  override name = 'Prover.SchemeError'
  constructor(
    what: string,
    readonly scheme: string,
  ) {
    super(`What is of the scheme ${scheme} cannot be used with ${what}.`, {
      hint: 'give proofs, keys and transcripts of one scheme; for tools that know plain Groth16 alone, compile the model without --scheme',
    })
  }
}
