/**
 * Everything that can be said of an ONNX file before anything is compiled: what it holds, and all that stands in the
 * way at once. Where one step fails, the rest is looked at all the same.
 */
import { BaseError, messageOf } from '../base/errors.js'
import type { Shape } from '../base/tensor.js'
import { fixInputs } from './constants.js'
import {
  decodeModel,
  encodeModel,
  type Model,
  readModel,
  readModelWithoutData,
  withOutputs,
} from './decode.js'
import { DimensionError, type Dims, pinDimensions } from './dims.js'
import { type ElementType, elementType } from './elements.js'
import { ExternalDataError } from './external.js'
import { factsOf, type ModelFacts, operatorsOf } from './facts.js'
import { foldApart } from './fold-apart.js'
import { chooseOutputs, type Imported, type StandIn, surveyGraph, unknownOperators } from './import.js'
import type { LoadOptions } from './load.js'
import { byOrigin } from './origins.js'
import { createInference } from './ort.js'
import { numberLabels } from './string-labels.js'
import { tidy } from './tidy.js'
import type { UnsupportedNode } from './unsupported.js'
import { dropZipMaps } from './zip-map.js'

export type Survey = {
  readonly facts: ModelFacts
  readonly blockers: readonly UnsupportedNode[]
  /** What can be imported; with blockers, the part that can. */
  readonly imported: Imported | undefined
  readonly standIns: readonly string[]
  /** By input of the program: its element type, for those that the model has. */
  readonly types: Readonly<Record<string, ElementType>>
  /** Gives the stand-ins' values as further outputs, where there are any; undefined where ONNX Runtime refuses it. */
  readonly runtimeModel: Uint8Array | undefined
}

/**
 * Throws `ModelFileError` and `TensorError` for a file that cannot be read at all, and what is wrong with the options:
 * `DimensionError`, `OutputError`, and those of `fixInputs`.
 */
export async function survey(path: string, { dims, outputs, constants }: LoadOptions = {}): Promise<Survey> {
  const blockers: UnsupportedNode[] = []
  const model = await read(path, blockers)
  const before = factsOf(model)
  const fixed = fixInputs(model, constants)
  const notes = [...fixed.notes, ...dropZipMaps(model), ...numberLabels(model), ...pin(model, dims, blockers)]
  if (blockers.length > 0) return unopened(model, before, notes, blockers)
  tidy(model, chooseOutputs(model, outputs))
  const { folded, pinned } = await tryToFold(model, blockers)
  const known = await probe(folded, outputs)
  const found = surveyGraph(folded, (name) => known.get(name), { notes, ...(outputs && { outputs }) })
  blockers.push(...byOrigin(model, folded, found.unsupported))
  return {
    facts: { ...before, notes, operators: operatorsOf(folded, found.unsupported) },
    blockers,
    imported: found.imported,
    standIns: found.standIns,
    types: typesOf(folded),
    runtimeModel: pinned && encodeModel(withOutputs(folded, found.standIns)),
  }
}

async function read(path: string, blockers: UnsupportedNode[]): Promise<Model> {
  try {
    return (await readModel(path)).model
  } catch (error) {
    if (!(error instanceof ExternalDataError)) throw error
    blockers.push(blocker(error.location || path, 'external data', error))
    return readModelWithoutData(path)
  }
}

function pin(model: Model, dims: Dims | undefined, blockers: UnsupportedNode[]): string[] {
  try {
    return pinDimensions(model, dims)
  } catch (error) {
    if (error instanceof DimensionError || !(error instanceof BaseError)) throw error
    blockers.push(blocker('input' in error ? String(error.input) : '', 'graph input', error))
    return []
  }
}

/** Without weights or shapes no node can be lowered; which operators are known can still be said. */
function unopened(
  model: Model,
  facts: ModelFacts,
  notes: readonly string[],
  blockers: readonly UnsupportedNode[],
): Survey {
  const unknown = unknownOperators(model)
  return {
    facts: { ...facts, notes, operators: operatorsOf(model, unknown) },
    blockers: [...blockers, ...unknown],
    imported: undefined,
    standIns: [],
    types: {},
    runtimeModel: undefined,
  }
}

/** What ONNX Runtime refuses is looked at as it is. */
async function tryToFold(model: Model, blockers: UnsupportedNode[]) {
  const pinned = encodeModel(model)
  try {
    return { pinned, folded: decodeModel(await foldApart(pinned), 'the folded model') }
  } catch (error) {
    if (!(error instanceof BaseError)) throw error
    blockers.push({
      ...blocker('the whole model', 'ONNX Runtime', error),
      reason: `ONNX Runtime refuses it: ${error.details[0] ?? messageOf(error)}`,
    })
    return { pinned: undefined, folded: model }
  }
}

/** Shapes and types of all values that nodes make, as ONNX Runtime infers them. */
async function probe(model: Model, outputs: readonly string[] | undefined): Promise<Map<string, StandIn>> {
  const known = new Map<string, StandIn>()
  if (surveyGraph(model, () => undefined, outputs && { outputs }).unsupported.length === 0) return known
  const names = model.graph.node.flatMap(({ output }) => output.filter((name) => name !== ''))
  const inference = await createInference(encodeModel(withOutputs(model, names))).catch(() => undefined)
  for (const { name, type, shape } of inference?.outputs ?? []) {
    if (shape.every((extent) => typeof extent === 'number' && extent > 0))
      known.set(name, { shape: shape as Shape, type: type as ElementType })
  }
  await inference?.release()
  return known
}

function typesOf({ graph }: Model): Record<string, ElementType> {
  return Object.fromEntries(
    graph.input.flatMap(({ name, type }) => {
      const kind = type?.value.case === 'tensorType' ? elementType(type.value.value.elemType) : undefined
      return kind === undefined ? [] : [[name, kind]]
    }),
  )
}

function blocker(node: string, operator: string, error: BaseError): UnsupportedNode {
  const reason = messageOf(error).split('\n', 1)[0]!.replace(/\.$/, '')
  return { node, operator, opset: 0, reason, hint: error.hint ?? 'export the model again' }
}
