/** How a model becomes integers: with the bits that were asked for, with those of another model, or by a search. */
import type { DisclosureOptions } from '../artifacts/disclosure.js'
import type { Manifest, Weights } from '../artifacts/manifest.js'
import type { InputPort, SampleSet } from '../artifacts/samples/bind.js'
import type { Scheme } from '../artifacts/scheme.js'
import { BaseError } from '../base/errors.js'
import type { LoadedModel } from '../onnx/load.js'
import type { DeclaredDomain } from '../quantize/domain.js'
import { assertErrors, assertFlips, type Fidelity } from '../quantize/fidelity.js'
import { quantizeLike } from '../quantize/like.js'
import type { Functions } from '../quantize/lowering.js'
import { classesOf, type Prepared, prepare, type Quantized, quantizePrepared } from '../quantize/quantize.js'
import { type Bits, resolveBits } from '../quantize/scheme.js'
import type { Target } from '../quantize/target.js'
import { chooseBits, type Tried } from './choose.js'
import type { Pattern } from './like.js'
import { measure, referenceOf } from './measure.js'
import { locate, type SplitSamples } from './samples.js'

export type QuantizationOptions = {
  /** `auto` (the default, unless weights are secret): the cheapest that keep to the target. */
  readonly bits?: 'auto' | Partial<Bits>
  readonly domains?: Readonly<Record<string, DeclaredDomain>>
  readonly weights?: Weights
  readonly scheme?: Scheme
  readonly disclose?: DisclosureOptions
  /** Refuse to compile when more than this share of labels (0 to 1) flips on the held-out samples. */
  readonly maxFlip?: number
  /** Refuse to compile when a number that the model gives is off by more than this part (0 to 1) of its range. */
  readonly maxError?: number
  /** Of a search for another scheme, whose trials are the same. */
  readonly tried?: Tried
}

/** Told what begins, and of a search how many bits were tried. */
export type OnStep = (step: 'calibrate' | 'search' | 'measure', trial?: number) => void

export type Quantization = {
  readonly quantized: Quantized
  /** Undefined where there are no held-out samples. */
  readonly fidelity: Fidelity | undefined
  readonly quantization: Manifest['quantization']
  /** What a reader of the results must know of how bits were chosen. */
  readonly remarks: readonly string[]
}

/**
 * Throws what quantizing and measuring throw, `LabelError`, `SecretSearchError`, and where the target is missed
 * `FlipError`, `ErrorTargetError` or `TargetError`.
 */
export async function quantizeModel(
  source: LoadedModel,
  samples: SplitSamples,
  pattern: Pattern | undefined,
  options: QuantizationOptions,
  onStep: OnStep,
): Promise<Quantization> {
  try {
    onStep('calibrate')
    if (pattern !== undefined) return await asPattern(source, samples, pattern, options, onStep)
    const { bits, weights } = options
    if (bits === 'auto' && weights === 'committed') throw new SecretSearchError()
    const prepared = prepare(source.graph, samples.calibration.rows, preparation(source, samples, options))
    checkLabels(prepared, samples)
    if (bits === 'auto' || (bits === undefined && weights !== 'committed'))
      return await searched(source, samples, prepared, options, onStep)
    return await withBits(source, samples, prepared, options, resolveBits(bits), onStep)
  } catch (error) {
    throw locate(error, samples.calibration, portsOf(source))
  }
}

/** The inputs as sample files are bound to them. */
export function portsOf({ graph }: LoadedModel): InputPort[] {
  return graph.inputs.map(({ name, tensor }) => ({ name, shape: graph.tensors[tensor]!.shape }))
}

async function asPattern(
  source: LoadedModel,
  samples: SplitSamples,
  pattern: Pattern,
  options: QuantizationOptions,
  onStep: OnStep,
): Promise<Quantization> {
  const quantized = quantizeLike(pattern, source.graph, samples.calibration.rows)
  const fidelity = await measured(source, quantized, samples.heldOut, options, onStep)
  return { quantized, fidelity, quantization: undefined, remarks: [] }
}

