/** The keys of a compiled model's folder, opened to prove and verify. */
import type { Manifest } from '../artifacts/manifest.js'
import { pathOf } from '../artifacts/paths.js'
import type { Scheme } from '../artifacts/scheme.js'
import { findTranscript } from '../artifacts/setup-record.js'
import { MissingFileError, parseJson, readBytes, readText } from '../artifacts/store.js'
import { canonicalJson, type Sha256, sha256 } from '../base/digest.js'
import { BaseError } from '../base/errors.js'
import {
  type AnyPrepared,
  type BackendChoice,
  backendOf,
  DEFAULT_BACKEND,
  type Prepared,
  type Proven,
} from './backend.js'
import { assertAnyTranscript } from './ceremony.js'
import { assertEnough } from './contributions.js'
import { assertKeyFits, keyDigest, zkeyHeader } from './keys.js'
import * as LookupKeys from './lookup/keys.js'
import type { LoadedLookup } from './lookup/loaded.js'
import * as Lookup from './lookup/prover.js'
import type { PublicSignals, VerificationKey } from './proof.js'
import { type AnyProof, type AnyVerificationKey, keyFileOf, openAnyVerifier, parseAnyKey } from './schemes.js'
import { assertSafe, verificationKeyOf } from './verification-key.js'

export type Prover = {
  readonly verificationKey: AnyVerificationKey
  prove(wtns: Uint8Array): Promise<Proven<AnyProof>>
  /** Of what is parsed, see `openAnyVerifier`. */
  readonly verify: (signals: PublicSignals, proof: AnyProof) => boolean
  close(): Promise<void>
}

/**
 * Opens the folder's keys; the proving key is read once into memory, unless its bytes are given. `circuit` is the digest
 * of the `.r1cs` that they must belong to. Throws `WrongCircuitError`, `UnsafeKeyError`, and what reading the files throws.
 */
export async function openProver(
  dir: string,
  circuit: Sha256,
  options: openProver.Options = {},
): Promise<Prover> {
  const { backend = DEFAULT_BACKEND, threads = 1, scheme } = options
  const verificationKey = await openVerificationKey(dir, circuit, scheme)
  const path = pathOf(dir, keyFileOf(scheme))
  const bytes = options.bytes ?? (await readBytes(path))
  const opened = await openWith(backend, { path, bytes }, options.prepared, threads, verificationKey)
  // our own prover has one, and verifies by itself
  let verifier: Prover['verify'] | undefined
  return {
    verificationKey,
    prove: (wtns) => opened.prove(wtns),
    verify: (signals, proof) => {
      verifier ??= openAnyVerifier(verificationKey)
      return verifier(signals, proof)
    },
    close: () => opened.close(),
  }
}

async function openWith(
  backend: BackendChoice,
  key: { readonly path: string; readonly bytes: Uint8Array },
  prepared: AnyPrepared | undefined,
  threads: number,
  verificationKey: AnyVerificationKey,
): Promise<Pick<Prover, 'prove' | 'close'>> {
  if (verificationKey.protocol === 'groth16-lookup') {
    if (backend.name !== 'zkonnx') throw new OnlyOursError(backend.name)
    const own = prepared === undefined ? key : { ...key, prepared: prepared as LoadedLookup }
    return Lookup.open(backend.tier, own, { threads, verificationKey })
  }
  assertSafe(zkeyHeader(key.bytes))
  const own = prepared === undefined ? key : { ...key, prepared: prepared as Prepared }
  return backendOf(backend).open(own, { threads, verificationKey })
}

export declare namespace openProver {
  type Options = {
    readonly backend?: BackendChoice
    /** By which the folder's circuit is proven; by default plain Groth16. */
    readonly scheme?: Scheme | undefined
    /** Of one proof; by default 1, the calling one. */
    readonly threads?: number
    /** Of the proving key, which may be shared with other threads. */
    readonly bytes?: Uint8Array | undefined
    /** The key as the backend converted it before. */
    readonly prepared?: AnyPrepared | undefined
  }
}

