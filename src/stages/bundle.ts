/**
 * Bundles: a model's manifest and verifying key with proofs of its predictions, in one file whose digest can be cited and
 * which verifies alone.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Bundle,
  decodeBundle,
  encodeBundle,
  FIDELITY,
  proofFolder,
  README,
} from '../artifacts/bundle.js'
import { digestOf, type Manifest, readManifest } from '../artifacts/manifest.js'
import { FILES, pathOf } from '../artifacts/paths.js'
import { locateProof, PROOF_FILES, readPrediction } from '../artifacts/proof-folder.js'
import { findTranscript } from '../artifacts/setup-record.js'
import { readBytes, UnreadableFileError, writeAtomic } from '../artifacts/store.js'
import { type Sha256, sha256 } from '../base/digest.js'
import { BaseError } from '../base/errors.js'
import { openTrustedKey } from '../prover/open.js'
import { type Verdict, verify } from './verify.js'

export type BundleOptions = {
  /** The compiled model's folder. */
  readonly dir: string
  /** Folders of proofs, or the `proof.json` in them. */
  readonly proofs: readonly string[]
  readonly out: string
  readonly onProof?: (path: string) => void
}

export type Bundled = {
  readonly path: string
  /** Of the file: what can be cited. */
  readonly sha256: Sha256
  readonly bytes: number
  readonly proofs: number
  readonly manifest: Sha256
}

/**
 * Verifies the proofs and writes the bundle. The same files give the same bytes, in whatever order they are named.
 * Throws `InvalidProofError` for a proof that does not hold, what `verify` throws, and `WriteError`.
 */
export async function bundle(options: BundleOptions): Promise<Bundled> {
  const { dir, out } = options
  const manifest = await readManifest(dir)
  await openTrustedKey(dir, manifest)
  const proofs = await gatherProofs(options)
  const files = new Map<string, Uint8Array>([
    [FILES.manifest, await readBytes(pathOf(dir, 'manifest'))],
    [FILES.verificationKey, await readBytes(pathOf(dir, 'verificationKey'))],
    [FIDELITY, Buffer.from(fidelityText(manifest))],
    [README, Buffer.from(readmeOf(manifest, proofs.length))],
  ])
  if ((await findTranscript(dir)) !== undefined)
    files.set(FILES.transcript, await readBytes(pathOf(dir, 'transcript')))
  for (const [place, parts] of proofs.entries())
    for (const [name, content] of parts) files.set(`${proofFolder(place)}/${name}`, content)
  const bytes = encodeBundle(files)
  await writeAtomic(out, bytes)
  const facts = { bytes: bytes.length, proofs: proofs.length, manifest: digestOf(manifest) }
  return { path: out, sha256: sha256(bytes), ...facts }
}

type ProofParts = ReadonlyMap<string, Uint8Array>

/** By sample, then by digest. */
async function gatherProofs({ dir, proofs, onProof }: BundleOptions): Promise<ProofParts[]> {
  const gathered = []
  for (const path of proofs) {
    onProof?.(path)
    const verdict = await verify(dir, path)
    if (!verdict.valid) throw new InvalidProofError(verdict)
    const folder = await locateProof(path)
    const { sample } = await readPrediction(folder)
    const parts = new Map<string, Uint8Array>()
    for (const part of ['proof', 'signals', 'prediction'] as const)
      parts.set(PROOF_FILES[part], await readBytes(join(folder, PROOF_FILES[part])))
    gathered.push({ sample, digest: sha256(...parts.values()), parts })
  }
  const sorted = gathered.toSorted((a, b) => a.sample - b.sample || (a.digest < b.digest ? -1 : 1))
  const distinct = sorted.filter(({ digest }, i) => digest !== sorted[i - 1]?.digest)
  return distinct.map(({ parts }) => parts)
}

/** The part of the manifest that says how faithful the model is, by itself. */
function fidelityText({ data, quantization, fidelity, notes }: Manifest): string {
  return `${JSON.stringify({ data, quantization, fidelity, notes }, null, 2)}\n`
}

