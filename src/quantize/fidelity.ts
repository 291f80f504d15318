/**
 * How faithful the integer model is to the float one, on samples that calibration has not seen: labels that flip, errors
 * of outputs and of every layer.
 */

import { square } from '../base/elementary.js'
import { BaseError } from '../base/errors.js'
import { execute, type Values } from '../model/execute.js'
import type { QuantizedModel, QuantizedOutput } from '../model/quantized.js'
import type { Range } from './calibrate.js'
import { OutsideDomainError, quantizeInputs } from './input.js'
import { labelsOf, marginOf, realsOf } from './output.js'
import type { Quantized, Trace } from './quantize.js'

export type FidelityData = {
  /** Each one array an input port. */
  readonly samples: readonly Values[]
  /** The float model's outputs (of ONNX Runtime), each one array an output port. */
  readonly reference: readonly Values[]
  /** The true class of each sample. */
  readonly labels?: ArrayLike<number>
}

export type Fidelity = {
  /** Samples compared: those inside the declared domain. */
  readonly samples: number
  /** The others, which the model refuses. */
  readonly outside: readonly { readonly sample: number; readonly error: OutsideDomainError }[]
  /** Undefined where the model has no output of scores or labels. */
  readonly labels: LabelFidelity | undefined
  readonly outputs: readonly OutputError[]
  /** One for each tensor that both programs have, in the order of the integer program. */
  readonly layers: readonly LayerError[]
}

export type LabelFidelity = {
  readonly output: string
  readonly flips: number
  readonly rate: number
  /** The 95 % Wilson interval of the rate. */
  readonly interval: readonly [number, number]
  readonly flipped: readonly Flip[]
  /** Parts of the samples whose label is the true one; undefined without true labels. */
  readonly accuracy: { readonly float: number; readonly integer: number } | undefined
}

export type Flip = {
  readonly sample: number
  readonly float: readonly number[]
  readonly integer: readonly number[]
  /** By how much the float model preferred its class to the next; undefined where the model gives only labels. */
  readonly margin: number | undefined
}

/** Absolute differences in reals. */
export type ErrorSummary = { readonly name: string; readonly worst: number; readonly mean: number }

export type OutputError = ErrorSummary & {
  readonly meaning: QuantizedOutput['meaning']
  /** The worst error in parts of the range that calibration saw. */
  readonly relative: number
}

export type LayerError = ErrorSummary & {
  readonly source: string
  /** The mean error in parts of the range that calibration saw. */
  readonly relative: number
}

/** Layers are compared on this many samples: means settle early, and float execution is the slow part. */
const LAYER_SAMPLES = 32

/**
 * Runs the integer model on every sample and compares. Throws `ReferenceMismatchError` where samples, reference and
 * labels do not match, or no sample is inside the declared domain. Where a Softmax was left out, the reference must be
 * the scores before it for the outputs' errors to mean anything; labels are the same either way.
 */
export function measureFidelity({ model, trace }: Quantized, data: FidelityData): Fidelity {
  checkData(data)
  const { samples, reference, labels } = data
  const outputs = model.outputs.map((output) => newMeter(output.name))
  const layers = newLayerMeters(model, trace)
  const judge = model.outputs.findIndex((output) => output.meaning !== 'values')
  const scores = model.outputs.findIndex((output) => output.meaning === 'scores')
  const outside: Fidelity['outside'][number][] = []
  const pairs: Flip[] = []
  samples.forEach((sample, index) => {
    const inputs = insideDomain(model, sample, index)
    if (inputs instanceof OutsideDomainError) {
      outside.push({ sample: index, error: inputs })
      return
    }
    const values = execute(model, inputs)
    model.outputs.forEach((output, port) => {
      const reals = realsOf(model, output.tensor, values[output.tensor]!)
      observe(outputs[port]!, reals, expected(reference[index]!, port, reals.length, index))
    })
    if (judge >= 0) pairs.push(labelPair(model, { judge, scores }, index, values, reference[index]!))
    if (index < LAYER_SAMPLES) observeLayers(layers, model, values, execute(trace.graph, sample))
  })
  if (outside.length === samples.length) {
    throw new ReferenceMismatchError('every sample is outside the declared domain', outside[0]!.error)
  }
  return {
    samples: samples.length - outside.length,
    outside,
    labels: judge < 0 ? undefined : labelFidelity(model.outputs[judge]!.name, pairs, labels),
    outputs: outputs.map((meter, port) =>
      outputError(meter, model.outputs[port]!.meaning, outputRanges(trace)[port]!),
    ),
    layers: layers.map((layer) => layerError(layer, trace)),
  }
}

