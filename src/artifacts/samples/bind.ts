/** From what a file holds to what a model takes: samples with one checked row of numbers a model input. */
import { BaseError } from '../../base/errors.js'
import { formatShape, type Shape, sizeOf } from '../../base/tensor.js'
import { type FixedInput, withoutFixed } from './fixed.js'
import type { NumericArray, Samples, Source } from './source.js'

/** A model input as the model declares it: one sample, a batch axis of 1 included. */
export type InputPort = {
  readonly name: string
  readonly shape: Shape
}

/** Samples of one model. All numbers are finite, all rows have their input's size. */
export type SampleSet = {
  readonly file: string
  /** One a sample: a row a model input, in the model's order, flattened row-major. Each row owns its buffer. */
  readonly rows: readonly (readonly Float64Array[])[]
  /** One a sample, where the file has labels. */
  readonly labels: Float64Array | undefined
  /** The place of each sample in the file, from 0. */
  readonly places: readonly number[]
  /** Where in the file an element of an input stands, by the sample's place, in the words of the file's kind. */
  readonly where: (place: number, port: number, element: number) => string
}

export type Bound<Held = Source> = { readonly port: InputPort; readonly sources: readonly Held[] }

/**
 * Matches the file's arrays to the model's inputs: positional ones in order (for a model with one input, each holds
 * further samples), else by name, else, for a model with one input, `x` or the only array there is. An array is one
 * sample when it has the input's size, and one sample a step of its first axis when each step has it.
 *
 * Arrays of `fixed` inputs are only compared with their values.
 * Throws `ChangingValueError`, `InputsError`, `SizeError`, `CountError`, `EmptyError`, `NotFiniteError`, and what the file's reader throws.
 */
export function bind(
  file: Samples,
  ports: readonly InputPort[],
  fixed: readonly FixedInput[] = [],
): SampleSet {
  const samples = withoutFixed(file, ports, fixed)
  const columns = match(samples, ports).map((bound) => ({ ...bound, rows: rowsOf(bound, samples) }))
  const count = columns[0]!.rows.length
  if (count === 0) throw new EmptyError(samples.file)
  for (const { port, rows } of columns) {
    if (rows.length !== count) throw new CountError(samples.file, `input "${port.name}"`, rows.length, count)
  }
  const places = Array.from({ length: count }, (_, k) => k)
  const rows = places.map((k) => columns.map((column) => column.rows[k]!.values))
  const where = (place: number, port: number, element: number) => {
    const { source, offset } = columns[port]!.rows[place]!
    return source.where(offset + element)
  }
  return { file: samples.file, rows, labels: labelsOf(samples, ports, count), places, where }
}

/** Which of the file's arrays each input takes. Throws `InputsError`. */
export function match<Held>(samples: Samples<Held>, ports: readonly InputPort[]): Bound<Held>[] {
  const { positional, named } = samples
  const only = ports.length === 1 ? ports[0]! : undefined
  if (only !== undefined && positional.length > 0) return [{ port: only, sources: positional }]
  if (positional.length === ports.length) return ports.map((port, k) => ({ port, sources: [positional[k]!] }))
  const sources = ports.map((port) => named.get(port.name))
  if (sources.every((source) => source !== undefined))
    return ports.map((port, k) => ({ port, sources: [sources[k]!] }))
  const fallback = only === undefined ? undefined : (named.get('x') ?? onlyArray(samples))
  if (only === undefined || fallback === undefined) throw new InputsError(samples, ports)
  return [{ port: only, sources: [fallback] }]
}

/** The one array that is not the labels, if there is exactly one. */
function onlyArray<Held>({ named, labels }: Samples<Held>): Held | undefined {
  const names = [...named.keys()].filter((name) => name !== labels)
  return names.length === 1 ? named.get(names[0]!) : undefined
}

type Row = { readonly values: Float64Array; readonly source: Source; readonly offset: number }

