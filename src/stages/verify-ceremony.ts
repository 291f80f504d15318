/** A finished ceremony, checked link by link, from the circuit and the powers of tau to the verifying key. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { type Manifest, readManifest } from '../artifacts/manifest.js'
import { pathOf } from '../artifacts/paths.js'
import { findTranscript, type SetupRecord } from '../artifacts/setup-record.js'
import { canonicalJson, sha256 } from '../base/digest.js'
import { BaseError } from '../base/errors.js'
import type { Watch } from '../prover/abort.js'
import { type AnyKeyFile, type Ceremony, ceremonyOf } from '../prover/ceremony.js'
import { assertEnough } from '../prover/contributions.js'
import { fileDigest } from '../prover/key-file.js'
import { openTrustedKey } from '../prover/open.js'
import { keyFileOf } from '../prover/schemes.js'
import { sameTranscript } from '../prover/transcript.js'
import { derive, NotBegunError } from './ceremony.js'
import { checkPowers } from './powers.js'
import { readCircuit } from './setup.js'

export type Link = {
  readonly what: string
  readonly outcome: 'holds' | 'fails' | 'not checked'
  /** What was found, or why not. */
  readonly detail: string
}

export type Verified = {
  readonly links: readonly Link[]
  /** Whether no link fails. */
  readonly holds: boolean
  readonly setup: SetupRecord
}

export type VerifyOptions = Watch & {
  readonly dir: string
  /** The powers of tau that the ceremony began with; without them what follows from them is not checked. */
  readonly ptau?: string
  /** Whether a rehearsal with dev powers of tau will do. */
  readonly dev?: boolean
}

/**
 * Checks every link, up to the first that fails.
 * Throws `NotBegunError` for a folder without a ceremony, and where a file cannot be read.
 */
