/**
 * What opens the commitment to a model's weights, beside the weights themselves: for its owner alone.
 *
 * The salt is one for all proofs of a compiled model, since the commitment is: whoever has it can test guesses of the
 * weights against the commitment. So could whoever has the digest of the ONNX file, which is why it stands here.
 */
import { z } from 'zod'
import type { QuantizedModel } from '../model/quantized.js'
import { Derivation } from './manifest.js'
import { commitModel } from './model-commitment.js'
import { pathOf } from './paths.js'
import { MissingFileError, readJson, writeJson } from './store.js'

const Decimal = z.string().regex(/^\d+$/)

export const ModelOpening = z.object({
  format: z.literal('zkonnx-model-opening/1'),
  /** Field elements in decimal. No salt where the commitment carries none. */
  commitment: Decimal,
  salt: Decimal.optional(),
  /** Of the ONNX file and of each file of external data. */
  files: z.array(
    z.object({
      name: z.string(),
      sha256: z.templateLiteral(['sha256:', z.string().regex(/^[0-9a-f]{64}$/)]),
    }),
  ),
  /** What a manifest of fixed weights says itself. */
  derivation: Derivation,
})
export type ModelOpening = z.infer<typeof ModelOpening>

/** The opening of a model with this salt. */
export function openingOf(
  model: Pick<QuantizedModel, 'nodes'>,
  salt: bigint | undefined,
  { files, derivation }: Pick<ModelOpening, 'files' | 'derivation'>,
): ModelOpening {
  return {
    format: 'zkonnx-model-opening/1',
    commitment: commitModel(model, salt).toString(),
    ...(salt === undefined ? {} : { salt: salt.toString() }),
    files,
    derivation,
  }
}

/** Whether the opening is one of this model. */
export function opens({ commitment, salt }: ModelOpening, model: Pick<QuantizedModel, 'nodes'>): boolean {
  return commitModel(model, saltOf({ salt })).toString() === commitment
}

export function saltOf({ salt }: Pick<ModelOpening, 'salt'>): bigint | undefined {
  return salt === undefined ? undefined : BigInt(salt)
}

/** Throws the store's errors. */
export async function readModelOpening(dir: string): Promise<ModelOpening> {
  return readJson(pathOf(dir, 'modelOpening'), ModelOpening)
}

/** Undefined where the folder has none. Throws the store's errors where it cannot be read. */
export async function findModelOpening(dir: string): Promise<ModelOpening | undefined> {
  return readModelOpening(dir).catch((error: unknown) => {
    if (error instanceof MissingFileError) return undefined
    throw error
  })
}

export async function writeModelOpening(dir: string, opening: ModelOpening): Promise<void> {
  await writeJson(pathOf(dir, 'modelOpening'), opening)
}