function checkData({ samples, reference, labels }: FidelityData): void {
  if (samples.length === 0) throw new ReferenceMismatchError('there are no held-out samples')
  if (reference.length !== samples.length) {
    throw new ReferenceMismatchError(`${samples.length} samples, but ${reference.length} float results`)
  }
  if (labels !== undefined && labels.length !== samples.length) {
    throw new ReferenceMismatchError(`${samples.length} samples, but ${labels.length} labels`)
  }
}

function insideDomain(
  model: QuantizedModel,
  sample: Values,
  index: number,
): Float64Array[] | OutsideDomainError {
  try {
    return quantizeInputs(model, sample, index)
  } catch (error) {
    if (error instanceof OutsideDomainError) return error
    throw error
  }
}

/** Throws `FlipError` where more than this part of the labels differ. */
export function assertFlips({ labels }: Fidelity, maxFlip: number): void {
  if (labels !== undefined && labels.rate > maxFlip) throw new FlipError(labels, maxFlip)
}

/** Throws `ErrorTargetError` where a number that the model gives is off by more than this part of its range. */
export function assertErrors({ outputs }: Fidelity, maxError: number): void {
  const bad = outputs.find(({ meaning, relative }) => meaning === 'values' && relative > maxError)
  if (bad !== undefined) throw new ErrorTargetError(bad, maxError)
}

/** The interval that holds the true rate with 95 % confidence (Wilson 1927). */
export function wilson(hits: number, count: number): [number, number] {
  const z = 1.959963984540054
  const rate = hits / count
  const centre = rate + square(z) / (2 * count)
  const half = z * Math.sqrt((rate * (1 - rate)) / count + square(z) / (4 * square(count)))
  const scale = 1 + square(z) / count
  return [Math.max(0, (centre - half) / scale), Math.min(1, (centre + half) / scale)]
}

function labelPair(
  model: QuantizedModel,
  { judge, scores }: { readonly judge: number; readonly scores: number },
  sample: number,
  values: Values,
  reference: Values,
): Flip {
  const output = model.outputs[judge]!
  const shapeOf = (port: number) => model.tensors[model.outputs[port]!.tensor]!.shape
  const shape = shapeOf(judge)
  return {
    sample,
    float: labelsOf(output, shape, reference[judge]!),
    integer: labelsOf(output, shape, values[output.tensor]!),
    margin: scores < 0 ? undefined : marginOf(shapeOf(scores), reference[scores]!),
  }
}

function labelFidelity(output: string, pairs: readonly Flip[], labels?: ArrayLike<number>): LabelFidelity {
  const flipped = pairs.filter(({ float, integer }) => float.some((label, row) => label !== integer[row]))
  const accuracy = (of: 'float' | 'integer') =>
    pairs.filter((pair) => pair[of].length === 1 && pair[of][0] === labels![pair.sample]).length /
    pairs.length
  return {
    output,
    flips: flipped.length,
    rate: flipped.length / pairs.length,
    interval: wilson(flipped.length, pairs.length),
    flipped,
    accuracy: labels && { float: accuracy('float'), integer: accuracy('integer') },
  }
}

function expected(reference: Values, port: number, size: number, sample: number): Float64Array {
  const values = reference[port]
  if (values?.length === size) return values
  throw new ReferenceMismatchError(
    `output ${port} of sample ${sample} has ${values?.length ?? 'no'} values, not ${size}`,
  )
}

type Meter = { readonly name: string; worst: number; sum: number; count: number }

function newMeter(name: string): Meter {
  return { name, worst: 0, sum: 0, count: 0 }
}

