/**
 * A ceremony's steps on keys of either scheme, so that who runs one need not know which it is: plain keys go through
 * snarkjs, those of circuits with lookups through lookup/, since no other program has them.
 */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { pathOf } from '../artifacts/paths.js'
import type { Scheme } from '../artifacts/scheme.js'
import type { AnyTranscript, PtauRecord } from '../artifacts/setup-record.js'
import { readBytes, writeAtomic } from '../artifacts/store.js'
import type { Sha256 } from '../base/digest.js'
import { BaseError } from '../base/errors.js'
import type { Watch } from './abort.js'
import type { Contribution } from './contributions.js'
import * as Plain from './key-file.js'
import * as PlainKeys from './keys.js'
import { applyBeacon, contribute } from './lookup/contribute.js'
import type { LookupContribution } from './lookup/contributions.js'
import { firstKey } from './lookup/first-key.js'
import * as Lookup from './lookup/key-file.js'
import * as LookupKeys from './lookup/keys.js'
import type { LookupVerificationKey } from './lookup/proof.js'
import * as LookupSuccessor from './lookup/successor.js'
import * as LookupTranscripts from './lookup/transcript.js'
import type { KeyMark, VerificationKey } from './proof.js'
import { type AnyVerificationKey, plain } from './schemes.js'
import * as Snarkjs from './snarkjs-setup.js'
import * as PlainSuccessor from './successor.js'
import * as Transcripts from './transcript.js'
import { TranscriptError } from './transcript.js'
import { verificationKeyOf } from './verification-key.js'

export type AnyContribution = Contribution | LookupContribution

/** A proving key's file, seen as a step of a ceremony. */
export type AnyKeyFile = {
  readonly path: string
  readonly circuitHash: string
  readonly contributions: readonly AnyContribution[]
}

/** What a manifest says of its circuit. */
export type CircuitSizes = LookupKeys.CircuitSizes & { readonly constraints: number }

/** What follows of a key for its transcript. */
export type Facts = {
  readonly circuit: Sha256
  readonly ptau: PtauRecord
  readonly firstKey: Sha256
  readonly zkey: Sha256
}

export type Ceremony<Key extends AnyKeyFile = AnyKeyFile> = {
  /** Writes the key before any contribution, of a folder's circuit. */
  newKey(dir: string, ptau: string, to: string, watch: Watch): Promise<void>
  contribute(
    from: string,
    to: string,
    contributor: { readonly name: string; readonly entropy: string },
    watch: Watch,
  ): Promise<void>
  beacon(from: string, to: string, beacon: Snarkjs.Beacon, watch: Watch): Promise<void>
  /** Throws `DevKeyError`, `MalformedFileError`, `FieldError`. */
  readKeyFile(path: string): Promise<Key>
  /** That its contributions hold and lead to it. */
  assertKeyFile(key: Key, signal?: AbortSignal): Promise<void>
  /** That one follows from the other by contributions. */
  assertSuccessor(before: Key, after: Key, signal?: AbortSignal): Promise<void>
  assertKeyFits(key: Key, circuit: CircuitSizes): void
  verificationKeyOf(key: Key, mark?: KeyMark): AnyVerificationKey
  transcriptOf(key: Key, facts: Facts, verificationKey: AnyVerificationKey): AnyTranscript
  /** Who checks the whole key against the first, and why it does not follow; nothing where it does. */
  readonly judge: string
  judged(first: string, ptau: string, key: string, watch: Watch): Promise<string | undefined>
}

export function ceremonyOf(scheme: Scheme | undefined): Ceremony {
  // keys that one of them has read are given to no other
  return (scheme === 'groth16-lookup' ? withLookups : ofSnarkjs) as Ceremony
}

/** The scheme of a key's file, by its first bytes. */
export function schemeOfKey(path: string): Scheme {
  const head = Buffer.alloc(4)
  const file = openSync(path, 'r')
  try {
    readSync(file, head, 0, 4, 0)
  } finally {
    closeSync(file)
  }
  return head.toString('latin1') === 'lkey' ? 'groth16-lookup' : 'groth16'
}