/** Throws `OnlyOursError` where no other program than ours knows the scheme. */
export function assertProves(backend: BackendChoice | undefined, scheme: Scheme | undefined): void {
  const { name } = backend ?? DEFAULT_BACKEND
  if (scheme === 'groth16-lookup' && name !== 'zkonnx') throw new OnlyOursError(name)
}

/**
 * That the folder's two keys belong together and to this circuit, before any work is begun with them.
 * Throws `KeyMismatchError`, `KeyPairError`, `UnsafeKeyError`, what `openTrustedKey` throws, and what reading files throws.
 */
export async function assertKeysBelong(
  dir: string,
  manifest: KeyFacts & { circuit: CircuitSizes },
): Promise<void> {
  const { circuit, scheme } = manifest
  const { zkonnx, ...verificationKey } = await openTrustedKey(dir, manifest)
  const path = pathOf(dir, keyFileOf(scheme))
  const exported = scheme === 'groth16-lookup' ? exportLookup(path, circuit) : exportPlain(path, circuit)
  if (canonicalJson(exported) !== canonicalJson(verificationKey)) {
    throw new KeyPairError(path, pathOf(dir, 'verificationKey'))
  }
}

/** The verifying key of a proving key that is of this circuit. */
function exportPlain(path: string, circuit: CircuitSizes): VerificationKey {
  const header = zkeyHeader(path)
  assertKeyFits(header, { ...circuit, publicOutputs: circuit.publicSignals, publicInputs: 0 })
  return verificationKeyOf(header)
}

function exportLookup(path: string, circuit: CircuitSizes): AnyVerificationKey {
  const header = LookupKeys.lkeyHeader(path)
  LookupKeys.assertKeyFits(header, circuit)
  return LookupKeys.verificationKeyOf(header)
}

/** What a manifest says of its circuit. */
export type CircuitSizes = {
  readonly sha256: Sha256
  readonly wires: number
  readonly constraints: number
  readonly publicSignals: number
  readonly power: number
}

/** What a manifest says of keys. */
export type KeyFacts = {
  readonly circuit: { readonly sha256: Sha256 }
  readonly scheme?: Scheme | undefined
  readonly setup?: Manifest['setup']
}

/**
 * The folder's verifying key, if it is what it says it is: the key that the manifest's setup names, and of a ceremony,
 * the end of the transcript beside it. Throws as `openVerificationKey` and `assertTranscript` do, `assertEnough`'s errors for
 * a ceremony that is not far enough, `KeyRecordError`, `NoTranscriptError`.
 */
export async function openTrustedKey(dir: string, facts: KeyFacts): Promise<AnyVerificationKey> {
  const { circuit, setup, scheme } = facts
  if (setup?.ptau !== undefined) assertEnough(toParameters(setup), dir)
  const path = pathOf(dir, 'verificationKey')
  const key = await openVerificationKey(dir, circuit.sha256, scheme).catch((error: unknown) => {
    throw error instanceof MissingFileError && setup?.ptau !== undefined ? new LostKeyError(path, dir) : error
  })
  const kind = key.zkonnx?.setup
  if (setup !== undefined && setup.verificationKey !== keyDigest(key))
    throw new KeyRecordError(path, keyDigest(key), setup.verificationKey)
  if (setup !== undefined && setup.kind !== kind)
    throw new KeyRecordError(path, `${kind} keys`, `${setup.kind} keys`)
  if (setup?.transcript !== undefined)
    await assertRecorded(pathOf(dir, 'transcript'), setup.transcript.sha256)
  if (kind === 'ceremony') await assertCeremony(dir, key, circuit.sha256)
  return key
}

async function assertRecorded(path: string, expected: Sha256): Promise<void> {
  const bytes = await readBytes(path).catch((error: unknown) => {
    throw error instanceof MissingFileError ? new NoTranscriptError(path) : error
  })
  if (sha256(bytes) !== expected) throw new KeyRecordError(path, sha256(bytes), expected)
}

