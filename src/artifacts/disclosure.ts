/**
 * What a statement shows of a model's inputs and outputs, and what it hides. Chosen when a model is compiled, since it
 * is part of the circuit.
 */
import { BaseError } from '../base/errors.js'
import { formatShape, type Shape, sizeOf } from '../base/tensor.js'

/** In the signals, packed; as a Poseidon commitment; not at all. */
export const INPUT_VISIBILITIES = ['public', 'hashed', 'private'] as const
export type InputVisibility = (typeof INPUT_VISIBILITIES)[number]

/**
 * In the signals, packed; as a Poseidon commitment; or a claim in place of the numbers. `class`: the place of the
 * largest score. `threshold`: the one value is at least T. `margin`: the class, and that its score is at least m above
 * the next. T and m are chosen for each proof and stand in the signals.
 */
export const OUTPUT_VISIBILITIES = ['public', 'hashed', 'class', 'threshold', 'margin'] as const
export type OutputVisibility = (typeof OUTPUT_VISIBILITIES)[number]

/** By port, in the model's order. */
export type Disclosure = {
  readonly inputs: readonly { readonly visibility: InputVisibility; readonly salted: boolean }[]
  readonly outputs: readonly { readonly visibility: OutputVisibility; readonly salted: boolean }[]
}

/** One choice for all ports, or one for each that is named; what is not named is public. */
export type Choice<V extends string> = V | Readonly<Record<string, V>>

export type DisclosureOptions = {
  readonly inputs?: Choice<InputVisibility>
  readonly outputs?: Choice<OutputVisibility>
  /** Whether commitments carry a salt; by default where the values could be guessed from the commitment. */
  readonly salt?: boolean
}

export type DisclosedPort = {
  readonly name: string
  readonly shape: Shape
  /** Bits of all its elements together: at most its entropy. */
  readonly bits: number
}

/** Values of fewer bits than this can be found by trying, or in part: their commitments are salted. */
const GUESSABLE_BITS = 256

/** Throws `ChoiceError` for a port that the model has not, and for a claim that an output cannot carry. */
export function chooseDisclosure(
  inputs: readonly DisclosedPort[],
  outputs: readonly DisclosedPort[],
  options: DisclosureOptions = {},
): Disclosure {
  assertKnown(options.inputs, inputs, 'input')
  assertKnown(options.outputs, outputs, 'output')
  const choose = <V extends string>(port: DisclosedPort, choice: Choice<V> | undefined) => {
    const visibility = (typeof choice === 'object' ? choice[port.name] : choice) ?? 'public'
    return { visibility, salted: visibility === 'hashed' && (options.salt ?? port.bits < GUESSABLE_BITS) }
  }
  for (const port of outputs) assertClaim(port, choose(port, options.outputs).visibility)
  return {
    inputs: inputs.map((port) => choose(port, options.inputs)) as Disclosure['inputs'],
    outputs: outputs.map((port) => choose(port, options.outputs)) as Disclosure['outputs'],
  }
}

function assertKnown(
  choice: Choice<string> | undefined,
  ports: readonly DisclosedPort[],
  what: string,
): void {
  if (typeof choice !== 'object') return
  const unknown = Object.keys(choice).find((name) => !ports.some((port) => port.name === name))
  if (unknown === undefined) return
  throw new ChoiceError(`The model has no ${what} "${unknown}"`, [
    `its ${what}s: ${ports.map(({ name }) => name).join(', ')}`,
  ])
}

function assertClaim({ name, shape }: DisclosedPort, visibility: string): void {
  const size = sizeOf(shape)
  if (visibility === 'threshold' && size !== 1) {
    throw new ChoiceError(
      `A threshold claim needs one value, but output "${name}" has ${size} (${formatShape(shape)})`,
    )
  }
  if ((visibility === 'class' || visibility === 'margin') && !isRow(shape)) {
    throw new ChoiceError(
      `A ${visibility} claim needs one row of two or more scores, but output "${name}" has shape ${formatShape(shape)}`,
    )
  }
}

/** Whether an output is one row of scores, of which a class can be the largest. */
export function isRow(shape: Shape): boolean {
  const size = sizeOf(shape)
  return size === (shape.at(-1) ?? 1) && size >= 2
}

export class ChoiceError extends BaseError {
  override name = 'Disclosure.ChoiceError'
  constructor(summary: string, details: readonly string[] = []) {
    super(`${summary}.`, { details, hint: 'choose what the statement shows with --inputs and --show' })
  }
}