function observe(meter: Meter, found: Float64Array, expected: Float64Array): void {
  for (let i = 0; i < found.length; i++) {
    const error = Math.abs(found[i]! - expected[i]!)
    meter.worst = Math.max(meter.worst, error)
    meter.sum += error
  }
  meter.count += found.length
}

function summary({ name, worst, sum, count }: Meter): ErrorSummary {
  return { name, worst, mean: sum / Math.max(count, 1) }
}

/** What calibration saw of each output of the float program. */
export function outputRanges({ graph, ranges }: Pick<Trace, 'graph' | 'ranges'>): Range[] {
  return graph.outputs.map(({ tensor }) => ranges[tensor]!)
}

/** What errors of an output are parts of. */
export function widthOfRange({ lo, hi }: Range): number {
  return hi - lo || Math.abs(hi) || 1
}

function outputError(meter: Meter, meaning: OutputError['meaning'], range: Range): OutputError {
  return { ...summary(meter), meaning, relative: meter.worst / widthOfRange(range) }
}

type LayerMeter = {
  readonly meter: Meter
  readonly source: string
  readonly tensor: number
  readonly float: number
}

function newLayerMeters(model: QuantizedModel, trace: Trace): LayerMeter[] {
  return model.nodes.flatMap(({ name, source, output }) => {
    const float = trace.counterpart[output]!
    return float < 0 ? [] : [{ meter: newMeter(name), source, tensor: output, float }]
  })
}

function observeLayers(
  layers: readonly LayerMeter[],
  model: QuantizedModel,
  integers: Values,
  floats: Values,
): void {
  for (const { meter, tensor, float } of layers) {
    observe(meter, realsOf(model, tensor, integers[tensor]!), floats[float]!)
  }
}

function layerError({ meter, source, float }: LayerMeter, { ranges }: Trace): LayerError {
  const { lo, hi } = ranges[float]!
  const { worst, mean, name } = summary(meter)
  return { name, source, worst, mean, relative: mean / (Math.max(hi, 0) - Math.min(lo, 0) || 1) }
}

export class ReferenceMismatchError extends BaseError {
  override name = 'Fidelity.ReferenceMismatchError'
  constructor(
    readonly problem: string,
    cause?: BaseError,
  ) {
    super(`The model cannot be compared on the held-out data: ${problem}.`, {
      ...(cause && { cause, details: [cause.message] }),
      hint: 'give held-out samples of the kind the model was calibrated for, a float result and, if any, a label for each',
    })
  }
}

export class FlipError extends BaseError {
  override name = 'Fidelity.FlipError'
  constructor(
    readonly labels: LabelFidelity,
    readonly maxFlip: number,
  ) {
    const percent = (part: number) => `${(100 * part).toFixed(2)} %`
    const [lo, hi] = labels.interval
    super(
      `The integer model changes ${percent(labels.rate)} of the labels; at most ${percent(maxFlip)} were allowed.`,
      {
        details: [
          `output "${labels.output}": ${labels.flips} flipped, 95 % interval ${percent(lo)} to ${percent(hi)}`,
          `flipped samples: ${labels.flipped
            .slice(0, 10)
            .map(({ sample }) => sample)
            .join(', ')}${labels.flips > 10 ? ', ...' : ''}`,
        ],
        hint: 'give more bits to activations or weights (--bits, --weight-bits), or calibrate on more samples',
        fault: 'answer',
      },
    )
  }
}

export class ErrorTargetError extends BaseError {
  override name = 'Fidelity.ErrorTargetError'
  constructor(
    readonly output: OutputError,
    readonly maxError: number,
  ) {
    const percent = (part: number) => `${(100 * part).toFixed(2)} %`
    super(
      `The integer model's "${output.name}" is off by up to ${percent(output.relative)} of its range; at most ${percent(maxError)} were allowed.`,
      {
        details: [`the worst error on held-out samples is ${output.worst}, the mean ${output.mean}`],
        hint: 'give more bits to activations, weights or inputs (--bits, --weight-bits, --input-bits), or let the search choose (--bits auto)',
        fault: 'answer',
      },
    )
  }
}
