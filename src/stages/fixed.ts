/** A model on its way into a circuit, with those of its inputs fixed that have to be constant. */
import {
  agreedValue,
  ChangingValueError,
  type FixedInput,
  MissingValueError,
} from '../artifacts/samples/fixed.js'
import { load } from '../artifacts/samples/load.js'
import type { Samples } from '../artifacts/samples/source.js'
import { type Constant, type Constants, constantOf, UnknownInputError } from '../onnx/constants.js'
import type { Dims } from '../onnx/dims.js'
import { type LoadedModel, loadModel, type ModelInput, readInputs } from '../onnx/load.js'
import { UnsupportedOperatorError } from '../onnx/unsupported.js'

/** `from data`: the value that all samples agree on. Otherwise a number, or numbers nested as JSON nests them. */
export type Fix = 'from data' | number | boolean | readonly unknown[]

export type FixOptions = {
  readonly model: string
  /** Where values are taken from, if need be. */
  readonly data?: string
  /** By the name of an input. */
  readonly fix?: Readonly<Record<string, Fix>>
  readonly dims?: Dims
  readonly outputs?: readonly string[]
}

export type LoadedFixed = LoadedModel & { readonly fixed: readonly FixedInput[] }

/**
 * Loads the model with the inputs that the options name fixed. An import that fails because an input of whole numbers or
 * flags is not constant is tried again with the value that all samples agree on, if they do.
 * Throws what `loadModel`, the samples' reader and `constantOf` throw, `MissingValueError` and `ChangingValueError`.
 */
export async function loadFixed(options: FixOptions): Promise<LoadedFixed> {
  const { model, data, dims, outputs } = options
  const inputs = await readInputs(model)
  let samples: Samples | undefined
  const read = async () => (samples ??= data === undefined ? undefined : await load(data))
  let constants = await chosen(options.fix ?? {}, inputs, read)
  for (;;) {
    try {
      const loaded = await loadModel(model, { constants, ...(dims && { dims }), ...(outputs && { outputs }) })
      return { ...loaded, fixed: describeFixed(constants, inputs, loaded.constants) }
    } catch (error) {
      const more = agreed(error, inputs, constants, await read())
      if (Object.keys(more).length === 0) throw error
      constants = { ...constants, ...more }
    }
  }
}

/** The constants that the options name, without those that an import may ask for. Throws as `loadFixed` does. */
export async function namedConstants({ model, data, fix = {} }: FixOptions): Promise<Constants> {
  const read = async () => (data === undefined ? undefined : load(data))
  return chosen(fix, await readInputs(model), read)
}

async function chosen(
  fix: Readonly<Record<string, Fix>>,
  inputs: readonly ModelInput[],
  read: () => Promise<Samples | undefined>,
): Promise<Constants> {
  const entries: [string, Constant][] = []
  for (const [name, value] of Object.entries(fix)) {
    const input = inputs.find((one) => one.name === name)
    if (input === undefined)
      throw new UnknownInputError(
        name,
        inputs.map((one) => one.name),
      )
    entries.push([
      name,
      value === 'from data' ? fromData(await read(), input, inputs) : constantOf(name, value),
    ])
  }
  return Object.fromEntries(entries)
}

function fromData(samples: Samples | undefined, input: ModelInput, inputs: readonly ModelInput[]): Constant {
  if (samples === undefined) throw new MissingValueError('the command line', input.name)
  return agreedValue(samples, input, inputs.length)
}

/** Values for the inputs of whole numbers that an import asked to be constant, where all samples agree. */
function agreed(
  error: unknown,
  inputs: readonly ModelInput[],
  known: Constants,
  samples: Samples | undefined,
): Constants {
  if (!(error instanceof UnsupportedOperatorError) || samples === undefined) return {}
  const wanted = new Set(error.nodes.flatMap((node) => node.inputs ?? []))
  const entries = inputs.flatMap((input): [string, Constant][] => {
    if (!wanted.has(input.name) || !input.isWhole || Object.hasOwn(known, input.name)) return []
    try {
      return [[input.name, agreedValue(samples, input, inputs.length)]]
    } catch (cause) {
      if (cause instanceof MissingValueError || cause instanceof ChangingValueError) return []
      throw cause
    }
  })
  return Object.fromEntries(entries)
}

function describeFixed(
  constants: Constants,
  inputs: readonly ModelInput[],
  shapes: LoadedModel['constants'],
): FixedInput[] {
  return inputs
    .filter(({ name }) => Object.hasOwn(constants, name))
    .map(({ name, position }) => {
      const values = Array.from(constants[name]!.data)
      return { name, position, shape: [...shapes[name]!], values }
    })
}
