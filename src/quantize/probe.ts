/**
 * How near an integer model is to the float one on some samples, in the few numbers that a search needs.
 *
 * A share of labels that flip is coarse: of a hundred samples it is 0 % or 1 %, whatever the model is. What the samples
 * hold besides are the float model's margins and the integer model's errors. If any error may meet any margin, so many
 * labels are expected to flip: `expected` tells models apart that all flip nothing.
 */
import { square } from '../base/elementary.js'
import { execute, type Values } from '../model/execute.js'
import type { QuantizedModel, QuantizedOutput } from '../model/quantized.js'
import type { Range } from './calibrate.js'
import { widthOfRange } from './fidelity.js'
import { OutsideDomainError, quantizeInputs } from './input.js'
import { gapsOf, labelsOf, realsOf } from './output.js'

export type Evidence = {
  /** Each one array an input port; the first `heldOut` are those that calibration has not seen. */
  readonly samples: readonly Values[]
  readonly heldOut: number
  /** The float model's outputs, each one array an output port. */
  readonly reference: readonly Values[]
  /** By output: the range that its errors are parts of. */
  readonly ranges: readonly Range[]
}

export type Probe = {
  /** Samples of all, and of the held-out ones, inside the declared domain. */
  readonly samples: number
  readonly heldOut: number
  /** Share of labels that flip among held-out samples, and among all; undefined for a model of numbers. */
  readonly flips: number | undefined
  readonly allFlips: number | undefined
  /** Share of labels expected to flip; undefined where there are no scores. */
  readonly expected: number | undefined
  /** The worst error of an output that is no score or label, in parts of its range; undefined where there is none. */
  readonly error: number | undefined
  /** Mean square of the errors that count: of the scores' gaps, or of outputs in parts of their range. */
  readonly noise: number | undefined
}

/** What is added up over the samples. */
type Sums = { flips: number; heldOutFlips: number; worst: number; squares: number; count: number }

/** Samples outside the declared domain are left out. */
export function probe(model: QuantizedModel, evidence: Evidence): Probe {
  const judge = model.outputs.findIndex(({ meaning }) => meaning !== 'values')
  const scores = model.outputs.findIndex(({ meaning }) => meaning === 'scores')
  const gaps: Gaps = { margins: [], errors: [] }
  const sums: Sums = { flips: 0, heldOutFlips: 0, worst: 0, squares: 0, count: 0 }
  let [inside, heldOut] = [0, 0]
  evidence.samples.forEach((sample, at) => {
    const integers = run(model, sample)
    if (integers === undefined) return
    const reference = evidence.reference[at]!
    const isHeldOut = at < evidence.heldOut
    inside++
    if (isHeldOut) heldOut++
    if (judge >= 0 && flips(model, judge, integers, reference)) {
      sums.flips++
      if (isHeldOut) sums.heldOutFlips++
    }
    if (scores >= 0) observeGaps(gaps, model, scores, integers, reference)
    model.outputs.forEach((output, port) => {
      if (output.meaning === 'values')
        observeValues(sums, model, output, integers, reference[port]!, evidence.ranges[port]!)
    })
  })
  const hasValues = model.outputs.some(({ meaning }) => meaning === 'values')
  return {
    samples: inside,
    heldOut,
    flips: judge < 0 ? undefined : sums.heldOutFlips / Math.max(1, heldOut),
    allFlips: judge < 0 ? undefined : sums.flips / Math.max(1, inside),
    expected: scores < 0 ? undefined : expectedFlips(gaps),
    error: hasValues ? sums.worst : undefined,
    noise:
      scores >= 0 ? meanSquare(gaps.errors) : hasValues ? sums.squares / Math.max(1, sums.count) : undefined,
  }
}

function run(model: QuantizedModel, sample: Values): Values | undefined {
  try {
    return execute(model, quantizeInputs(model, sample))
  } catch (error) {
    if (error instanceof OutsideDomainError) return undefined
    throw error
  }
}

function flips(model: QuantizedModel, port: number, integers: Values, reference: Values): boolean {
  const output = model.outputs[port]!
  const { shape } = model.tensors[output.tensor]!
  const float = labelsOf(output, shape, reference[port]!)
  return labelsOf(output, shape, integers[output.tensor]!).some((label, row) => label !== float[row])
}

/** A gap is a score of the float model's class less that of the next. */
type Gaps = { readonly margins: number[]; readonly errors: number[] }

function observeGaps(
  gaps: Gaps,
  model: QuantizedModel,
  port: number,
  integers: Values,
  reference: Values,
): void {
  const { tensor } = model.outputs[port]!
  const reals = realsOf(model, tensor, integers[tensor]!)
  for (const { gap, other } of gapsOf(model.tensors[tensor]!.shape, reference[port]!, reals)) {
    gaps.margins.push(gap)
    gaps.errors.push(Math.abs(other - gap))
  }
}

function observeValues(
  sums: Sums,
  model: QuantizedModel,
  { tensor }: QuantizedOutput,
  integers: Values,
  reference: Float64Array,
  range: Range,
): void {
  const width = widthOfRange(range)
  realsOf(model, tensor, integers[tensor]!).forEach((real, i) => {
    const error = Math.abs(real - reference[i]!) / width
    sums.worst = Math.max(sums.worst, error)
    sums.squares += square(error)
    sums.count++
  })
}

/** Half of the errors point away from the next class. */
function expectedFlips(gaps: Gaps): number {
  return Math.min(1, Math.max(flipsOfPairs(gaps), flipsNearZero(gaps)) / 2)
}

/** The share of all pairs of a margin and an error in which the error is the larger. */
function flipsOfPairs({ margins, errors }: Gaps): number {
  const sorted = Float64Array.from(errors).sort()
  const larger = margins.reduce((sum, margin) => sum + sorted.length - firstAbove(sorted, margin), 0)
  return larger / Math.max(1, margins.length * sorted.length)
}

/** Parts of the samples, those of least margin, that tell how many margins of any size there are below them. */
const WINDOWS = [0.05, 0.1, 0.15, 0.2]

/** Fewer samples than this in a window tell nothing. */
const LEAST_IN_WINDOW = 8

/**
 * Narrow margins are rare, and a hundred samples may have none by luck. Below the margin of a twentieth to a fifth of
 * the samples, margins of other samples are taken to be spread evenly: a part p below m makes p / m times the mean error.
 */
function flipsNearZero({ margins, errors }: Gaps): number {
  const sorted = Float64Array.from(margins).sort()
  const error = errors.reduce((sum, one) => sum + one, 0) / Math.max(1, errors.length)
  const rates = WINDOWS.flatMap((part) => {
    const place = Math.floor(part * sorted.length)
    const margin = sorted[place] ?? 0
    return place < LEAST_IN_WINDOW || margin <= 0 ? [] : [Math.min(1, (part * error) / margin)]
  })
  return Math.max(0, ...rates)
}

/** The place of the first value above `bar` in a sorted array. */
function firstAbove(sorted: Float64Array, bar: number): number {
  let [from, to] = [0, sorted.length]
  while (from < to) {
    const middle = (from + to) >>> 1
    if (sorted[middle]! > bar) to = middle
    else from = middle + 1
  }
  return from
}

function meanSquare(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + square(value), 0) / Math.max(1, values.length)
}