function toParameters({ contributions = [] }: NonNullable<Manifest['setup']>) {
  return contributions.map(({ name, beacon }) => ({ name, beacon }))
}

/** Checked once a process for each key and transcript: a batch of proofs opens them again and again. */
const checked = new Set<Sha256>()

async function assertCeremony(dir: string, key: AnyVerificationKey, circuit: Sha256): Promise<void> {
  const path = pathOf(dir, 'transcript')
  const transcript = await findTranscript(dir)
  if (transcript === undefined) throw new NoTranscriptError(path)
  const digest = sha256(canonicalJson({ transcript, key, circuit }))
  if (checked.has(digest)) return
  if (transcript.ptau.verified === 'dev')
    throw new KeyRecordError(path, 'keys from dev powers of tau', 'ceremony keys')
  await assertAnyTranscript(transcript, key, circuit, path)
  checked.add(digest)
}

/** The folder's verifying key. Throws `WrongCircuitError` when its mark names another circuit, `FieldError`. */
export async function openVerificationKey(
  dir: string,
  circuit: Sha256,
  scheme: Scheme = 'groth16',
): Promise<AnyVerificationKey> {
  const path = pathOf(dir, 'verificationKey')
  const key = parseAnyKey(parseJson(await readText(path), path), path, scheme)
  if (key.zkonnx?.circuit !== circuit) throw new WrongCircuitError(path, key.zkonnx?.circuit, circuit)
  return key
}

export class WrongCircuitError extends BaseError {
  override name = 'Prover.WrongCircuitError'
  constructor(
    readonly path: string,
    readonly found: Sha256 | undefined,
    readonly expected: Sha256,
  ) {
    super(`${path} does not belong to this circuit.`, {
      details: [
        `it was made for ${found ?? 'a circuit that it does not name'}`,
        `the circuit is ${expected}`,
      ],
      hint: 'make the keys again with setup',
    })
  }
}

/** No other program makes or reads such keys. */
export class OnlyOursError extends BaseError {
  override name = 'Prover.OnlyOursError'
  constructor(readonly backend: string) {
    super(`${backend} cannot prove circuits with lookups.`, {
      hint: 'leave --prover out, or compile the model without --scheme',
    })
  }
}

export class KeyPairError extends BaseError {
  override name = 'Prover.KeyPairError'
  constructor(
    readonly zkey: string,
    readonly verificationKey: string,
  ) {
    super(`${zkey} and ${verificationKey} do not belong together.`, {
      details: ['proofs made with the first would not verify with the second'],
      hint: 'make the keys again with setup, or restore the pair as it was made',
    })
  }
}

export class KeyRecordError extends BaseError {
  override name = 'Prover.KeyRecordError'
  constructor(
    readonly path: string,
    found: string,
    expected: string | undefined,
  ) {
    super(`${path} is not what the folder's record of its setup says.`, {
      details: [`found    ${found}`, `recorded ${expected ?? 'no verifying key'}`],
      hint: 'make the keys again with setup, or restore manifest, keys and transcript as they were made',
    })
  }
}

export class LostKeyError extends BaseError {
  override name = 'Prover.LostKeyError'
  constructor(
    readonly path: string,
    dir: string,
  ) {
    super(
      `${path} is missing, though people have contributed to the key: a command was killed as it wrote.`,
      {
        hint: `make it again from the key: zkonnx ceremony accept ${dir} ${pathOf(dir, 'zkey')}`,
      },
    )
  }
}

export class NoTranscriptError extends BaseError {
  override name = 'Prover.NoTranscriptError'
  constructor(readonly path: string) {
    super(`The keys are said to come from a ceremony, but there is no transcript of it: ${path}.`, {
      hint: 'put the transcript that the coordinator published beside them; without it anyone may have made them',
    })
  }
}
