/**
 * Which bits a model is compiled with: those that were asked for, or the cheapest that a search finds faithful enough.
 *
 * How much is tried depends on the model's size and the number of samples, never on the time that it takes, so that
 * everyone finds the same circuit.
 */

import type { DisclosureOptions } from '../artifacts/disclosure.js'
import type { Manifest } from '../artifacts/manifest.js'
import type { Split } from '../artifacts/samples/split.js'
import { canonicalJson } from '../base/digest.js'
import { BaseError } from '../base/errors.js'
import { count } from '../circuit/circuit.js'
import { draft } from '../circuit/synthesize.js'
import { OverflowError } from '../model/bounds.js'
import type { Values } from '../model/execute.js'
import { type Fidelity, outputRanges } from '../quantize/fidelity.js'
import { knobsOf, workOf } from '../quantize/knobs.js'
import { type Evidence, type Probe, probe } from '../quantize/probe.js'
import { meaningsOf, type Prepared, type Quantized, quantizePrepared } from '../quantize/quantize.js'
import { type Bits, DEFAULT_BITS } from '../quantize/scheme.js'
import { cheapest, frontierOf, nearest, search, type Trial } from '../quantize/search.js'
import {
  applicable,
  describeTarget,
  isAsked,
  meets,
  missOf,
  percent,
  type Target,
} from '../quantize/target.js'
import { measure } from './measure.js'

export type Choice = {
  readonly quantized: Quantized
  readonly fidelity: Fidelity | undefined
  readonly quantization: NonNullable<Manifest['quantization']>
}

type Candidate = Trial & { readonly found: Probe }

/** By their bits: what was tried of the same model and samples, and need not be tried again. */
export type Tried = Map<string, Candidate | undefined>

export type Question = {
  readonly prepared: Prepared
  readonly samples: Split
  /** What the float model answers to the held-out samples, then to those of calibration. */
  readonly reference: readonly Values[]
  readonly disclose: DisclosureOptions | undefined
  /** What was asked for; where nothing was, the usual target is a goal that the samples may leave open. */
  readonly target: Target
  readonly onTrial?: (trials: number) => void
  /** Read, and added to. */
  readonly tried?: Tried | undefined
}

/** Fewer samples cannot justify fewer bits than the usual ones. */
const ENOUGH_SAMPLES = 30

/** Of products and comparisons: in one trial's runs, and in all trials. About 4 ns each. */
const WORK_PER_TRIAL = 1e8
const WORK = 4e9
const MOST_TRIALS = 80
const LEAST_TRIALS = 12

/** What else a trial does (quantize, count) is worth so many runs. */
const OVERHEAD_RUNS = 100

/**
 * Without held-out samples the usual bits. Throws `TargetError` where no bits meet the target, and what quantizing with
 * the usual bits throws.
 */
export function chooseBits(question: Question): Choice {
  const { prepared, samples, tried = new Map() } = question
  if (samples.heldOut.rows.length === 0) return usual(prepared)
  const hasLabels = meaningsOf(prepared).some((meaning) => meaning !== 'values')
  const target = applicable(question.target, hasLabels)
  const work = workOf(prepared)
  const evidence = evidenceOf(question, Math.ceil(WORK_PER_TRIAL / work))
  let made = 0
  const evaluate = (bits: Bits) => {
    question.onTrial?.(++made)
    const key = canonicalJson(bits)
    if (!tried.has(key)) tried.set(key, tryOut(question, evidence, target, bits))
    return tried.get(key)
  }
  const trials = search(evaluate, {
    start: DEFAULT_BITS,
    knobs: knobsOf(prepared),
    mayNarrow: evidence.samples.length >= ENOUGH_SAMPLES,
    trials: trialsFor(work * (evidence.samples.length + OVERHEAD_RUNS)),
  })
  const { bits, ...measured } = settle(question, target, trials)
  const { fidelity } = measured
  const frontier = frontierOf(trials).map(pointOf)
  const met = isMet(fidelity, target)
  if (!met && isRefused(question, target, fidelity)) throw new TargetError(target, fidelity, frontier)
  const facts = { bits, target, met, trials: trials.length, samples: evidence.samples.length, frontier }
  return { ...measured, quantization: { choice: 'auto', ...facts } }
}

/** What the manifest keeps of a trial. */
export type Point = NonNullable<NonNullable<Manifest['quantization']>['frontier']>[number]

function pointOf({ bits, constraints, miss, found }: Candidate): Point {
  const { flips, expected, error } = found
  return {
    bits,
    constraints,
    within: miss <= 1,
    ...(flips !== undefined && { flips }),
    ...(expected !== undefined && { expected }),
    ...(error !== undefined && { error }),
  }
}

function usual(prepared: Prepared): Choice {
  const quantized = quantizePrepared(prepared, DEFAULT_BITS)
  return { quantized, fidelity: undefined, quantization: { choice: 'fixed', bits: DEFAULT_BITS } }
}

function trialsFor(work: number): number {
  return Math.max(LEAST_TRIALS, Math.min(MOST_TRIALS, Math.floor(WORK / work)))
}

