/**
 * The one place that chooses scales: `real = integer * scale`.
 *
 * A linear operator's accumulator has scale s_out / 2^shift, where s_out is what its rescaled result will have, so
 *   W = round(w * s_in / s_out * 2^shift),  B = round(b / s_out * 2^shift),  y = floor((acc + 2^(shift-1)) / 2^shift).
 * Weights are constants and cost nothing; their bits only widen the accumulators.
 *
 * The bits asked for are those of the widest layer; smaller ones, whose bits cost little, get a few more (lowering.ts).
 *
 * A linear operator whose weights are small multiples of one base (sums, averages, differences) over inputs of one
 * scale is exact: its weights are those multiples, its scale is s_in * base, and nothing is rounded but the bias.
 */

import { log2, square } from '../base/elementary.js'
import { BaseError } from '../base/errors.js'
import { bitLength } from '../base/integers.js'
import type { Linear } from '../model/ops/linear.js'
import { at, type Scale } from '../model/quantized.js'
import type { Range } from './calibrate.js'
import { findGrid } from './grid.js'
import { numberDistinct, writeRows } from './rows.js'
import { isEven, scaleOfUneven } from './uneven.js'

export type Bits = {
  /** Of rescaled activations: unsigned where they are never negative, else with the sign. */
  readonly activation: number
  /** Of weights, with the sign. */
  readonly weight: number
  /** Of inputs whose values are not on a grid of their own. */
  readonly input: number
  /** Whether channels of a layer have scales of their own where they can. */
  readonly channels?: boolean | undefined
  /** Bits that single layers have beyond those, or short of them, by the layer's name in the float program. */
  readonly layers?: Readonly<Record<string, Adjustment>> | undefined
}

export type Adjustment = {
  readonly activation?: number | undefined
  readonly weight?: number | undefined
}

export const DEFAULT_BITS: Bits = { activation: 8, weight: 8, input: 8 }

/** Bits that the largest weight may take beyond those asked for, so that the typical one keeps some. */
const OUTLIER_BITS = 6

/** The typical weight's magnitude is at least this part of the largest that weight bits allow. */
const TYPICAL_PART = 1 / 16

/** A finer grid than this cannot be told from float32's rounding; a coarse one must not go unseen for many bits. */
const MOST_LEVELS = 2 ** 13

/** An exact operator's bias is rounded to about this part of a step of what the rescaled result will have. */
const BIAS_PARTS = 16

/** Throws `BitsError` unless each is a whole number of 2 to 16, and each adjustment one of -14 to 14. */
export function resolveBits(asked: Partial<Bits> = {}): Bits {
  const bits = { ...DEFAULT_BITS, ...asked }
  for (const what of ['activation', 'weight', 'input'] as const) {
    const value = bits[what]
    if (!Number.isInteger(value) || value < 2 || value > 16) throw new BitsError(what, value)
  }
  for (const [layer, { activation = 0, weight = 0 }] of Object.entries(bits.layers ?? {})) {
    for (const value of [activation, weight]) {
      if (!Number.isInteger(value) || Math.abs(value) > 14) throw new BitsError(`"${layer}"'s`, value)
    }
  }
  return bits
}

/** `bits` of a layer's activations or weights, with `extra` ones and its own adjustment. */
export function bitsOf(bits: Bits, what: keyof Adjustment, layer: string | undefined, extra: number): number {
  const own = layer === undefined ? undefined : bits.layers?.[layer]?.[what]
  return Math.max(2, bits[what] + extra + (own ?? 0))
}

/** The scale with which `range` just fits `bits` bits; 1 for a tensor that was always zero. */
export function activationScale({ lo, hi }: Range, bits: number): number {
  const levels = lo < 0 ? 2 ** (bits - 1) - 1 : 2 ** bits - 1
  return Math.max(-lo, hi) / levels || 1
}

/** Halvings that bring values of scale `from` as near to scale `to` as they can without being coarser. */
export function shiftBetween(from: number, to: number): number {
  return Math.max(0, Math.floor(log2(to / from) + 1e-9))
}

export type QuantizedLinear = { readonly op: Linear; readonly scale: number }

/**
 * `op` in integers. `inputScale` is that of the joined inputs (one, or one a column), `outScale` what the rescaled
 * result should have, `sizes` the magnitude of each column's integers.
 */
export function quantizeLinear(
  op: Linear,
  inputScale: Scale,
  outScale: number,
  bits: Bits,
  sizes: Float64Array,
): QuantizedLinear {
  const exact = inputScale.length === 1 ? exactScale(op, inputScale[0]!, outScale, bits) : undefined
  const scale = exact ?? roundingScale(op, inputScale, outScale, bits, sizes)
  return { op: roundWeights(op, inputScale, scale), scale }
}

/** Bits that a secret bias may have beyond those that this model's biases need, so that another's fit as well. */
const BIAS_HEADROOM = 2

/**
 * A secret operator in integers. The scale follows from the weights, so that the largest fills its range whatever it is:
 * the range is then a fact of the architecture. `largestInput` is the greatest magnitude of an input's integers.
 */
