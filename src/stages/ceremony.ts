/**
 * A ceremony: people contribute to a circuit's key, one after another, on machines of their own. What goes round is one
 * file, the key; it carries its contributions. In the coordinator's folder stand beside it the verifying key, the
 * transcript and the manifest's record of both, which follow from it.
 */
import { copyFile, rename, rm, stat } from 'node:fs/promises'
import { type Manifest, readManifest, recordSetup } from '../artifacts/manifest.js'
import { FILES, pathOf } from '../artifacts/paths.js'
import type { Scheme } from '../artifacts/scheme.js'
import type { SetupRecord } from '../artifacts/setup-record.js'
import { MissingFileError, readText, writeJson } from '../artifacts/store.js'
import { sha256 } from '../base/digest.js'
import { BaseError } from '../base/errors.js'
import type { Watch } from '../prover/abort.js'
import {
  type AnyContribution,
  type AnyKeyFile,
  type Ceremony,
  ceremonyOf,
  schemeOfKey,
} from '../prover/ceremony.js'
import {
  assertEnough,
  LEAST_ITERATIONS,
  MOST_ITERATIONS,
  NoContributionError,
} from '../prover/contributions.js'
import { fileDigest } from '../prover/key-file.js'
import { DEV_WARNING, keyDigest } from '../prover/keys.js'
import type { KeyMark } from '../prover/proof.js'
import { keyFileOf } from '../prover/schemes.js'
import { contributorsOf } from '../prover/transcript.js'
import { nextKeyOf } from './setup.js'

export type Contributed = {
  /** Where the key is now. */
  readonly path: string
  /** Its place among the contributions, from 1. */
  readonly place: number
  readonly contribution: AnyContribution
  readonly circuitHash: string
}

export type ContributeOptions = Watch & {
  /** A folder whose ceremony was begun, or a key's file alone. */
  readonly at: string
  readonly name: string
  /** The contributor's randomness; the machine's is mixed into it. */
  readonly entropy: string
  /** A file for the new key; without, it takes the old one's place. */
  readonly out?: string
}

/** Contributes. Until the new key is whole and checked, the old one is as it was. Throws `NameError`, `EndedError`, ... */
export async function contribute(options: ContributeOptions): Promise<Contributed> {
  const { name, entropy } = options
  assertName(name)
  if (entropy.trim() === '') throw new EntropyError()
  return step(options, (ceremony, from, to, watch) => ceremony.contribute(from, to, { name, entropy }, watch))
}

export type BeaconOptions = Watch & {
  readonly at: string
  readonly name: string
  /** In hexadecimal; one that nobody could know or choose when the last contribution was made. */
  readonly value: string
  /** Its hash is taken 2^iterations times. */
  readonly iterations: number
  readonly out?: string
}

/** Ends a ceremony with a beacon. Throws `NoContributionError` where nobody contributed before it. */
export async function applyBeacon(options: BeaconOptions): Promise<Contributed> {
  const { name, iterations } = options
  const value = options.value.replace(/^0x/, '').toLowerCase()
  assertName(name)
  if (!/^([0-9a-f]{2}){8,255}$/.test(value)) throw new BeaconValueError(options.value)
  if (!Number.isInteger(iterations) || iterations < LEAST_ITERATIONS || iterations > MOST_ITERATIONS)
    throw new IterationsError(iterations)
  const { path, ceremony } = await locate(options.at)
  const before = await ceremony.readKeyFile(path)
  if (before.contributions.length === 0) throw new NoContributionError(path)
  return step(options, (ceremony, from, to, watch) =>
    ceremony.beacon(from, to, { name, value, iterations }, watch),
  )
}

/**
 * Takes a key that came back from a contributor into the folder: it must be the folder's key and what was added to it.
 * Throws `NothingNewError`, `ContributionError`, and what `assertSuccessor` throws; the folder is then as it was.
 */
export async function accept(
  dir: string,
  file: string,
  { onProgress, signal }: Watch = {},
): Promise<readonly AnyContribution[]> {
  const place = await locate(dir)
  if (place.setup === undefined) throw new NotBegunError(dir)
  const { ceremony, scheme } = place
  const [before, after] = [await ceremony.readKeyFile(place.path), await ceremony.readKeyFile(file)]
  onProgress?.(`checking ${file}`)
  await ceremony.assertSuccessor(before, after, signal)
  await ceremony.assertKeyFile(after, signal)
  signal?.throwIfAborted()
  const added = after.contributions.slice(before.contributions.length)
  if (added.length === 0 && !(await isStale(place, dir, place.setup))) throw new NothingNewError(file, before)
  const next = nextKeyOf(dir, scheme)
  try {
    await copyFile(file, next)
    await adopt(place, dir, place.setup, { ...after, path: next })
  } finally {
    await rm(next, { force: true })
  }
  return added
}

