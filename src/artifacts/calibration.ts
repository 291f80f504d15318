/**
 * What a model's integers take from its samples, kept beside them: whoever has not the samples, or another processor,
 * makes the same integers of the same graph with it.
 *
 * Ranges are rounded outward to a coarse grid, so that a last bit of a float program's values decides nothing.
 */
import { z } from 'zod'
import { pathOf } from './paths.js'
import { readJson } from './store.js'

/** JSON has no infinities. */
const Number_ = z.union([z.number(), z.literal('Infinity'), z.literal('-Infinity')])
const Numbers = z.array(Number_).readonly()

export const Calibration = z.strictObject({
  format: z.literal('zkonnx-calibration/1'),
  /** What the labels, where there are any, say the model's outputs are. */
  task: z.enum(['classification', 'regression']).optional(),
  /** Of every tensor of the rewritten float program, in its order: the least and the greatest value. */
  ranges: z.array(z.strictObject({ name: z.string(), lo: Number_, hi: Number_ })).readonly(),
  /** Of every input: its step, and the integers that it may be; one for all elements or one each. */
  domains: z.array(z.strictObject({ name: z.string(), scale: Numbers, lo: Numbers, hi: Numbers })).readonly(),
  /** Of layers whose channels have scales of their own: the channels, and what each takes on. */
  channels: z
    .array(z.strictObject({ name: z.string(), channel: Numbers, lo: Numbers, hi: Numbers }))
    .readonly(),
  /** Of layers that compare inputs: the integers that stand for the thresholds. */
  thresholds: z.array(z.strictObject({ name: z.string(), integers: Numbers })).readonly(),
  /** Of final sums: how far each is moved, in integers. */
  moves: z.array(z.strictObject({ name: z.string(), integers: Numbers })).readonly(),
})

export type Calibration = z.infer<typeof Calibration>

/** Throws the store's errors. */
export async function readCalibration(dir: string): Promise<Calibration> {
  return readJson(pathOf(dir, 'calibration'), Calibration)
}

/** The text of the file: equal calibrations give equal bytes. */
export function encodeCalibration(calibration: Calibration): string {
  return `${JSON.stringify(calibration)}\n`
}

/** As JSON has it. */
export function toNumbers(values: Iterable<number>): (number | 'Infinity' | '-Infinity')[] {
  return Array.from(values, toNumber)
}

export function toNumber(value: number): number | 'Infinity' | '-Infinity' {
  // adding zero turns -0, which JSON has not, into 0
  return Number.isFinite(value) ? value + 0 : value > 0 ? 'Infinity' : '-Infinity'
}

export function fromNumbers(values: readonly (number | string)[]): Float64Array {
  return Float64Array.from(values, Number)
}