/** That a key is the end of its ceremony: see `assertTranscript` of either scheme. */
export async function assertAnyTranscript(
  transcript: AnyTranscript,
  key: AnyVerificationKey,
  circuit: Sha256,
  where: string,
): Promise<void> {
  const { format } = transcript
  if (format === 'zkonnx-ceremony/1' && key.protocol === 'groth16')
    return Transcripts.assertTranscript(transcript, key, circuit, where)
  if (format === 'zkonnx-lookup-ceremony/1' && key.protocol === 'groth16-lookup')
    return LookupTranscripts.assertTranscript(transcript, key, circuit, where)
  throw new TranscriptError(where, 'it is of keys of another scheme', format)
}

const ofSnarkjs: Ceremony<Plain.KeyFile> = {
  newKey: (dir, ptau, to, watch) => Snarkjs.newKey(pathOf(dir, 'r1cs'), ptau, to, watch),
  contribute: (from, to, contributor, watch) => Snarkjs.contribute(from, to, contributor, watch),
  beacon: (from, to, beacon, watch) => Snarkjs.beacon(from, to, beacon, watch),
  readKeyFile: (path) => Plain.readKeyFile(path),
  assertKeyFile: (key, signal) => Plain.assertKeyFile(key, signal),
  assertSuccessor: (before, after, signal) => PlainSuccessor.assertSuccessor(before, after, signal),
  assertKeyFits: ({ header }, circuit) =>
    PlainKeys.assertKeyFits(header, {
      ...circuit,
      publicOutputs: circuit.publicSignals,
      publicInputs: 0,
    }),
  verificationKeyOf: ({ header }, mark) => verificationKeyOf(header, mark),
  transcriptOf: (key, facts, verificationKey) =>
    Transcripts.transcriptOf({
      ...facts,
      ...key,
      verificationKey: plain<AnyVerificationKey>(verificationKey, 'its transcript') as VerificationKey,
    }),
  judge: 'snarkjs',
  judged: (first, ptau, key, watch) => Snarkjs.verifyKey(first, ptau, key, watch),
}

const withLookups: Ceremony<Lookup.LookupKeyFile> = {
  async newKey(dir, ptau, to, watch) {
    const circuit = LookupKeys.readCircuit(
      await readBytes(pathOf(dir, 'r1cs')),
      await readBytes(pathOf(dir, 'lookups')),
    )
    await writeAtomic(to, await firstKey(circuit, ptau, watch))
  },
  contribute: async (from, to, contributor, watch) =>
    writeAtomic(to, await contribute(new Uint8Array(readFileSync(from)), contributor, watch)),
  beacon: async (from, to, beacon, watch) =>
    writeAtomic(to, await applyBeacon(new Uint8Array(readFileSync(from)), beacon, watch)),
  readKeyFile: async (path) => Lookup.readKeyFile(path),
  assertKeyFile: (key, signal) => Lookup.assertKeyFile(key, signal),
  assertSuccessor: (before, after, signal) => LookupSuccessor.assertSuccessor(before, after, signal),
  assertKeyFits: ({ header }, circuit) => LookupKeys.assertKeyFits(header, circuit),
  verificationKeyOf: ({ header }, mark) => LookupKeys.verificationKeyOf(header, mark),
  transcriptOf: (key, facts, verificationKey) =>
    LookupTranscripts.transcriptOf({
      ...facts,
      ...key,
      verificationKey: verificationKey as LookupVerificationKey,
    }),
  judge: 'zkonnx',
  async judged(first, _, path, { signal }) {
    const [before, after] = [Lookup.readKeyFile(first), Lookup.readKeyFile(path)]
    try {
      await LookupSuccessor.assertSuccessor(before, after, signal)
    } catch (error) {
      if (error instanceof BaseError && error.fault === 'answer') return error.message.split('\n')[0]!
      throw error
    }
    return undefined
  },
}