function rowsOf({ port, sources }: Bound, samples: Samples): Row[] {
  const size = sizeOf(port.shape)
  return sources.flatMap((source) => {
    const array = source.read()
    const count = countOf(array, size, samples.endToEnd)
    if (count === undefined) throw new SizeError(source.label, array.shape, port)
    refuseNotFinite(array, source, size)
    return Array.from({ length: count }, (_, k) => {
      const offset = k * size
      return { values: array.data.slice(offset, offset + size), source, offset }
    })
  })
}

/** How many samples of `size` numbers the array holds. */
function countOf({ shape, data }: NumericArray, size: number, endToEnd: boolean): number | undefined {
  if (data.length === 0) return 0
  const first = shape[0] ?? 1
  if (data.length === first * size) return first
  if (data.length === size) return 1
  return endToEnd && data.length % size === 0 ? data.length / size : undefined
}

function labelsOf(samples: Samples, ports: readonly InputPort[], count: number): Float64Array | undefined {
  const name = samples.labels
  if (name === undefined || ports.some((port) => port.name === name)) return undefined
  const source = samples.named.get(name)!
  const array = source.read()
  if (array.data.length !== count)
    throw new CountError(samples.file, `label array "${name}"`, array.data.length, count)
  refuseNotFinite(array, source, 1)
  return array.data
}

function refuseNotFinite({ data }: NumericArray, source: Source, size: number): void {
  const offset = data.findIndex((value) => !Number.isFinite(value))
  if (offset >= 0) throw new NotFiniteError(source, offset, data[offset]!, Math.floor(offset / size))
}

function describe(ports: readonly InputPort[]): string {
  return ports.map((port) => `"${port.name}" (${formatShape(port.shape)})`).join(', ')
}

export class InputsError extends BaseError {
  override name = 'Samples.InputsError'
  constructor(
    readonly samples: Samples<unknown>,
    readonly ports: readonly InputPort[],
  ) {
    const names = [...samples.named.keys()].map((name) => `"${name}"`)
    const held = [
      ...names,
      ...(samples.positional.length > 0 ? [`${samples.positional.length} without a name`] : []),
    ]
    super(`${samples.file} does not have the arrays that the model takes.`, {
      details: [
        `the model takes: ${describe(ports)}`,
        `the file has: ${held.slice(0, 20).join(', ') || 'none'}`,
      ],
      hint: 'name the arrays like the inputs; for a model with one input, "x" will do as well',
    })
  }
}

export class SizeError extends BaseError {
  override name = 'Samples.SizeError'
  constructor(
    readonly label: string,
    readonly shape: Shape,
    readonly port: InputPort,
  ) {
    const size = sizeOf(port.shape)
    super(`${label} does not fit the model's input "${port.name}".`, {
      details: [
        `a sample has ${size} numbers (${formatShape(port.shape)})`,
        `the array is ${formatShape(shape)}: ${sizeOf(shape.slice(1))} numbers a step of its first axis`,
      ],
      hint: `give an array of samples x ${size}, or of one sample; leave out columns that are no features`,
    })
  }
}

export class CountError extends BaseError {
  override name = 'Samples.CountError'
  constructor(
    readonly file: string,
    readonly what: string,
    readonly found: number,
    readonly expected: number,
  ) {
    super(`${file}: the ${what} has ${found} entries for ${expected} samples.`, {
      hint: 'give one entry a sample in every array',
    })
  }
}

export class EmptyError extends BaseError {
  override name = 'Samples.EmptyError'
  constructor(readonly file: string) {
    super(`${file} has no samples.`, { hint: 'give at least one sample' })
  }
}

export class NotFiniteError extends BaseError {
  override name = 'Samples.NotFiniteError'
  constructor(
    readonly source: Pick<Source, 'label' | 'where'>,
    readonly offset: number,
    readonly value: number,
    readonly sample: number,
  ) {
    super(`${source.label} holds ${value}, which is not a finite number.`, {
      details: [`sample ${sample}, at ${source.where(offset)}`],
      hint: 'fill missing values the way the model was trained, or drop the sample',
    })
  }
}
