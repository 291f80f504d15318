/** From an ONNX file to a core program: read, fix, pin, fold, import. */
import type { Sha256 } from '../base/digest.js'
import type { Shape } from '../base/tensor.js'
import { classNames } from './class-names.js'
import { type Constants, declaredShape, fixInputs } from './constants.js'
import { decodeModel, encodeModel, type Model, type ModelFile, readModel } from './decode.js'
import { type Dims, pinDimensions } from './dims.js'
import { elementType, rangeOf } from './elements.js'
import { foldApart } from './fold-apart.js'
import { chooseOutputs, type Imported, importGraph, unknownOperators } from './import.js'
import { RuntimeLoadError } from './ort.js'
import { numberLabels } from './string-labels.js'
import { tidy } from './tidy.js'
import { UnsupportedOperatorError } from './unsupported.js'
import { dropZipMaps } from './zip-map.js'

export type LoadOptions = {
  /** Extents for open axes; 1 where nothing is said. */
  readonly dims?: Dims
  /** The graph outputs to keep; all by default. */
  readonly outputs?: readonly string[]
  /** Inputs that are constant, by name. */
  readonly constants?: Constants
}

/** An input as the file declares it. */
export type ModelInput = {
  readonly name: string
  /** Its place among all inputs, without the initializers that old files list there. */
  readonly position: number
  /** Whether it holds whole numbers or flags. */
  readonly isWhole: boolean
  /** Undefined for open axes, and where there is no shape. */
  readonly shape: readonly (number | undefined)[] | undefined
}

export type LoadedModel = Imported & {
  readonly digest: Sha256
  readonly files: readonly string[]
  /** Of its classes, in the order of its scores, where the file tells them. */
  readonly classNames: readonly string[] | undefined
  /** The shapes of the inputs that are constant, by name. */
  readonly constants: Readonly<Record<string, Shape>>
  /** The model with pinned axes and all weights inside: what `createInference` runs. */
  readonly runtimeModel: Uint8Array
}

/** The inputs of a model, before any is pinned or fixed. Throws what `readModel` throws. */
export async function readInputs(path: string): Promise<ModelInput[]> {
  const { graph } = (await readModel(path)).model
  const stored = new Set(graph.initializer.map((tensor) => tensor.name))
  const ports = graph.input.filter(({ name }) => !stored.has(name))
  return ports.map((port, position) => {
    const code = port.type?.value.case === 'tensorType' ? port.type.value.value.elemType : 0
    const type = elementType(code)
    const isWhole = type !== undefined && rangeOf(type) !== undefined
    return { name: port.name, position, isWhole, shape: declaredShape(port) }
  })
}

/** Throws what `readModel`, `fixInputs`, `pinDimensions`, `foldApart` and `importGraph` throw. */
export async function loadModel(path: string, options: LoadOptions = {}): Promise<LoadedModel> {
  return prepare(await readModel(path), options)
}

/** The same for a model at hand, which is edited. */
export async function prepare(
  { model, digest, files }: ModelFile,
  { dims, outputs, constants }: LoadOptions,
): Promise<LoadedModel> {
  const names = classNames(model)
  const fixed = fixInputs(model, constants)
  const notes = [...fixed.notes, ...dropZipMaps(model), ...numberLabels(model), ...pinDimensions(model, dims)]
  tidy(model, chooseOutputs(model, outputs))
  const runtimeModel = encodeModel(model)
  const folded = decodeModel(await foldKnown(model, runtimeModel), 'the folded model')
  const imported = importGraph(folded, { notes, ...(outputs && { outputs }) })
  return { ...imported, digest, files, classNames: names, constants: fixed.shapes, runtimeModel }
}

/** What ONNX Runtime does not know is said node by node. */
async function foldKnown(model: Model, bytes: Uint8Array): Promise<Uint8Array> {
  try {
    return await foldApart(bytes)
  } catch (error) {
    const unknown = error instanceof RuntimeLoadError ? unknownOperators(model) : []
    throw unknown.length > 0 ? new UnsupportedOperatorError(unknown) : error
  }
}
