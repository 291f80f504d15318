/**
 * A proven prediction on disk: iden3's `proof.json` and `public.json`, which snarkjs verifies alone, and
 * `prediction.json`, which says what they are about. The prediction is written last: a folder has it whole or not.
 */
import { stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { ensureDir, readJson, writeJson } from './store.js'

export const PROOF_FILES = {
  proof: 'proof.json',
  signals: 'public.json',
  prediction: 'prediction.json',
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

export const PredictionRecord = z.object({
  format: z.literal('zkonnx-prediction/1'),
  /** The circuit's digest: a proof for another model is told apart before any pairing. */
  circuit: z.templateLiteral(['sha256:', z.string()]),
  /** The sample's place in its file. */
  sample: z.number(),
  /** Its true label, where the file has labels. */
  label: z.number().optional(),
  float: z.array(z.object({ name: z.string(), values: Numbers })).readonly(),
  integer: z.array(z.object({ name: z.string(), values: Numbers, integers: Numbers })).readonly(),
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

/** `out/000012` for sample 12. */
export function folderOf(out: string, sample: number): string {
  return join(out, String(sample).padStart(6, '0'))
}

/** Writes the three files. */
export async function writeProof(
  folder: string,
  files: { proof: unknown; signals: readonly string[]; prediction: PredictionRecord },
): Promise<void> {
  await ensureDir(folder)
  await writeJson(join(folder, PROOF_FILES.proof), files.proof)
  await writeJson(join(folder, PROOF_FILES.signals), files.signals)
  await writeJson(join(folder, PROOF_FILES.prediction), files.prediction)
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
