/** What the public signals of a proof say, by the model's manifest: integers, real numbers, classes and their names. */
import type { Manifest } from '../artifacts/manifest.js'
import { type Part, unpack } from '../artifacts/statement.js'
import { BaseError } from '../base/errors.js'

/** What decoding reads of a manifest. */
export type Ports = Pick<Manifest, 'inputs' | 'outputs' | 'classes' | 'statement'>

/** A class by its place among the scores, and by name where it has one. */
export type PredictedClass = { readonly index: number; readonly name?: string }

/** What the statement says of one input or output. */
export type Decoded = { readonly name: string } & (
  | {
      readonly shows: 'values'
      readonly shape: readonly number[]
      readonly integers: readonly number[]
      /** integer * scale */
      readonly values: readonly number[]
      /** Of an output of scores or of a label, one row of it. */
      readonly class?: PredictedClass
    }
  | { readonly shows: 'class'; readonly class: PredictedClass }
  /** The value is at least `least`; of a margin, the largest score is at least that much above the next. */
  | { readonly shows: 'threshold' | 'margin'; readonly integer: number; readonly least: number }
  /** A field element, in decimal. */
  | { readonly shows: 'commitment'; readonly commitment: string }
)

export type DecodedStatement = {
  readonly outputs: readonly Decoded[]
  /** Private inputs are not in the statement. */
  readonly inputs: readonly Decoded[]
  /** The commitment to the model's weights, in decimal, where they are secret. */
  readonly model?: string
  /** What the proof is bound to, a field element in decimal; `0` for nothing. */
  readonly context: string
}

/**
 * Reads a statement back. It holds only where a proof of it does.
 * Throws `SignalCountError`, and `SignalError` for signals that are no statement of this model.
 */
export function decode(manifest: Ports, signals: readonly string[]): DecodedStatement {
  const { statement } = manifest
  if (signals.length !== statement.context + 1)
    throw new SignalCountError(signals.length, statement.context + 1)
  const numbers = signals.map(BigInt)
  return {
    outputs: statement.outputs.map((part) =>
      decodePart(part, numbers, manifest.outputs[part.port]!, manifest),
    ),
    inputs: statement.inputs.map((part) => decodePart(part, numbers, manifest.inputs[part.port]!, manifest)),
    ...(statement.model === undefined ? {} : { model: numbers[statement.model.first]!.toString() }),
    context: numbers[statement.context]!.toString(),
  }
}

type Port = {
  readonly shape: readonly number[]
  readonly scale: readonly number[]
  readonly meaning?: string
}

function decodePart(part: Part, signals: readonly bigint[], port: Port, { classes }: Ports): Decoded {
  const { name, shows } = part
  if (shows === 'commitment') return { name, shows, commitment: signals[part.first]!.toString() }
  const integers = [...unpack(part, signals)]
  const values = integers.map((integer, i) => integer * (port.scale[i] ?? port.scale[0]!))
  switch (shows) {
    case 'class':
      return { name, shows, class: classAt(integers[0]!, classes) }
    case 'threshold':
    case 'margin':
      return { name, shows, integer: integers[0]!, least: values[0]! }
    case 'values': {
      const place = placeIn(port, values)
      const answer = place === undefined ? {} : { class: classAt(place, classes) }
      return { name, shows, shape: port.shape, integers, values, ...answer }
    }
  }
}

/** The class that one row of scores, or a label, names. */
function placeIn({ shape, meaning }: Port, values: readonly number[]): number | undefined {
  if (meaning === 'label' && values.length === 1) return values[0]
  const isRow = values.length > 1 && values.length === shape.at(-1)
  return meaning === 'scores' && isRow ? values.indexOf(Math.max(...values)) : undefined
}

function classAt(index: number, classes: Manifest['classes']): PredictedClass {
  const name = classes?.[index]
  return name === undefined ? { index } : { index, name }
}

export class SignalCountError extends BaseError {
  override name = 'Verify.SignalCountError'
  constructor(
    readonly found: number,
    readonly expected: number,
  ) {
    super(`There are ${found} public signals; statements of this model have ${expected}.`, {
      hint: 'take manifest, verifying key and proof of the same model',
    })
  }
}
