/**
 * Inputs of a model that are fixed to one value: where a sample file has them, it must agree.
 *
 * Such an array stands in the file once, or once a sample. Among arrays without names it has the place that its input
 * has among all inputs of the model.
 */
import { BaseError } from '../../base/errors.js'
import { type Shape, sizeOf } from '../../base/tensor.js'
import type { InputPort } from './bind.js'
import type { NumericArray, Samples, Source } from './source.js'

export type FixedInput = {
  readonly name: string
  readonly shape: Shape
  /** Its place among all inputs of the model. */
  readonly position: number
  readonly values: readonly number[]
}

/** What is known of an input before it is fixed: undefined for open axes, and where it has no shape. */
export type OpenInput = {
  readonly name: string
  readonly position: number
  readonly shape: readonly (number | undefined)[] | undefined
}

/**
 * The one value that every sample of the file has for an input; `inputs` is how many the model has. Throws
 * `MissingValueError` where the file does not have the input, and `ChangingValueError` where samples differ.
 */
export function agreedValue(samples: Samples, input: OpenInput, inputs: number): NumericArray {
  const source =
    samples.named.get(input.name) ??
    (samples.positional.length === inputs ? samples.positional[input.position] : undefined)
  if (source === undefined) throw new MissingValueError(samples.file, input.name)
  const { data, shape } = source.read()
  const one = shapeOfOne(input, shape)
  const first = data.slice(0, sizeOf(one))
  const other = data.findIndex((value, at) => value !== first[at % first.length])
  if (other >= 0) throw new ChangingValueError(source, input.name, other, data[other]!)
  return { data: first, shape: one }
}

/** The samples without the arrays of fixed inputs. Throws `ChangingValueError` where one has another value. */
export function withoutFixed(
  samples: Samples,
  ports: readonly InputPort[],
  fixed: readonly FixedInput[],
): Samples {
  if (fixed.length === 0) return samples
  const all = holdsAll(samples, ports, fixed)
  for (const input of fixed) {
    const source = samples.named.get(input.name) ?? (all ? samples.positional[input.position] : undefined)
    if (source !== undefined) refuseOther(source, input)
  }
  const places = new Set(fixed.map(({ position }) => position))
  const names = new Set(fixed.map(({ name }) => name))
  return {
    ...samples,
    named: new Map([...samples.named].filter(([name]) => !names.has(name))),
    labels: samples.labels !== undefined && names.has(samples.labels) ? undefined : samples.labels,
    positional: all ? samples.positional.filter((_, at) => !places.has(at)) : samples.positional,
  }
}

/** Whether the arrays without names are all inputs of the model, rather than many samples of the one that is left. */
function holdsAll(
  { positional }: Samples,
  ports: readonly InputPort[],
  fixed: readonly FixedInput[],
): boolean {
  if (positional.length !== ports.length + fixed.length) return false
  if (ports.length > 1) return true
  return fixed.every(({ position, values }) => positional[position]!.read().data.length % values.length === 0)
}

function refuseOther(source: Source, { name, values }: FixedInput): void {
  const { data } = source.read()
  const other = data.findIndex((value, at) => value !== values[at % values.length])
  if (other >= 0) throw new ChangingValueError(source, name, other, data[other]!)
}

/** The array's own shape where it is the input's, else that of a step of its first axis. */
function shapeOfOne({ shape: declared }: OpenInput, shape: Shape): Shape {
  const fits = (candidate: Shape) =>
    declared === undefined ||
    (declared.length === candidate.length &&
      declared.every((extent, axis) => (extent ?? candidate[axis]) === candidate[axis]))
  return fits(shape) || !fits(shape.slice(1)) ? shape : shape.slice(1)
}

export class MissingValueError extends BaseError {
  override name = 'Samples.MissingValueError'
  constructor(
    readonly file: string,
    readonly input: string,
  ) {
    super(`${file} has no array "${input}", so that there is no value to fix that input to.`, {
      hint: `add the array, or give the value: --fix '${input}=[0, 1]'`,
    })
  }
}

export class ChangingValueError extends BaseError {
  override name = 'Samples.ChangingValueError'
  constructor(
    readonly source: Source,
    readonly input: string,
    readonly offset: number,
    readonly value: number,
  ) {
    super(`${source.label} holds another value of input "${input}" than the one that it is fixed to.`, {
      details: [`at ${source.where(offset)}: ${value}`],
      hint: 'a fixed input has one value in every sample: leave the other samples out, or compile a model for each value',
    })
  }
}
