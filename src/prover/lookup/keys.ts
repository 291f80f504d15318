/** Keys of circuits with lookups: made for tests, and the verifying key of a proving key. */
import * as Binfile from '../../artifacts/iden3/binfile.js'
import { withFile } from '../../artifacts/iden3/binfile-file.js'
import * as R1csFile from '../../artifacts/iden3/r1cs.js'
import { assertLookups } from '../../artifacts/lookup-rows.js'
import * as Lookups from '../../artifacts/lookups.js'
import { type Sha256, sha256 } from '../../base/digest.js'
import { BaseError } from '../../base/errors.js'
import type { RandomBytes } from '../draw.js'
import { inG1, inG2 } from '../groth16/decimals.js'
import { G1, G2 } from '../groth16/group.js'
import { DEV_WARNING } from '../keys.js'
import type { KeyMark } from '../proof.js'
import { domainFor } from '../qap.js'
import { devSetup } from './dev-setup.js'
import { assertDeltas, GENERATOR_2 } from './key.js'
import { type Header, readHeader } from './key-format.js'
import { type LookupVerificationKey, PROTOCOL, parseLookupVerificationKey } from './proof.js'
import type { Digests } from './reference.js'
import { type Shape, shapeOf } from './shape.js'

export type LookupKeys = {
  readonly kind: 'dev' | 'ceremony'
  /** Of the `.r1cs` that the keys were made for. */
  readonly circuit: Sha256
  /** Of the `.lkey`. */
  readonly lkey: Sha256
  readonly verificationKey: LookupVerificationKey
}

/** A circuit's two files, found to be a sound pair. */
export type LookupCircuit = {
  readonly r1cs: R1csFile.R1cs
  readonly layout: Lookups.LookupLayout
  readonly shape: Shape
  readonly digests: Digests
}

/**
 * Reads a circuit and its lookups, and checks that all their rows are those of lookups: no key is made for others.
 * Throws `MalformedFileError`, `LookupRowsError`, `TooLargeError`.
 */
export function readCircuit(r1csBytes: Uint8Array, lookupsBytes: Uint8Array): LookupCircuit {
  const [r1cs, layout] = [R1csFile.decode(r1csBytes), Lookups.decode(lookupsBytes)]
  assertLookups(r1cs, layout)
  const shape = shapeOf(r1cs, layout, r1cs.wires)
  if (typeof shape === 'string') throw Binfile.malformed({ name: '.lookups' }, shape)
  const digest = (bytes: Uint8Array) => Uint8Array.from(Buffer.from(sha256(bytes).slice(7), 'hex'))
  return { r1cs, layout, shape, digests: { circuit: digest(r1csBytes), lookups: digest(lookupsBytes) } }
}

/** Makes dev keys for the files whose bytes are given. Throws as `readCircuit` does. */
export async function makeDevKeys(
  r1csBytes: Uint8Array,
  lookupsBytes: Uint8Array,
  options: { readonly random?: RandomBytes } = {},
): Promise<{ readonly keys: LookupKeys; readonly lkey: Uint8Array }> {
  const { r1cs, layout, shape, digests } = readCircuit(r1csBytes, lookupsBytes)
  const lkey = await devSetup(r1cs, layout, shape, digests, options.random)
  const circuit = sha256(r1csBytes)
  const mark: KeyMark = { setup: 'dev', warning: DEV_WARNING, circuit }
  const verificationKey = verificationKeyOf(lkeyHeader(lkey), mark)
  return { keys: { kind: 'dev', circuit, lkey: sha256(lkey), verificationKey }, lkey }
}

/** The header of an `.lkey` file, given by path or bytes; its large sections are not read. Throws `MalformedFileError`. */
export function lkeyHeader(lkey: string | Uint8Array): Header {
  if (typeof lkey === 'string') return withFile(lkey, readHeader)
  return readHeader(Binfile.fromBytes(lkey, '.lkey'))
}

/** Throws `SameDeltaError`, and `FieldError` for points that are not on their curves. */
export function verificationKeyOf(header: Header, mark?: KeyMark): LookupVerificationKey {
  assertDeltas(header)
  const exported = {
    protocol: PROTOCOL,
    curve: 'bn128',
    nPublic: header.publicSignals,
    vk_alpha_1: inG1(G1.read(header.alpha1, 0)),
    vk_beta_2: inG2(G2.read(header.beta2, 0)),
    vk_gamma_2: inG2(G2.read(GENERATOR_2, 0)),
    vk_delta_2: inG2(G2.read(header.deltaC2, 0)),
    vk_commitment_2: inG2(G2.read(header.deltaD2, 0)),
    IC: Array.from({ length: header.publicSignals + 2 }, (_, i) => inG1(G1.read(header.ic, i))),
  }
  const key = { ...exported, ...(mark === undefined ? {} : { zkonnx: mark }) }
  return parseLookupVerificationKey(key, 'the proving key')
}

const digestText = (bytes: Uint8Array) => `sha256:${Buffer.from(bytes).toString('hex')}`

/** What a manifest says of its circuit. */
export type CircuitSizes = {
  readonly sha256: Sha256
  readonly wires: number
  readonly publicSignals: number
  readonly power: number
  readonly lookups?: { readonly sha256: Sha256 } | undefined
}

/** Throws `OtherCircuitError` where the key is not of the circuit. */
export function assertKeyFits(header: Header, circuit: CircuitSizes): void {
  const pairs = [
    ['circuit', digestText(header.circuit), circuit.sha256],
    ['lookups', digestText(header.lookups), circuit.lookups?.sha256 ?? digestText(header.lookups)],
    ['number of wires', header.wires, circuit.wires],
    ['number of public signals', header.publicSignals, circuit.publicSignals],
    ['power of its domain', Math.log2(domainFor(header.rows)), circuit.power],
  ] as const
  for (const [what, found, expected] of pairs)
    if (found !== expected) throw new OtherCircuitError(what, found, expected)
}

export class OtherCircuitError extends BaseError {
  override name = 'Keys.OtherCircuitError'
  constructor(
    readonly what: string,
    found: string | number,
    expected: string | number,
  ) {
    super(`The proving key belongs to another circuit: its ${what} differs.`, {
      details: [`found    ${found}`, `expected ${expected}`],
      hint: 'make keys for this build with setup, or give the build that the key was made for',
    })
  }
}