export function quantizeSecret(
  op: Linear,
  inputScale: Scale,
  outScale: number,
  bits: Bits,
  largestInput: number,
): QuantizedLinear {
  const scale = secretScale(op, inputScale, bits.weight) ?? outScale / 2 ** bits.weight
  const rounded = roundSecret(op, inputScale, scale)
  const largestBias = rounded.op.bias.reduce((most, bias) => Math.max(most, Math.abs(bias)), 0)
  // a bias is seldom larger than what one input adds; a smaller range would say how small this model's are
  const biasBits = Math.max(bitLength(largestBias) + 1 + BIAS_HEADROOM, bits.weight + bitLength(largestInput))
  return {
    op: { ...rounded.op, secret: { weightBits: bits.weight, biasBits, biasOf: rounded.biasOf } },
    scale,
  }
}

/** The scale at which the largest weight fills its bits; undefined where all are zero. */
export function secretScale(op: Linear, inputScale: Scale, weightBits: number): number | undefined {
  const { largest } = stepsOf(op, inputScale)
  return largest === 0 ? undefined : largest / (2 ** (weightBits - 1) - 1)
}

/** Secret weights rounded at a scale, and which rows share a bias. */
export function roundSecret(
  op: Linear,
  inputScale: Scale,
  scale: number,
): { op: Linear; biasOf: Int32Array } {
  const { standIns, ...rounded } = roundWeights(op, inputScale, scale)
  const { place, first } = numberDistinct(standIns!.bias)
  // what stands in is equal only where the biases are; rounding of their sums must not tell them apart
  const bias = Float64Array.from(place, (number) => rounded.bias[first[number]!]!)
  return { op: { ...rounded, bias }, biasOf: place }
}

export function exactScale(op: Linear, inputScale: number, outScale: number, bits: Bits): number | undefined {
  const sizes = new Set([0])
  for (const weight of op.weights) sizes.add(Math.abs(weight))
  const largest = 2 ** (bits.weight - 1) - 1
  if (sizes.size === 1 || sizes.size > largest + 1) return undefined
  const grid = findGrid(Float64Array.from(sizes), Math.min(largest + 1, MOST_LEVELS))
  if (grid === undefined) return undefined
  const scale = grid.step * inputScale
  const whole = op.bias.every((value) => Math.abs(value / scale - Math.round(value / scale)) < 1e-3)
  return whole ? scale : scale / 2 ** Math.max(0, Math.ceil(log2((scale * BIAS_PARTS) / outScale)))
}

function roundingScale(
  op: Linear,
  inputScale: Scale,
  outScale: number,
  bits: Bits,
  sizes: Float64Array,
): number {
  const start = accumulatorScale(op, inputScale, outScale, bits)
  if (isEven(op, inputScale, sizes)) return start
  return scaleOfUneven(op, inputScale, sizes, { start, outScale, weightBits: bits.weight })
}

function accumulatorScale(op: Linear, inputScale: Scale, outScale: number, bits: Bits): number {
  const { largest, typical } = stepsOf(op, inputScale)
  const most = 2 ** (bits.weight - 1) - 1
  if (largest === 0) return outScale / 2 ** bits.weight
  const forLargest = shiftBetween(largest / most, outScale)
  // a few large weights (a residual's ones, an outlier) must not leave the others without digits
  const forTypical = Math.ceil(log2((most * TYPICAL_PART * outScale) / typical))
  return outScale / 2 ** Math.max(forLargest, Math.min(forTypical, forLargest + OUTLIER_BITS))
}

/**
 * What a step of an input adds to the real result, in magnitude: the largest over all entries, and a typical one (the
 * square of the mean root, which a few large ones move little).
 */
function stepsOf(op: Linear, inputScale: Scale): { largest: number; typical: number } {
  let largest = 0
  let roots = 0
  for (let entry = 0; entry < op.column.length; entry++) {
    const step = Math.abs(op.weights[op.weight[entry]!]! * at(inputScale, op.column[entry]!))
    if (step > largest) largest = step
    roots += Math.sqrt(step)
  }
  return { largest, typical: square(roots / op.column.length) }
}

/** Weights and biases as whole multiples of what their input's step is at a scale. */
export function roundWeights(op: Linear, inputScale: Scale, scale: number): Linear {
  const rows = writeRows(columnsOf(op), op.bias.length, op.column.length, op.standIns !== undefined)
  for (let row = 0; row < op.bias.length; row++) {
    for (let entry = op.rowStart[row]!; entry < op.rowStart[row + 1]!; entry++) {
      const [index, column] = [op.weight[entry]!, op.column[entry]!]
      const step = at(inputScale, column)
      const rounded = Math.round((op.weights[index]! * step) / scale) + 0
      // weights that are one in reals are several in integers where inputs have scales of their own
      const standIn = op.standIns && op.standIns.weight[index]! * (inputScale.length === 1 ? 1 : step)
      rows.add(column, rounded, standIn)
    }
    rows.endRow(Math.round(op.bias[row]! / scale) + 0, op.standIns?.bias[row])
  }
  return rows.finish()
}

/** One more than the last column that an entry refers to. */
function columnsOf(op: Linear): number {
  let columns = 0
  for (const column of op.column) if (column >= columns) columns = column + 1
  return columns
}

export class BitsError extends BaseError {
  override name = 'Quantize.BitsError'
  constructor(
    readonly what: string,
    readonly value: number,
  ) {
    super(`The number of ${what} bits is ${value}.`, {
      hint: 'give a whole number from 2 to 16; 8 suits most models',
    })
  }
}
