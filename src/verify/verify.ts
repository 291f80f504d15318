/**
 * Proofs verified in a browser, or anywhere else: in plain JavaScript, off the network, with no built-in module of Node.
 *
 * What is read is read strictly, as everywhere in zkonnx: numbers in their one canonical form and below the prime of
 * their field, points on their curve and in their group, gamma unlike delta.
 */
import type { Manifest } from '../artifacts/manifest.js'
import { SCHEMES } from '../artifacts/scheme.js'
import type { Sha256 } from '../base/digest.js'
import { BaseError } from '../base/errors.js'
import { type PublicSignals, parsePublicSignals } from '../prover/proof.js'
import { type AnyVerificationKey, openAnyVerifier, parseAnyKey, parseAnyProof } from '../prover/schemes.js'
import { type DecodedStatement, decode, type Ports } from './decode.js'
import { digestOf } from './digest.js'

/** What verifying reads of a manifest; more may be in it. */
export type Model = Ports & Pick<Manifest, 'format' | 'circuit' | 'model' | 'setup' | 'scheme'>

export type Prediction = {
  /** `manifest.json`, parsed. */
  readonly manifest: Model
  /** `verification_key.json`, `public.json` and `proof.json`, parsed as JSON and not yet checked. */
  readonly verificationKey: unknown
  readonly publicSignals: unknown
  readonly proof: unknown
}

export type Verdict = {
  readonly valid: boolean
  /** Why not, where the answer is no. */
  readonly reason?: string
  /** What was proven, where it was. */
  readonly says?: DecodedStatement
  /** The maker of dev keys, and of a key of unknown origin, can forge proofs of anything. */
  readonly devKeys: boolean
}

/**
 * Whether the proof shows the statement, for whoever trusts the key. Takes parsed JSON, in iden3's forms.
 * Throws `FieldError` for what is not in its canonical form, and `ProtocolError` for another proof system.
 */
export async function verifyProof(
  verificationKey: unknown,
  publicSignals: unknown,
  proof: unknown,
): Promise<boolean> {
  const key = readKey(verificationKey)
  return check(key, parsePublicSignals(publicSignals, key.nPublic), proof)
}

/**
 * Verifies a prediction of a model and reads what it says. That the manifest is the model's is for its digest to say: see
 * `modelId`. Throws as `verifyProof` and `decode` do, `NotManifestError`, and `OtherKeyError` for a key that is not the
 * manifest's.
 */
export async function verifyPrediction(prediction: Prediction): Promise<Verdict> {
  const { manifest } = prediction
  assertManifest(manifest)
  const key = readKey(prediction.verificationKey)
  assertKeyOf(manifest, key)
  const signals = parsePublicSignals(prediction.publicSignals, key.nPublic)
  const devKeys = key.zkonnx?.setup !== 'ceremony'
  if (!check(key, signals, prediction.proof))
    return { valid: false, reason: 'the proof does not hold', devKeys }
  const says = decode(manifest, signals)
  // one key serves all models of an architecture: which of them was run is for the commitment to say
  if (says.model !== undefined && says.model !== manifest.model.commitment)
    return { valid: false, reason: 'it was made with the weights of another model', devKeys }
  return { valid: true, says, devKeys }
}

/** The manifest's digest, `sha256:...`: the model's id on a chain, and what to compare with what its maker published. */
export function modelId(manifest: Model): Sha256 {
  assertManifest(manifest)
  return digestOf(manifest)
}

function check(key: AnyVerificationKey, signals: PublicSignals, proof: unknown): boolean {
  assertProtocol('proof', proof)
  return openAnyVerifier(key)(signals, parseAnyProof(proof, undefined, key.protocol))
}

function readKey(value: unknown): AnyVerificationKey {
  assertProtocol('verification key', value)
  return parseAnyKey(value)
}

/** Proof systems that this verifies. */
const PROTOCOLS: readonly unknown[] = SCHEMES

function assertProtocol(what: string, value: unknown): void {
  const protocol = (value as { protocol?: unknown } | null | undefined)?.protocol
  if (typeof protocol === 'string' && !PROTOCOLS.includes(protocol)) throw new ProtocolError(what, protocol)
}

function assertManifest(manifest: Model): void {
  const format: unknown = (manifest as Partial<Model> | null | undefined)?.format
  if (format !== 'zkonnx-manifest/1') throw new NotManifestError(format)
}

function assertKeyOf({ circuit, setup, scheme = 'groth16' }: Model, key: AnyVerificationKey): void {
  if (key.protocol !== scheme) throw new OtherKeyError('scheme', key.protocol, scheme)
  const { zkonnx, ...unmarked } = key
  if (zkonnx?.circuit !== circuit.sha256) throw new OtherKeyError('circuit', zkonnx?.circuit, circuit.sha256)
  const recorded = setup?.verificationKey
  const digest = digestOf(unmarked)
  if (recorded !== undefined && recorded !== digest) throw new OtherKeyError('digest', digest, recorded)
  if (setup !== undefined && setup.kind !== zkonnx.setup)
    throw new OtherKeyError('kind', zkonnx.setup, setup.kind)
}

export class ProtocolError extends BaseError {
  override name = 'Verify.ProtocolError'
  constructor(
    what: string,
    readonly protocol: string,
  ) {
    super(
      `The ${what} is of the proof system ${JSON.stringify(protocol.slice(0, 80))}, which is not known here.`,
      {
        hint: `verify it with a version of zkonnx that knows it; this one knows ${PROTOCOLS.join(', ')}`,
      },
    )
  }
}

export class NotManifestError extends BaseError {
  override name = 'Verify.NotManifestError'
  constructor(readonly format: unknown) {
    super('This is no manifest of a compiled model.', {
      details: [`its format is ${JSON.stringify(format)?.slice(0, 80) ?? 'not there'}`],
      hint: 'give the parsed manifest.json of the model, of format "zkonnx-manifest/1"',
    })
  }
}

export class OtherKeyError extends BaseError {
  override name = 'Verify.OtherKeyError'
  constructor(what: string, found: string | undefined, expected: string) {
    super(`The verifying key is not the one that the manifest names: its ${what} differs.`, {
      details: [`found    ${found ?? 'none'}`, `recorded ${expected}`],
      hint: 'take manifest and verifying key of the same model',
    })
  }
}
