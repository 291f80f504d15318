/** From an ONNX file to a core program: read, pin, fold, import. */
import type { Sha256 } from '../base/digest.js'
import { decodeModel, encodeModel, type ModelFile, readModel } from './decode.js'
import { type Dims, pinDimensions } from './dims.js'
import { type Imported, importGraph } from './import.js'
import { fold } from './ort.js'
import { dropZipMaps } from './zip-map.js'

export type LoadOptions = {
  /** Extents for open axes; 1 where nothing is said. */
  readonly dims?: Dims
  /** The graph outputs to keep; all by default. */
  readonly outputs?: readonly string[]
}

export type LoadedModel = Imported & {
  readonly digest: Sha256
  readonly files: readonly string[]
  /** The model with pinned axes and all weights inside: what `createInference` runs. */
  readonly runtimeModel: Uint8Array
}

/** Throws what `readModel`, `pinDimensions`, `fold` and `importGraph` throw. */
export async function loadModel(path: string, options: LoadOptions = {}): Promise<LoadedModel> {
  return prepare(await readModel(path), options)
}

async function prepare(
  { model, digest, files }: ModelFile,
  { dims, outputs }: LoadOptions,
): Promise<LoadedModel> {
  const notes = [...dropZipMaps(model), ...pinDimensions(model, dims)]
  const runtimeModel = encodeModel(model)
  const folded = decodeModel(await fold(runtimeModel), 'the folded model')
  return { ...importGraph(folded, { notes, ...(outputs && { outputs }) }), digest, files, runtimeModel }
}