export type Status = {
  readonly path: string
  readonly circuitHash: string
  readonly contributions: readonly AnyContribution[]
  /** Why keys that are what they are now are not to be used; nothing where they may be. */
  readonly missing: string | undefined
  /** Of a folder. */
  readonly setup: SetupRecord | undefined
}

/** Who contributed to a folder's key or a key's file, checked one after another. */
export async function status(at: string, { signal }: Watch = {}): Promise<Status> {
  const { path, setup, ceremony } = await locate(at)
  const key = await ceremony.readKeyFile(path)
  await ceremony.assertKeyFile(key, signal)
  const { circuitHash, contributions } = key
  return { path, circuitHash, contributions, missing: whatIsMissing(contributions, path), setup }
}

function whatIsMissing(contributions: readonly AnyContribution[], path: string): string | undefined {
  try {
    assertEnough(contributions, path)
    return undefined
  } catch (error) {
    if (error instanceof BaseError) return error.message.split('\n')[0]!
    throw error
  }
}

/** One contribution, checked before it counts: snarkjs writes beside the old key. */
async function step(
  { at, out, ...watch }: Pick<ContributeOptions, 'at' | 'out' | 'onProgress' | 'signal'>,
  make: (ceremony: Ceremony, from: string, to: string, watch: Watch) => Promise<void>,
): Promise<Contributed> {
  const place = await locate(at)
  const { dir, path, setup, ceremony } = place
  const before = await ceremony.readKeyFile(path)
  await ceremony.assertKeyFile(before, watch.signal)
  const end = before.contributions.findIndex(({ beacon }) => beacon !== undefined)
  if (end !== -1) throw new EndedError(path, end)
  const next = `${out ?? path}.next`
  try {
    await make(ceremony, path, next, { onProgress: watch.onProgress, signal: watch.signal })
    const after = await ceremony.readKeyFile(next)
    await ceremony.assertSuccessor(before, after, watch.signal)
    await ceremony.assertKeyFile(after, watch.signal)
    watch.signal?.throwIfAborted()
    if (out === undefined && dir !== undefined && setup !== undefined) await adopt(place, dir, setup, after)
    else await rename(next, out ?? path)
    const made = after.contributions.length
    return {
      path: out ?? path,
      place: made,
      contribution: after.contributions[made - 1]!,
      circuitHash: after.circuitHash,
    }
  } finally {
    await rm(next, { force: true })
  }
}

type Place = {
  readonly scheme: Scheme | undefined
  readonly ceremony: Ceremony
  readonly path: string
  readonly dir: string | undefined
  readonly setup: SetupRecord | undefined
}

/** The key of a folder, or a key's file. Throws `NotBegunError` for a folder without a ceremony, `MissingFileError`. */
async function locate(at: string): Promise<Place> {
  const entry = await stat(at).catch(() => undefined)
  if (entry === undefined) throw new MissingFileError(at)
  if (!entry.isDirectory()) {
    const scheme = schemeOfKey(at)
    return { scheme, ceremony: ceremonyOf(scheme), path: at, dir: undefined, setup: undefined }
  }
  const { setup, scheme } = await readManifest(at)
  if (setup?.ptau === undefined) throw new NotBegunError(at)
  return { scheme, ceremony: ceremonyOf(scheme), path: pathOf(at, keyFileOf(scheme)), dir: at, setup }
}

/**
 * Makes a key the folder's, with all that follows from it. The verifying key goes first and comes last: without it the
 * folder has no keys.
 */
async function adopt(
  { ceremony, scheme }: Pick<Place, 'ceremony' | 'scheme'>,
  dir: string,
  setup: SetupRecord,
  key: AnyKeyFile,
): Promise<void> {
  const { circuit } = await readManifest(dir)
  ceremony.assertKeyFits(key, circuit)
  assertEnough(key.contributions, key.path)
  const made = await derive(ceremony, circuit, setup, key)
  await rm(pathOf(dir, 'verificationKey'), { force: true })
  await rename(key.path, pathOf(dir, keyFileOf(scheme)))
  await writeJson(pathOf(dir, 'transcript'), made.transcript)
  const digest = sha256(await readText(pathOf(dir, 'transcript')))
  await recordSetup(dir, { ...made.setup, transcript: { file: FILES.transcript, sha256: digest } })
  await writeJson(pathOf(dir, 'verificationKey'), made.verificationKey)
}

