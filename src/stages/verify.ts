/** Proofs checked off the chain: by the pairing, and against what their folder says of them. */
import { join } from 'node:path'
import { type Manifest, readManifest } from '../artifacts/manifest.js'
import { locateProof, PROOF_FILES, type PredictionRecord, readPrediction } from '../artifacts/proof-folder.js'
import { read, type Said } from '../artifacts/statement.js'
import { parseJson, readText } from '../artifacts/store.js'
import { canonicalJson } from '../base/digest.js'
import { BaseError } from '../base/errors.js'
import { verifyAny } from '../prover/judge.js'
import { openTrustedKey } from '../prover/open.js'
import { type PublicSignals, parsePublicSignals } from '../prover/proof.js'
import { type AnyProof, parseAnyProof } from '../prover/schemes.js'
import { signalOf } from './prove.js'

export type Verdict = {
  readonly folder: string
  readonly valid: boolean
  /** Why not, where the answer is no. */
  readonly reason: string | undefined
  readonly prediction: PredictionRecord
  /** What the public signals say, part by part; empty where the proof does not hold. */
  readonly says: { readonly outputs: readonly Said[]; readonly inputs: readonly Said[] }
}

export type ProofFiles = {
  readonly folder: string
  readonly proof: AnyProof
  readonly signals: PublicSignals
  readonly prediction: PredictionRecord
}

/**
 * Verifies one proof folder (or the `proof.json` in it) against a compiled model's folder.
 * Throws `OtherModelError` for a proof of another circuit, and what reading and parsing the files throws.
 */
export async function verify(dir: string, path: string): Promise<Verdict> {
  const manifest = await readManifest(dir)
  const files = await readProof(path, manifest)
  const key = await openTrustedKey(dir, manifest)
  const valid = await verifyAny(key, files.signals, files.proof)
  return judge(files, manifest, valid)
}

/** The three files of a proof, checked for form. Throws `OtherModelError` and the errors of parsing. */
export async function readProof(path: string, manifest: Manifest): Promise<ProofFiles> {
  const folder = await locateProof(path)
  const prediction = await readPrediction(folder)
  if (prediction.circuit !== manifest.circuit.sha256) {
    throw new OtherModelError(folder, prediction.circuit, manifest.circuit.sha256)
  }
  const proofFile = join(folder, PROOF_FILES.proof)
  const signalsFile = join(folder, PROOF_FILES.signals)
  const proof = parseAnyProof(
    parseJson(await readText(proofFile), proofFile),
    proofFile,
    manifest.scheme ?? 'groth16',
  )
  const signals = parsePublicSignals(
    parseJson(await readText(signalsFile), signalsFile),
    manifest.circuit.publicSignals,
    signalsFile,
  )
  return { folder, proof, signals, prediction }
}

/** A valid proof says what its signals say: the folder's own account of it must agree. */
function judge({ folder, signals, prediction }: ProofFiles, manifest: Manifest, valid: boolean): Verdict {
  const { statement } = manifest
  const numbers = signals.map(BigInt)
  const says = {
    outputs: valid ? statement.outputs.map((part) => read(part, numbers)) : [],
    inputs: valid ? statement.inputs.map((part) => read(part, numbers)) : [],
  }
  const reason = valid
    ? (otherWeights(manifest, numbers) ?? disagreement(prediction, says, numbers[statement.context]!))
    : 'the proof does not hold'
  return { folder, valid: reason === undefined, reason, prediction, says }
}

/** One key serves all models of an architecture: which of them was run is for the commitment to say. */
function otherWeights({ statement, model }: Manifest, signals: readonly bigint[]): string | undefined {
  if (statement.model === undefined) return undefined
  const proven = signals[statement.model.first]!.toString()
  return proven === model.commitment
    ? undefined
    : `it was made with other weights: it commits to model ${proven}, this one is ${model.commitment}`
}

function disagreement(
  prediction: PredictionRecord,
  says: Verdict['says'],
  context: bigint,
): string | undefined {
  if (canonicalJson(prediction.says) !== canonicalJson(says)) {
    return 'prediction.json tells of other outputs or inputs than were proven'
  }
  for (const { name, integers } of prediction.integer) {
    const proven = says.outputs.find((part) => part.name === name && part.shows === 'values')
    if (proven === undefined || !('integers' in proven) || String(proven.integers) !== String(integers)) {
      return `prediction.json says that "${name}" is [${integers}], which was not proven`
    }
  }
  if (signalOf(prediction.context) !== context)
    return 'prediction.json names another context than the proof is bound to'
  return undefined
}

export class OtherModelError extends BaseError {
  override name = 'Verify.OtherModelError'
  constructor(
    readonly folder: string,
    found: string,
    expected: string,
  ) {
    super(`The proof in ${folder} is for another model.`, {
      details: [`its circuit is ${found}`, `this one is    ${expected}`],
      hint: 'give the folder of the model that the prediction was made with',
    })
  }
}