/** The samples that trials are judged by: all, or of too many a part of both kinds, evenly taken. */
function evidenceOf({ prepared, samples, reference }: Question, most: number): Evidence {
  const { heldOut, calibration } = samples
  const [own, seen] = [heldOut.rows.length, calibration.rows.length]
  const ofHeldOut = Math.min(own, Math.max(most - seen, Math.ceil((2 / 3) * most)))
  const places = [...evenly(own, ofHeldOut), ...evenly(seen, most - ofHeldOut).map((at) => own + at)]
  const rows = [...heldOut.rows, ...calibration.rows]
  return {
    samples: places.map((at) => rows[at]!),
    heldOut: ofHeldOut,
    reference: places.map((at) => reference[at]!),
    ranges: outputRanges(prepared),
  }
}

/** At most `most` of the numbers below `count`. */
function evenly(count: number, most: number): number[] {
  const length = Math.max(0, Math.min(count, most))
  return Array.from({ length }, (_, i) => Math.floor((i * count) / length))
}

/**
 * Trials compare programs by their bits, whatever the scheme: so that both find the same widths, and the same integers but
 * for functions. A table is no further from its function than the lines that it is tried with.
 */
function withLines(prepared: Prepared): Prepared {
  return { ...prepared, options: { ...prepared.options, functions: 'lines' } }
}

/** Undefined where values pass what integers hold exactly, or no sample is inside the domain. */
function tryOut(
  { prepared, disclose }: Question,
  evidence: Evidence,
  target: Target,
  bits: Bits,
): Candidate | undefined {
  try {
    const { model } = quantizePrepared(withLines(prepared), bits)
    const found = probe(model, evidence)
    if (found.heldOut === 0) return undefined
    const { constraints } = count(draft(model, disclose))
    return { bits, constraints, found, miss: missOf(found, target), noise: found.noise }
  } catch (error) {
    if (error instanceof OverflowError) return undefined
    throw error
  }
}

/** The cheapest bits whose model meets the target on every held-out sample; else those that miss it least. */
function settle(
  question: Question,
  target: Target,
  trials: readonly Candidate[],
): { bits: Bits; quantized: Quantized; fidelity: Fidelity } {
  let rest = trials.filter(({ miss }) => miss <= 1)
  for (let trial = cheapest(rest); trial !== undefined; trial = cheapest(rest)) {
    const measured = measureTrial(question, trial.bits)
    if (isMet(measured.fidelity, target)) return measured
    rest = rest.filter((one) => one !== trial)
  }
  // where no bits gave a model, the usual ones say why
  return measureTrial(question, nearest(trials)?.bits ?? DEFAULT_BITS)
}

function measureTrial({ prepared, samples, reference }: Question, bits: Bits) {
  const quantized = quantizePrepared(prepared, bits)
  return {
    bits,
    quantized,
    fidelity: measure(quantized, samples.heldOut, reference.slice(0, samples.heldOut.rows.length)),
  }
}

function isMet(fidelity: Fidelity, target: Target): boolean {
  return meets({ flips: fidelity.labels?.rate, error: worstError(fidelity) }, target)
}

/** Of outputs that are numbers, in parts of their range. */
function worstError({ outputs }: Fidelity): number | undefined {
  const errors = outputs.flatMap(({ meaning, relative }) => (meaning === 'values' ? [relative] : []))
  return errors.length === 0 ? undefined : Math.max(...errors)
}

/**
 * A target that was asked for must be met. The usual one is only refused where the samples show that it is missed: one
 * label of a few dozen says nothing of half a percent, and one bad sample little of numbers that are right on average.
 */
function isRefused({ target: asked }: Question, target: Target, fidelity: Fidelity): boolean {
  if (isAsked(asked)) return true
  const { labels, outputs } = fidelity
  if (labels !== undefined) return labels.interval[0] > target.maxFlip!
  return outputs.some(
    ({ worst, mean, relative }) => relative > 0 && mean > target.maxError! * (worst / relative),
  )
}

export class TargetError extends BaseError {
  override name = 'Compile.TargetError'
  constructor(
    readonly target: Target,
    readonly fidelity: Fidelity,
    /** What was tried, cheapest first; the last misses the target least. */
    readonly frontier: readonly Point[],
  ) {
    const { labels } = fidelity
    super(`No bits that were tried keep to the target: ${describeTarget(target)}.`, {
      details: [
        ...(labels === undefined
          ? []
          : [
              `the nearest flips ${labels.flips} of ${fidelity.samples} held-out samples (95 % interval ${percent(labels.interval[0])} to ${percent(labels.interval[1])})`,
            ]),
        ...frontier.map(describePoint),
      ],
      hint: 'allow more (--max-flip or --max-error), or give other samples (--data, --holdout) where these are too few or not like those to come',
      fault: 'answer',
    })
  }
}

function describePoint({ bits, constraints, flips, error }: Point): string {
  const what = [
    ...(flips === undefined ? [] : [`${percent(flips)} of the labels flip`]),
    ...(error === undefined ? [] : [`numbers are off by up to ${percent(error)}`]),
  ]
  const { activation, weight, input } = bits
  return `${constraints} constraints (bits: activations ${activation}, weights ${weight}, inputs ${input}): ${what.join(', ')}`
}