/** What follows from a key that has contributions: the verifying key, the transcript, and what the manifest says. */
export async function derive(
  ceremony: Ceremony,
  circuit: Manifest['circuit'],
  setup: SetupRecord,
  key: AnyKeyFile,
) {
  const { kind, ptau, firstKey } = setup
  if (ptau === undefined || firstKey === undefined) throw new NotBegunError(key.path)
  const mark: KeyMark = {
    setup: kind,
    ...(kind === 'dev' ? { warning: DEV_WARNING } : {}),
    circuit: circuit.sha256,
  }
  const verificationKey = ceremony.verificationKeyOf(key, mark)
  const zkey = await fileDigest(key.path)
  const facts = { circuit: circuit.sha256, ptau, firstKey: firstKey.sha256, zkey }
  const transcript = ceremony.transcriptOf(key, facts, verificationKey)
  const contributions = contributorsOf(key.contributions)
  const record = { kind, zkey, verificationKey: keyDigest(verificationKey), ptau, firstKey, contributions }
  return { verificationKey, transcript, setup: record }
}

/** Whether a command was killed between a key's writing and that of what follows from it. */
async function isStale({ path }: Pick<Place, 'path'>, dir: string, setup: SetupRecord): Promise<boolean> {
  const there = await stat(pathOf(dir, 'verificationKey')).catch(() => undefined)
  return there === undefined || (await fileDigest(path)) !== setup.zkey
}

/** What snarkjs's files can hold, and a terminal can show. */
function assertName(name: string): void {
  if (name.trim() === '' || name.length > 64 || Buffer.byteLength(name) > 255 || /[\p{C}]/u.test(name))
    throw new NameError(name)
}

export class NotBegunError extends BaseError {
  override name = 'Ceremony.NotBegunError'
  constructor(readonly dir: string) {
    super(`No ceremony has been begun in ${dir}.`, {
      hint: `begin one: zkonnx setup ${dir} --ptau FILE`,
    })
  }
}

export class EndedError extends BaseError {
  override name = 'Ceremony.EndedError'
  constructor(
    readonly path: string,
    readonly place: number,
  ) {
    super(`The ceremony of ${path} has ended: contribution ${place + 1} is a beacon.`, {
      hint: 'what was contributed after a beacon would undo its sense; set the circuit up again for another ceremony',
    })
  }
}

export class NothingNewError extends BaseError {
  override name = 'Ceremony.NothingNewError'
  constructor(
    readonly path: string,
    { contributions }: AnyKeyFile,
  ) {
    super(`The key in ${path} has no contribution that the folder's key does not have.`, {
      details: [`both have ${contributions.length}`],
      hint: 'give the file that the contributor made',
    })
  }
}

export class NameError extends BaseError {
  override name = 'Ceremony.NameError'
  constructor(readonly contributor: string) {
    super(`${JSON.stringify(contributor)} cannot be a contributor's name.`, {
      hint: 'give 1 to 64 printable characters: --name "Ada Lovelace"',
    })
  }
}

export class EntropyError extends BaseError {
  override name = 'Ceremony.EntropyError'
  constructor() {
    super('A contribution needs randomness of its contributor, and none was given.', {
      hint: 'answer the question at a terminal, or pipe text in: head -c 64 /dev/urandom | base64 | zkonnx ... --entropy -',
    })
  }
}

export class BeaconValueError extends BaseError {
  override name = 'Ceremony.BeaconValueError'
  constructor(readonly value: string) {
    super(`${JSON.stringify(value)} cannot be a beacon's value.`, {
      hint: 'give 8 to 255 bytes in hexadecimal, e.g. the hash of a block that was announced before it was made',
    })
  }
}

export class IterationsError extends BaseError {
  override name = 'Ceremony.IterationsError'
  constructor(readonly iterations: number) {
    super(`A beacon cannot be hashed 2^${iterations} times.`, {
      details: [`from 2^${LEAST_ITERATIONS} to 2^${MOST_ITERATIONS}: everyone who verifies must do it again`],
      hint: `leave --iterations out for 2^${LEAST_ITERATIONS}`,
    })
  }
}
