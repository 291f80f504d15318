/** Proving keys and verifying keys: where they come from, which circuit they belong to, and whether to trust them. */
import * as Binfile from '../artifacts/iden3/binfile.js'
import { withFile } from '../artifacts/iden3/binfile-file.js'
import * as R1csFile from '../artifacts/iden3/r1cs.js'
import { canonicalJson, type Sha256, sha256 } from '../base/digest.js'
import { BaseError } from '../base/errors.js'
import { devSetup } from './dev-setup.js'
import type { KeyMark, VerificationKey } from './proof.js'
import { domainSizeOf, publicCount } from './qap.js'
import { verificationKeyOf } from './verification-key.js'
import { DEV_MARK, readHeader, type ZkeyHeader } from './zkey.js'

export type Keys = {
  readonly kind: 'dev' | 'ceremony'
  /** Of the `.r1cs` that the keys were made for. */
  readonly circuit: Sha256
  /** Of the `.zkey`. */
  readonly zkey: Sha256
  readonly verificationKey: VerificationKey
}

/** What must agree between a key and a circuit. */
export type CircuitFacts = Pick<R1csFile.R1cs, 'wires' | 'constraints' | 'publicOutputs' | 'publicInputs'>

export const DEV_WARNING =
  'Dev keys: whoever made them can forge proofs of anything. For tests and demos only, never for value.'

/** Makes dev keys for the `.r1cs` file whose bytes are given. Throws `MalformedFileError`, `TooLargeError`. */
export async function makeDevKeys(
  r1csBytes: Uint8Array,
  options: devSetup.Options = {},
): Promise<{ readonly keys: Keys; readonly zkey: Uint8Array }> {
  const circuit = sha256(r1csBytes)
  const zkey = await devSetup(R1csFile.decode(r1csBytes), options)
  const mark: KeyMark = { setup: 'dev', warning: DEV_WARNING, circuit }
  const verificationKey = verificationKeyOf(zkeyHeader(zkey), mark)
  return { keys: { kind: 'dev', circuit, zkey: sha256(zkey), verificationKey }, zkey }
}

/** The header of a `.zkey` file, given by path or bytes; its large sections are not read. Throws `MalformedFileError`. */
export function zkeyHeader(zkey: string | Uint8Array): ZkeyHeader {
  if (typeof zkey === 'string') return withFile(zkey, readHeader)
  return readHeader(Binfile.fromBytes(zkey, '.zkey'))
}

/** Whether the key was made by `makeDevKeys`. */
export function isDevKey({ circuitHash }: ZkeyHeader): boolean {
  return sameBytes(circuitHash, DEV_MARK)
}

/** Of the key itself: our mark, which other tools do not write, is left out. */
export function keyDigest({ zkonnx: _, ...key }: { readonly zkonnx?: KeyMark }): Sha256 {
  return sha256(canonicalJson(key))
}

/** Throws `KeyMismatchError` when the key's sizes are not those of the circuit. */
export function assertKeyFits(header: ZkeyHeader, circuit: CircuitFacts): void {
  const pairs: readonly (readonly [string, number, number])[] = [
    ['wires', header.wires, circuit.wires],
    ['public signals', header.publicSignals, publicCount(circuit)],
    ['points of the domain', header.domainSize, domainSizeOf(circuit)],
  ]
  for (const [what, key, expected] of pairs)
    if (key !== expected) throw new KeyMismatchError(what, key, expected)
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0
}

export class KeyMismatchError extends BaseError {
  override name = 'Keys.KeyMismatchError'
  constructor(
    readonly what: string,
    readonly key: number,
    readonly circuit: number,
  ) {
    super(`The proving key belongs to another circuit: it has ${key} ${what}, the circuit ${circuit}.`, {
      hint: 'make keys for this build with setup, or give the build that the key was made for',
    })
  }
}
