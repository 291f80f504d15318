/**
 * Scales for sums whose inputs have integers of very different size, as a product has beside its factors.
 *
 * A weight is rounded by up to half a step of the sum, and that error is multiplied by the input's integer: a scale that
 * gives the largest weight its bits can leave to a product's sixteen bits a weight of 1 or 2, and so an error of a half.
 */
import type { Linear } from '../model/ops/linear.js'
import { at, type Scale } from '../model/quantized.js'

/** Integers that differ by less than this factor are about as large. */
const EVEN = 4

/** Weights of at least this part of the largest count as large. */
const LARGE = 1 / 8

/** Bits by which terms that cancel each other out may be finer than their size alone asks for. */
const CANCELLED_BITS = 6

/** Multiples of a weight that are tried before it is rounded. */
const MULTIPLES = 16

/** More different weights than this cannot all be met but by finer steps. */
const FEW = 16

/** Whether the largest weights stand at integers about as large as any: then weights alone decide how fine a sum is. */
export function isEven(op: Linear, inputScale: Scale, sizes: Float64Array): boolean {
  let [largest, greatest] = [0, 0]
  eachEntry(op, inputScale, (step, column) => {
    largest = Math.max(largest, step)
    if (step > 0) greatest = Math.max(greatest, sizes[column]!)
  })
  let ofLargest = 0
  eachEntry(op, inputScale, (step, column) => {
    if (step >= largest * LARGE) ofLargest = Math.max(ofLargest, sizes[column]!)
  })
  return greatest < EVEN * ofLargest || largest === 0
}

function eachEntry(op: Linear, inputScale: Scale, visit: (step: number, column: number) => void): void {
  op.column.forEach((column, entry) => {
    visit(Math.abs(op.weights[op.weight[entry]!]! * at(inputScale, column)), column)
  })
}

/** Entries whose weights are rounded alike, so that in one row their errors add up. */
type Term = {
  /** What a step of the input adds to the real result. Positive. */
  readonly step: number
  /** Integers that a row's entries add up to at most, in magnitude. */
  readonly size: number
}

/**
 * The coarsest of the scales tried, `start` first, with which no weight's rounding adds more than 2^-`weightBits` of the
 * largest term, nor much more than half a step of `outScale`. `sizes` has the magnitude of each column's integers.
 */
export function scaleOfUneven(
  op: Linear,
  inputScale: Scale,
  sizes: Float64Array,
  { start, outScale, weightBits }: { start: number; outScale: number; weightBits: number },
): number {
  const terms = termsOf(op, inputScale, sizes)
  const largest = terms.reduce((most, { step, size }) => Math.max(most, step * size), 0)
  if (largest === 0) return start
  const coarsest = largest / 2 ** weightBits
  const allowed = Math.max(Math.min(coarsest, outScale / 2), coarsest / 2 ** CANCELLED_BITS)
  const fits = (scale: number) =>
    terms.every(({ step, size }) => Math.abs(Math.round(step / scale) * scale - step) * size <= allowed)
  let finest = start
  while (!fits(finest)) finest /= 2
  if (finest === start || terms.length > FEW) return finest
  const exact = terms.flatMap(({ step }) => Array.from({ length: MULTIPLES }, (_, n) => step / (n + 1)))
  return exact.filter((scale) => scale <= start && fits(scale)).reduce((a, b) => Math.max(a, b), finest)
}

function termsOf(op: Linear, inputScale: Scale, sizes: Float64Array): Term[] {
  const largest = new Map<number, number>()
  for (let row = 0; row < op.bias.length; row++) {
    const inRow = new Map<number, number>()
    for (let entry = op.rowStart[row]!; entry < op.rowStart[row + 1]!; entry++) {
      const column = op.column[entry]!
      const step = Math.abs(op.weights[op.weight[entry]!]! * at(inputScale, column))
      if (step > 0) inRow.set(step, (inRow.get(step) ?? 0) + sizes[column]!)
    }
    for (const [step, size] of inRow) largest.set(step, Math.max(size, largest.get(step) ?? 0))
  }
  return [...largest].map(([step, size]) => ({ step, size }))
}
