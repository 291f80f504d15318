/** Proving keys and verifying keys: where they come from, which circuit they belong to, and whether to trust them. */
import * as Binfile from '../artifacts/iden3/binfile.js'
import * as R1csFile from '../artifacts/iden3/r1cs.js'
import { canonicalJson, type Sha256, sha256 } from '../base/digest.js'
import { BaseError } from '../base/errors.js'
import { devSetup } from './dev-setup.js'
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
import { domainSizeOf, publicCount } from './qap.js'
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
  if (typeof zkey === 'string') return Binfile.withFile(zkey, readHeader)
  return readHeader(Binfile.fromBytes(zkey, '.zkey'))
}

/** Whether the key was made by `makeDevKeys`. */
export function isDevKey({ circuitHash }: ZkeyHeader): boolean {
  return sameBytes(circuitHash, DEV_MARK)
}

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

/** Of the key itself: our mark, which other tools do not write, is left out. */
export function keyDigest({ zkonnx: _, ...key }: { readonly zkonnx?: KeyMark }): Sha256 {
  return sha256(canonicalJson(key))
}

/** Throws `UnsafeKeyError` when the key's gamma equals its delta. */
export function assertSafe({ gamma2, delta2 }: ZkeyHeader): void {
  if (sameBytes(gamma2, delta2)) throw new UnsafeKeyError()
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

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0
}

export class UnsafeKeyError extends BaseError {
  override name = 'Keys.UnsafeKeyError'
  constructor() {
    super('The proving key has gamma = delta: anyone can forge proofs for it.', {
      hint: 'its setup stopped before phase 2: contribute to it, or make dev keys for tests',
    })
  }
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
