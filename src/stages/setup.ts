/** Keys for a compiled circuit: dev keys at once, or the first key of a ceremony. */
import { rename, rm } from 'node:fs/promises'
import { type Manifest, readManifest, recordSetup } from '../artifacts/manifest.js'
import { pathOf } from '../artifacts/paths.js'
import type { Scheme } from '../artifacts/scheme.js'
import type { SetupRecord } from '../artifacts/setup-record.js'
import { readBytes, writeAtomic, writeJson } from '../artifacts/store.js'
import { sha256 } from '../base/digest.js'
import { BaseError } from '../base/errors.js'
import type { Watch } from '../prover/abort.js'
import { ceremonyOf } from '../prover/ceremony.js'
import { fileDigest } from '../prover/key-file.js'
import { type Keys, keyDigest, makeDevKeys } from '../prover/keys.js'
import * as Lookup from '../prover/lookup/keys.js'
import { type AnyVerificationKey, keyFileOf } from '../prover/schemes.js'
import { checkPowers } from './powers.js'

export type SetupOptions = {
  readonly dir: string
  /** Dev keys are for tests and demos only. */
  readonly kind: 'dev'
}

/**
 * Makes dev keys and writes them beside the circuit, the verifying key last.
 * Throws `CircuitChangedError` where `circuit.r1cs` is not the one that the manifest names, and the store's errors.
 */
export async function setup({ dir }: SetupOptions): Promise<MadeKeys> {
  const { circuit, scheme } = await readManifest(dir)
  const { keys, bytes } = await makeKeys(dir, circuit, scheme)
  await removeKeys(dir)
  await writeAtomic(pathOf(dir, keyFileOf(scheme)), bytes)
  const verificationKey = keyDigest(keys.verificationKey)
  await recordSetup(dir, { kind: 'dev', zkey: keys.zkey, verificationKey })
  await writeJson(pathOf(dir, 'verificationKey'), keys.verificationKey)
  return keys
}

/** `zkey` is the digest of the proving key, of whichever scheme. */
export type MadeKeys = Omit<Keys, 'verificationKey'> & { readonly verificationKey: AnyVerificationKey }

async function makeKeys(
  dir: string,
  circuit: Manifest['circuit'],
  scheme: Scheme | undefined,
): Promise<{ readonly keys: MadeKeys; readonly bytes: Uint8Array }> {
  const r1cs = await readCircuit(dir, circuit)
  if (scheme === 'groth16-lookup') {
    const { keys, lkey } = await Lookup.makeDevKeys(r1cs, await readBytes(pathOf(dir, 'lookups')))
    return { keys: { ...keys, zkey: keys.lkey }, bytes: lkey }
  }
  const { keys, zkey } = await makeDevKeys(r1cs)
  return { keys, bytes: zkey }
}

export type CeremonyOptions = Watch & {
  readonly dir: string
  /** Powers of tau, prepared for phase 2. */
  readonly ptau: string
  /** Whether powers whose secrets everyone can compute will do: what comes of them are dev keys. */
  readonly dev?: boolean
}

/**
 * Begins a ceremony: checks the powers of tau and makes the circuit's first key from them, which is for contributors and
 * cannot prove yet. Keys that were there are removed once it is made.
 * Throws `CircuitChangedError`, and what `checkPowers` throws.
 */
export async function beginCeremony(options: CeremonyOptions): Promise<SetupRecord> {
  const { dir, ptau: path } = options
  const { circuit, scheme } = await readManifest(dir)
  await readCircuit(dir, circuit)
  const ptau = await checkPowers(path, { ...options, power: circuit.power })
  const next = nextKeyOf(dir, scheme)
  const ceremony = ceremonyOf(scheme)
  options.onProgress?.('making the first key')
  try {
    await ceremony.newKey(dir, path, next, {
      ...options,
      onProgress: (text) => options.onProgress?.(`making the first key: ${text}`),
    })
    const key = await ceremony.readKeyFile(next)
    const { circuitHash } = key
    ceremony.assertKeyFits(key, circuit)
    const digest = await fileDigest(next)
    const kind = ptau.verified === 'dev' ? 'dev' : 'ceremony'
    const record = {
      kind,
      zkey: digest,
      ptau,
      firstKey: { sha256: digest, circuitHash },
      contributions: [],
    } as const
    await removeKeys(dir)
    await rename(next, pathOf(dir, keyFileOf(scheme)))
    await recordSetup(dir, { ...record, contributions: [] })
    return { ...record, contributions: [] }
  } finally {
    await rm(next, { force: true })
  }
}

/** Where a key stands until it takes the place of the folder's. */
export function nextKeyOf(dir: string, scheme: Scheme | undefined): string {
  return `${pathOf(dir, keyFileOf(scheme))}.next`
}

async function removeKeys(dir: string): Promise<void> {
  // a proving key of another scheme would be taken for this build's
  for (const file of ['zkey', 'lkey'] as const) await rm(pathOf(dir, file), { force: true })
  await rm(pathOf(dir, 'verificationKey'), { force: true })
  await rm(pathOf(dir, 'transcript'), { force: true })
}

/** The bytes of the circuit that the manifest names. Throws `CircuitChangedError`. */
export async function readCircuit(dir: string, circuit: Manifest['circuit']): Promise<Uint8Array> {
  const r1cs = await readBytes(pathOf(dir, 'r1cs'))
  const digest = sha256(r1cs)
  if (digest !== circuit.sha256) throw new CircuitChangedError(pathOf(dir, 'r1cs'), digest, circuit.sha256)
  if (circuit.lookups !== undefined) {
    const found = sha256(await readBytes(pathOf(dir, 'lookups')))
    const { sha256: expected } = circuit.lookups
    if (found !== expected) throw new CircuitChangedError(pathOf(dir, 'lookups'), found, expected)
  }
  return r1cs
}

export class CircuitChangedError extends BaseError {
  override name = 'Setup.CircuitChangedError'
  constructor(
    readonly path: string,
    found: string,
    expected: string,
  ) {
    super(`${path} is not the circuit that the manifest names.`, {
      details: [`its digest is ${found}`, `the manifest has   ${expected}`],
      hint: 'compile the model again',
    })
  }
}
