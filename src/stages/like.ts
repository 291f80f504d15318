/** A compiled model whose circuit and keys serve another model of its architecture. */
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { DisclosureOptions } from '../artifacts/disclosure.js'
import { disclosureOf, type Manifest, readManifest } from '../artifacts/manifest.js'
import { type FileName, pathOf } from '../artifacts/paths.js'
import { readProgram } from '../artifacts/program-file.js'
import { readBytes, writeAtomic } from '../artifacts/store.js'
import { BaseError } from '../base/errors.js'
import { loadModel } from '../onnx/load.js'
import { keyFileOf } from '../prover/schemes.js'
import type { Template } from '../quantize/like.js'

export type Pattern = Template & {
  readonly dir: string
  readonly manifest: Manifest
  readonly disclose: DisclosureOptions
}

/** Throws `NotCommittedError` where the folder's weights are constants, and what reading its files throws. */
export async function openPattern(dir: string): Promise<Pattern> {
  const manifest = await readManifest(dir)
  if (manifest.model.weights !== 'committed') throw new NotCommittedError(dir)
  const outputs = manifest.outputs.map(({ name }) => name)
  const { graph } = await loadModel(pathOf(dir, 'onnx'), { outputs })
  return { dir, manifest, graph, model: await readProgram(dir), disclose: disclosureOf(manifest) }
}

/** That the new circuit is the old one, byte for byte. Throws `OtherCircuitError` with the first layer that differs. */
export function assertSameCircuit(pattern: Pattern, made: Manifest): void {
  const { circuit, layers } = pattern.manifest
  const same = (one: Manifest['circuit']) => [one.sha256, one.lookups?.sha256].join()
  if (same(made.circuit) === same(circuit)) return
  const layer = made.layers.find(({ constraints }, i) => constraints !== layers[i]?.constraints)
  throw new OtherCircuitError(pattern.dir, layer?.name ?? 'the statement')
}

/** Copies the keys, where there are any and the folder is another. The verifying key comes last, as in `setup`. */
export async function copyKeys({ dir, manifest }: Pattern, out: string): Promise<boolean> {
  const files: readonly FileName[] = [keyFileOf(manifest.scheme), 'verificationKey']
  if (resolve(dir) === resolve(out)) return false
  const present = await Promise.all(files.map((file) => isFile(pathOf(dir, file))))
  if (!present.every(Boolean)) return false
  const transcript = (await isFile(pathOf(dir, 'transcript'))) ? (['transcript'] as const) : []
  for (const file of [...transcript, ...files])
    await writeAtomic(pathOf(out, file), await readBytes(pathOf(dir, file)))
  return true
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  )
}

export class NotCommittedError extends BaseError {
  override name = 'Like.NotCommittedError'
  constructor(readonly dir: string) {
    super(`The circuit in ${dir} is of one model alone: its weights are constants of it.`, {
      hint: 'compile that model with --weights committed, and the others like it',
    })
  }
}

export class OtherCircuitError extends BaseError {
  override name = 'Like.OtherCircuitError'
  constructor(
    readonly dir: string,
    readonly layer: string,
  ) {
    super(`The model does not give the circuit in ${dir}: it differs at ${layer}.`, {
      hint: 'show and hide what that model does, or compile this one without --like',
    })
  }
}

export class LikeOptionError extends BaseError {
  override name = 'Like.LikeOptionError'
  constructor(readonly option: string) {
    super(`${option} cannot be chosen for a model that is compiled like another.`, {
      hint: 'leave it out: it is what the other model has',
    })
  }
}
