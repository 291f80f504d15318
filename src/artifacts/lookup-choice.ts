/**
 * Which tables the ranges of a circuit are met by: chosen when a model is compiled, and kept, since to choose them anew
 * takes many times longer than to read what was chosen. verify-build chooses again, and compares.
 */
import { z } from 'zod'

/** Known before a circuit with lookups is written: what its requests are lowered to. */
export type LookupChoice = {
  /** Widths in bits of the range tables there are, rising. */
  readonly ranges: readonly number[]
  /** Sizes of other intervals [0, size) with a table of their own. */
  readonly intervals: readonly number[]
  /** Rows that an entry of a function's table must save. */
  readonly entryWorth: number
}

/** Of range tables. One bit is a boolean, without a table. */
export const WIDTHS = { least: 2, most: 20 } as const

/** An interval of fewer integers is a power of two long. */
const LEAST_INTERVAL = 3

/** As it stands in a manifest, where infinity cannot: no entry is worth its rows then, and nothing is said. */
export const ChoiceRecord = z.strictObject(
  {
    ranges: rising(WIDTHS.least, WIDTHS.most),
    intervals: rising(LEAST_INTERVAL, 2 ** WIDTHS.most),
    entryWorth: z.number().int().min(1).optional(),
  },
  {
    error: ({ input }) =>
      input === undefined ? 'which tables it has is not said: compile the model again' : undefined,
  },
)
export type ChoiceRecord = z.infer<typeof ChoiceRecord>

export function recordOf({ ranges, intervals, entryWorth }: LookupChoice): ChoiceRecord {
  return {
    ranges: [...ranges],
    intervals: [...intervals],
    ...(Number.isFinite(entryWorth) ? { entryWorth } : {}),
  }
}

export function choiceOf({ entryWorth = Infinity, ...tables }: ChoiceRecord): LookupChoice {
  return { ...tables, entryWorth }
}

function rising(least: number, most: number) {
  return z
    .array(z.number().int().min(least).max(most))
    .refine((all) => all.every((one, i) => i === 0 || all[i - 1]! < one), 'not in rising order')
}