function readmeOf(manifest: Manifest, proofs: number): string {
  const { model, circuit, zkonnx, setup } = manifest
  const dev = setup?.kind !== 'ceremony'
  return `${[
    `Predictions of the model "${model.name}", with proofs.`,
    '',
    `The digest of manifest.json over canonical JSON is the model's id on a chain:`,
    digestOf(manifest),
    '',
    `  manifest.json          the model: digests from its ONNX file to its keys, inputs, outputs, bounds`,
    `  verification_key.json  the verifying key of its circuit (Groth16 on BN254, ${circuit.constraints} constraints)`,
    `  fidelity.json          how far the proven integer model is from the float one`,
    ...(dev ? [] : ['  ceremony.json          who contributed to the keys, and the proof of it']),
    `  proofs/                ${proofs} of them: proof.json, public.json, and in prediction.json what each says`,
    '',
    'To verify all of it:        npx zkonnx verify --bundle FILE',
    'One proof, with snarkjs:    npx snarkjs groth16 verify verification_key.json \\',
    '                              proofs/000000/public.json proofs/000000/proof.json',
    "That the circuit is the model's: zkonnx verify-build DIR, with the folder that it was compiled to.",
    '',
    ...(dev
      ? ['WARNING: these are dev keys. Whoever made them can forge proofs: they convince nobody else.', '']
      : []),
    `Written by zkonnx ${zkonnx}.`,
  ].join('\n')}\n`
}

export type BundleCheck = {
  readonly what: string
  readonly outcome: 'holds' | 'fails' | 'not checked'
  readonly says: string
}

export type BundleVerdict = {
  readonly path: string
  readonly sha256: Sha256
  /** The manifest's digest, which is the model's id on a chain. */
  readonly manifest: Sha256
  readonly holds: boolean
  readonly devKeys: boolean
  readonly checks: readonly BundleCheck[]
  readonly proofs: readonly Verdict[]
  readonly model: Manifest
}

/** Larger files are no bundles: a proof takes a few kilobytes. */
const MOST_BYTES = 2 ** 30

/**
 * Checks a bundle with nothing but itself.
 * Throws `ArchiveError` and `ContentError` for a file that is none, before anything of it is used, `TooLargeError`, and
 * what reading its files throws.
 */
export async function verifyBundle(path: string, onProof?: (folder: string) => void): Promise<BundleVerdict> {
  const { size } = await stat(path).catch((cause: unknown) => {
    throw new UnreadableFileError(path, cause)
  })
  if (size > MOST_BYTES) throw new TooLargeError(path, size)
  const bytes = await readBytes(path)
  const { files, proofs } = decodeBundle(bytes, path)
  const folder = await mkdtemp(join(tmpdir(), 'zkonnx-bundle-'))
  try {
    // their names are those of a bundle: all of them end below the folder
    for (const [name, content] of files) await writeAtomic(join(folder, name), content)
    const verdict = await checkFolder(folder, { files, proofs }, onProof)
    return { path, sha256: sha256(bytes), ...verdict }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function checkFolder(
  folder: string,
  { files, proofs }: Bundle,
  onProof?: (folder: string) => void,
): Promise<Omit<BundleVerdict, 'path' | 'sha256'>> {
  const manifest = await readManifest(folder)
  const key = await outcomeOf('verifying key', async () => {
    await openTrustedKey(folder, manifest)
    const contributions = manifest.setup?.contributions?.length
    return contributions === undefined
      ? 'the one that the manifest names'
      : `the one that the manifest names, after ${contributions} contributions that hold`
  })
  const verdicts: Verdict[] = []
  for (const proof of key.outcome === 'holds' ? proofs : []) {
    onProof?.(proof)
    verdicts.push({ ...(await verify(folder, join(folder, proof))), folder: proof })
  }
  const checks = [key, proofsCheck(proofs, verdicts), fidelityCheck(files, manifest), ...notChecked(manifest)]
  return {
    manifest: digestOf(manifest),
    holds: checks.every(({ outcome }) => outcome !== 'fails'),
    devKeys: manifest.setup?.kind !== 'ceremony',
    checks,
    proofs: verdicts,
    model: manifest,
  }
}

async function outcomeOf(what: string, check: () => Promise<string>): Promise<BundleCheck> {
  try {
    return { what, outcome: 'holds', says: await check() }
  } catch (error) {
    if (!(error instanceof BaseError) || error.fault === 'internal') throw error
    return { what, outcome: 'fails', says: error.message.split('\n')[0]! }
  }
}

function proofsCheck(proofs: readonly string[], verdicts: readonly Verdict[]): BundleCheck {
  if (proofs.length === 0) return { what: 'proofs', outcome: 'not checked', says: 'there are none' }
  const holding = verdicts.filter(({ valid }) => valid).length
  const outcome = holding === proofs.length ? 'holds' : 'fails'
  return { what: 'proofs', outcome, says: `${holding} of ${proofs.length} hold and say what is told of them` }
}

function fidelityCheck(files: Bundle['files'], manifest: Manifest): BundleCheck {
  const same = Buffer.from(files.get(FIDELITY)!).toString('utf8') === fidelityText(manifest)
  return same
    ? { what: 'fidelity report', outcome: 'holds', says: 'what the manifest says of it' }
    : { what: 'fidelity report', outcome: 'fails', says: 'it says something else than the manifest' }
}

function notChecked({ setup }: Manifest): BundleCheck[] {
  const left = (what: string, says: string): BundleCheck => ({ what, outcome: 'not checked', says })
  return [
    left('circuit', "that it is the model's is for verify-build to show, with the model's folder"),
    left('fidelity figures', 'they follow from the samples, which are not in the bundle'),
    ...(setup?.ptau === undefined
      ? []
      : [left('first key', 'it follows from circuit and powers of tau: zkonnx ceremony verify')]),
  ]
}

export class InvalidProofError extends BaseError {
  override name = 'Bundle.InvalidProofError'
  constructor(readonly verdict: Verdict) {
    super(`The proof in ${verdict.folder} is not bundled: it does not verify.`, {
      details: [verdict.reason ?? ''],
      hint: 'leave it out, or prove again',
      fault: 'answer',
    })
  }
}

export class TooLargeError extends BaseError {
  override name = 'Bundle.TooLargeError'
  constructor(
    readonly path: string,
    readonly size: number,
  ) {
    super(`${path} is too large for a bundle: ${size} bytes.`, {
      hint: 'give the file that `zkonnx bundle` wrote',
    })
  }
}
