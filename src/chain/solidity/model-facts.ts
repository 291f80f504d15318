/** What contracts must know of a model, from its manifest. */
import { digestOf, type Manifest } from '../../artifacts/manifest.js'
import type { Packing, Shows } from '../../artifacts/statement.js'
import { BaseError } from '../../base/errors.js'
import { P } from '../../base/field.js'
import type { Hex } from '../types.js'
import { enumerators, modelIdOf, solidityName } from './names.js'

/** What contracts must know of a model. */
export type ModelFacts = {
  /** Begins the contracts' names. */
  readonly name: string
  readonly modelId: Hex
  readonly statement: {
    readonly outputs: readonly Packing[]
    /** What is shown of the inputs: packed values, or a commitment to them. */
    readonly inputs?: readonly InputPart[]
    readonly context: number
  }
  /** Of each part of the outputs: one for all of its elements or one each; `real = integer * scale`. */
  readonly scales: readonly (readonly number[])[]
  /** Where the output tells a class: the place of its index, or of its scores, among the output's values. */
  readonly classes?: Classes | undefined
  /** To the weights, where they are secret: the field element, and the signal that it stands in. */
  readonly commitment?: { readonly value: bigint; readonly signal: number } | undefined
}

export type InputPart = Packing & { readonly shows?: Shows }

export type Classes = {
  readonly kind: 'index' | 'scores'
  readonly start: number
  readonly count: number
  /** One identifier a class; Class0, Class1, ... if there are none. */
  readonly names?: readonly string[]
}

/**
 * The facts that a manifest states. The model's id on a chain is the manifest's own digest: so it stands for all that the
 * manifest says, keys and their origin included.
 */
export function factsOf(manifest: Manifest): ModelFacts {
  const { statement } = manifest
  const commitment = statement.model === undefined ? undefined : commitmentOf(manifest, statement.model.first)
  return {
    name: solidityName(manifest.model.name),
    modelId: modelIdOf(digestOf(manifest)),
    commitment,
    statement: manifest.statement,
    scales: manifest.statement.outputs.map(({ shows, port }) =>
      shows === 'class' || shows === 'commitment' ? [1] : manifest.outputs[port]!.scale,
    ),
    classes: classesOf(manifest),
  }
}

// of several outputs that tell a class, the first; of scores only all of them, as values
function classesOf({
  statement,
  outputs,
  classes,
}: Pick<Manifest, 'statement' | 'outputs' | 'classes'>): Classes | undefined {
  let start = 0
  for (const { shows, port, count } of statement.outputs) {
    const { meaning, shape } = outputs[port]!
    const scores = shape.reduce((product, extent) => product * extent, 1)
    const tells = shows === 'class' || (shows === 'values' && meaning === 'scores' && count > 1)
    if (tells && scores <= MOST_CLASSES)
      return {
        ...{ kind: shows === 'class' ? 'index' : 'scores', start, count: scores },
        ...(classes?.length === scores ? { names: enumerators(classes) } : {}),
      }
    start += count
  }
  return undefined
}

// of an enumeration in Solidity
const MOST_CLASSES = 256

function commitmentOf({ model }: Pick<Manifest, 'model'>, signal: number): ModelFacts['commitment'] {
  const value = BigInt(model.commitment ?? P)
  if (value >= P)
    throw new PackingError(model.commitment, 'the commitment to the weights is no field element')
  return { value, signal }
}

export class PackingError extends BaseError {
  override name = 'Chain.PackingError'
  constructor(
    readonly value: unknown,
    problem: string,
  ) {
    super(`The outputs cannot be packed like this: ${problem}.`, {
      details: [`value: ${JSON.stringify(value)}`],
      hint: 'take the statement from the manifest that `zkonnx compile` wrote',
    })
  }
}
