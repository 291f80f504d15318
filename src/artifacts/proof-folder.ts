/**
 * A proven prediction on disk: iden3's `proof.json` and `public.json`, which snarkjs verifies alone, and
 * `prediction.json`, which says what they are about. The prediction is written last: a folder has it whole or not.
 */
import { stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { ensureDir, MissingFileError, readJson, writeAtomic, writeJson } from './store.js'

export const PROOF_FILES = {
  proof: 'proof.json',
  signals: 'public.json',
  prediction: 'prediction.json',
  /** For the prover alone: what the statement hides. */
  opening: 'opening.json',
  wtns: 'witness.wtns',
} as const

const Numbers = z.array(z.number()).readonly()
const Hex = z.templateLiteral(['0x', z.string()])

/** What a proof is bound to: nothing, a label, or a contract's use of it. Numbers of the chain in decimal. */
export const ContextRecord = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }),
  z.object({ kind: z.literal('label'), label: z.string() }),
  z.object({
    kind: z.literal('chain'),
    chainId: z.string(),
    consumer: z.string(),
    modelId: Hex,
    beneficiary: z.string(),
    nonce: z.string(),
    deadline: z.string(),
  }),
])
export type ContextRecord = z.infer<typeof ContextRecord>

const Output = z.object({ name: z.string(), values: Numbers })
const IntegerOutput = z.object({ name: z.string(), values: Numbers, integers: Numbers })

const Shows = z.enum(['values', 'commitment', 'class', 'threshold', 'margin'])
const Said = z.union([
  z.object({ name: z.string(), shows: Shows, integers: Numbers }),
  z.object({ name: z.string(), shows: Shows, commitment: z.string() }),
])

/** What anybody may see: nothing here says more than the public signals do. */
export const PredictionRecord = z.object({
  format: z.literal('zkonnx-prediction/1'),
  /** The circuit's digest: a proof for another model is told apart before any pairing. */
  circuit: z.templateLiteral(['sha256:', z.string()]),
  /** The sample's place in its file. */
  sample: z.number(),
  /** Its true label, where the file has labels and the statement shows all outputs. */
  label: z.number().optional(),
  /** Of the outputs that the statement shows in full: the float model's answer and the integer model's. */
  float: z.array(Output).readonly(),
  integer: z.array(IntegerOutput).readonly(),
  /** What the signals say, part by part. */
  says: z.object({ outputs: z.array(Said).readonly(), inputs: z.array(Said).readonly() }),
  context: ContextRecord,
  /** Milliseconds. */
  times: z.object({
    infer: z.number(),
    execute: z.number(),
    witness: z.number(),
    prove: z.number().optional(),
    verify: z.number().optional(),
  }),
})
export type PredictionRecord = z.infer<typeof PredictionRecord>

/** What the statement hides, for the prover to keep: hidden outputs, the salts of commitments, the numbers of claims. */
const Opening = z.object({
  format: z.literal('zkonnx-opening/1'),
  sample: z.number(),
  float: z.array(Output).readonly(),
  integer: z.array(IntegerOutput).readonly(),
  extras: z.array(z.unknown()).readonly(),
})
export type Opening = z.infer<typeof Opening>

/** `out/000012` for sample 12. */
export function folderOf(out: string, sample: number): string {
  return join(out, String(sample).padStart(6, '0'))
}

export type PredictionFiles = {
  /** `proof.json`, or `witness.wtns` where nothing was proven. */
  readonly proof?: unknown
  readonly wtns?: Uint8Array
  readonly signals: readonly string[]
  readonly opening?: Opening | undefined
  readonly prediction: PredictionRecord
}

/** Writes the files of one prediction. */
export async function writePrediction(folder: string, files: PredictionFiles): Promise<void> {
  const path = (file: keyof typeof PROOF_FILES) => join(folder, PROOF_FILES[file])
  await ensureDir(folder)
  if (files.proof !== undefined) await writeJson(path('proof'), files.proof)
  if (files.wtns !== undefined) await writeAtomic(path('wtns'), files.wtns)
  await writeJson(path('signals'), files.signals)
  if (files.opening !== undefined) await writeJson(path('opening'), files.opening)
  await writeJson(path('prediction'), files.prediction)
}

/** The folder that a path names: itself, or the one around a `proof.json`. */
export async function locateProof(path: string): Promise<string> {
  const isFile = await stat(path).then(
    (entry) => entry.isFile(),
    () => basename(path).endsWith('.json'),
  )
  return isFile ? dirname(path) : path
}

export async function readPrediction(folder: string): Promise<PredictionRecord> {
  return readJson(join(folder, PROOF_FILES.prediction), PredictionRecord)
}

/** Undefined where the statement hides nothing. */
export async function readOpening(folder: string): Promise<Opening | undefined> {
  try {
    return await readJson(join(folder, PROOF_FILES.opening), Opening)
  } catch (error) {
    if (error instanceof MissingFileError) return undefined
    throw error
  }
}