export async function verifyCeremony(options: VerifyOptions): Promise<Verified> {
  const { dir } = options
  const manifest = await readManifest(dir)
  const { setup } = manifest
  if (setup?.ptau === undefined || setup.firstKey === undefined) throw new NotBegunError(dir)
  const links: Link[] = []
  const temporary = await mkdtemp(join(tmpdir(), 'zkonnx-ceremony-'))
  try {
    for (const [what, check] of linksOf(options, manifest, setup, join(temporary, 'first.zkey'))) {
      options.onProgress?.(`checking the ${what}`)
      links.push(await outcomeOf(what, check))
      options.signal?.throwIfAborted()
      if (links.at(-1)!.outcome === 'fails') break
    }
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
  return { links, holds: links.every(({ outcome }) => outcome !== 'fails'), setup }
}

type Check = (() => Promise<string>) | undefined

/** In the order in which each rests on those before it. */
function linksOf(
  options: VerifyOptions,
  manifest: Manifest,
  setup: SetupRecord,
  first: string,
): readonly (readonly [what: string, check: Check])[] {
  const { dir, ptau } = options
  const zkey = pathOf(dir, keyFileOf(manifest.scheme))
  const ceremony = ceremonyOf(manifest.scheme)
  const withPowers = (check: (ptau: string) => Promise<string>): Check =>
    ptau === undefined ? undefined : () => check(ptau)
  return [
    ['circuit', async () => sha256(await readCircuit(dir, manifest.circuit))],
    [
      'contributions',
      async () => checkContributions(ceremony, await ceremony.readKeyFile(zkey), manifest, options.signal),
    ],
    ['verifying key and transcript', async () => checkDerived(dir, manifest, setup)],
    ['powers of tau', withPowers((path) => comparePowers(path, options, manifest, setup))],
    ['first key', withPowers((path) => compareFirstKey(ceremony, path, first, options, setup))],
    [`key, by ${ceremony.judge}`, withPowers((path) => askJudge(ceremony, first, path, zkey, options))],
  ]
}

async function outcomeOf(what: string, check: Check): Promise<Link> {
  if (check === undefined)
    return { what, outcome: 'not checked', detail: 'give the powers of tau: --ptau FILE' }
  try {
    return { what, outcome: 'holds', detail: await check() }
  } catch (error) {
    if (!(error instanceof BaseError) || error.fault === 'internal') throw error
    return { what, outcome: 'fails', detail: error.message }
  }
}

async function checkContributions(
  ceremony: Ceremony,
  key: AnyKeyFile,
  { circuit }: Manifest,
  signal: AbortSignal | undefined,
): Promise<string> {
  ceremony.assertKeyFits(key, circuit)
  assertEnough(key.contributions, key.path)
  await ceremony.assertKeyFile(key, signal)
  const people = key.contributions.filter(({ beacon }) => beacon === undefined).length
  return `${people} ${people === 1 ? 'contributor' : 'contributors'}${people < key.contributions.length ? ' and a beacon' : ''}`
}

async function checkDerived(dir: string, manifest: Manifest, setup: SetupRecord): Promise<string> {
  const key = await openTrustedKey(dir, manifest)
  const ceremony = ceremonyOf(manifest.scheme)
  const file = await ceremony.readKeyFile(pathOf(dir, keyFileOf(manifest.scheme)))
  const made = await derive(ceremony, manifest.circuit, setup, file)
  const transcript = await findTranscript(dir)
  if (transcript === undefined || !sameTranscript(transcript, made.transcript))
    throw new LinkError('The transcript is not that of the key', pathOf(dir, 'transcript'))
  if (canonicalJson(key) !== canonicalJson(made.verificationKey))
    throw new LinkError('The verifying key is not that of the proving key', pathOf(dir, 'verificationKey'))
  if (canonicalJson({ ...made.setup, transcript: setup.transcript }) !== canonicalJson(setup))
    throw new LinkError('The manifest records another setup', pathOf(dir, 'manifest'))
  return made.setup.verificationKey
}

async function comparePowers(
  path: string,
  options: VerifyOptions,
  { circuit }: Manifest,
  { ptau }: SetupRecord,
): Promise<string> {
  const found = await checkPowers(path, { ...options, dev: options.dev === true, power: circuit.power })
  if (found.blake2b !== ptau!.blake2b)
    throw new LinkError('The ceremony began with other powers of tau', path, found.blake2b, ptau!.blake2b)
  const how = {
    published: 'the published file',
    full: 'verified in full',
    dev: 'DEV: everyone can forge proofs',
  }
  return `${basename(path)}, ${how[found.verified]}`
}

async function compareFirstKey(
  ceremony: Ceremony,
  ptau: string,
  first: string,
  options: VerifyOptions,
  { firstKey }: SetupRecord,
): Promise<string> {
  await ceremony.newKey(options.dir, ptau, first, {
    ...options,
    onProgress: (text) => options.onProgress?.(`checking the first key: ${text}`),
  })
  const digest = await fileDigest(first)
  if (digest !== firstKey!.sha256)
    throw new LinkError('Circuit and powers of tau give another first key', first, digest, firstKey!.sha256)
  return digest
}

async function askJudge(
  ceremony: Ceremony,
  first: string,
  ptau: string,
  zkey: string,
  options: VerifyOptions,
): Promise<string> {
  const problem = await ceremony.judged(first, ptau, zkey, options)
  if (problem !== undefined) throw new LinkError(`${ceremony.judge} says: ${problem}`, zkey)
  return 'it follows from the first key by these contributions'
}

export class LinkError extends BaseError {
  override name = 'Ceremony.LinkError'
  constructor(
    problem: string,
    readonly path: string,
    found?: string,
    expected?: string,
  ) {
    super(`${problem}: ${path}.`, {
      details: found === undefined ? [] : [`found    ${found}`, `recorded ${expected ?? 'none'}`],
      hint: 'take all files from one ceremony, as its coordinator published them',
      fault: 'answer',
    })
  }
}