async function withBits(
  source: LoadedModel,
  samples: SplitSamples,
  prepared: Prepared,
  options: QuantizationOptions,
  bits: Bits,
  onStep: OnStep,
): Promise<Quantization> {
  const quantized = quantizePrepared(prepared, bits)
  const fidelity = await measured(source, quantized, samples.heldOut, options, onStep)
  const remarks = options.bits === undefined ? [SECRET_NOTE] : []
  return { quantized, fidelity, quantization: { choice: 'fixed', bits }, remarks }
}

async function searched(
  source: LoadedModel,
  samples: SplitSamples,
  prepared: Prepared,
  options: QuantizationOptions,
  onStep: OnStep,
): Promise<Quantization> {
  const rows = [...samples.heldOut.rows, ...samples.calibration.rows]
  const reference = samples.heldOut.rows.length === 0 ? [] : await referenceOf(source, rows)
  const choice = chooseBits({
    prepared,
    samples,
    reference,
    disclose: options.disclose,
    target: targetOf(options),
    onTrial: (trial) => onStep('search', trial),
    tried: options.tried,
  })
  return { ...choice, remarks: [] }
}

function targetOf({ maxFlip, maxError }: QuantizationOptions): Target {
  return { maxFlip, maxError }
}

async function measured(
  source: LoadedModel,
  quantized: Quantized,
  heldOut: SampleSet,
  { maxFlip, maxError }: QuantizationOptions,
  onStep: OnStep,
): Promise<Fidelity | undefined> {
  if (heldOut.rows.length === 0) return undefined
  onStep('measure')
  const fidelity = measure(quantized, heldOut, await referenceOf(source, heldOut.rows))
  if (maxFlip !== undefined) assertFlips(fidelity, maxFlip)
  if (maxError !== undefined) assertErrors(fidelity, maxError)
  return fidelity
}

function preparation(
  { softmaxOutputs }: LoadedModel,
  { calibration: { labels }, heldOut, files }: SplitSamples,
  { domains, weights, scheme }: QuantizationOptions,
) {
  // what is held out of the data is for measuring labels and errors; that it can be proven is promised of all of it
  const alsoInDomain = files.some(({ role }) => role === 'holdout') ? [] : heldOut.rows
  return {
    alsoInDomain,
    ...(domains === undefined ? {} : { domains }),
    ...(weights === undefined ? {} : { weights }),
    functions: functionsFor(scheme),
    ...(labels === undefined ? {} : { task: taskOf(labels) }),
    softmaxOutputs,
  }
}

/** What functions become in the program of a circuit of this scheme. */
export function functionsFor(scheme: Scheme | undefined): Functions {
  return scheme === 'groth16-lookup' ? 'tables' : 'lines'
}

/** Whole labels: classes. Anything else: numbers. */
function taskOf(labels: Float64Array): 'classification' | 'regression' {
  return labels.every((label) => Number.isInteger(label) && label >= 0) ? 'classification' : 'regression'
}

/** Labels are places among a model's scores. Throws `LabelError` for one that is none. */
function checkLabels(prepared: Prepared, { calibration, heldOut }: SplitSamples): void {
  const classes = classesOf(prepared)
  if (classes === undefined) return
  for (const { labels, places, file } of [calibration, heldOut]) {
    const bad =
      labels?.findIndex((label) => !(Number.isInteger(label) && label >= 0 && label < classes)) ?? -1
    if (bad >= 0) throw new LabelError(file, places[bad]!, labels![bad]!, classes)
  }
}

const SECRET_NOTE =
  'The bits are the usual ones: which bits a search finds follows from the weights, and could tell of them.'

export class LabelError extends BaseError {
  override name = 'Compile.LabelError'
  constructor(
    readonly file: string,
    readonly sample: number,
    readonly label: number,
    readonly classes: number,
  ) {
    super(`${file}: the label of sample ${sample} is ${label}, which is none of the model's classes.`, {
      details: [`the model gives ${classes} scores: classes are 0 to ${classes - 1}`],
      hint: 'number the classes from 0 as the model does, or leave the labels out',
    })
  }
}

export class SecretSearchError extends BaseError {
  override name = 'Compile.SecretSearchError'
  constructor() {
    super('The bits of a model with committed weights cannot be searched for.', {
      details: [
        'which bits a search finds follows from the weights, and the circuit shows the bits to everyone',
      ],
      hint: 'give a number (--bits 8), or leave --bits out',
    })
  }
}
