/**
 * A function of one variable as a table over integers, with the error that this makes: for circuits with lookups, where a
 * table is one row a value, however the function bends.
 *
 * It is a broken line with a piece for each integer, flat there: so the integer program says what it is, and whoever runs
 * it needs to know nothing of tables.
 */
import type { Piecewise } from '../model/ops/piecewise.js'
import type { Span } from './pieces.js'

export type FunctionTable = {
  readonly op: Piecewise
  /** Bits that the argument is rescaled by first. */
  readonly shift: number
  /** Of the result: real = integer * scale. */
  readonly scale: number
  /** The largest distance from the function, in reals, over the argument as it was before: its rounding counts. */
  readonly error: number
}

export type TableOptions = {
  /** The real that an integer of the argument stands for is integer * scale. */
  readonly scale: number
  /** All integers that the argument can be. */
  readonly bounds: Span
  /** Where the function is followed; beyond it stays constant. */
  readonly span: Span
  /** Of the result. */
  readonly unit: number
  readonly most: number
}

/** Of a cell's arguments, those that the error is looked for at: a function is monotone between most of them. */
const LOOKS = 9

/** Undefined where f is not finite in the span. Of at most `most` entries, which fewer bits of the argument make. */
export function tabulateFunction(f: (x: number) => number, options: TableOptions): FunctionTable | undefined {
  const { scale, bounds, span, unit, most } = options
  let shift = 0
  while (rounded(bounds.hi, shift) - rounded(bounds.lo, shift) + 1 > most) shift++
  const [lo, hi] = [rounded(bounds.lo, shift), rounded(bounds.hi, shift)]
  const at = (x: number) => f(Math.min(Math.max(x, span.lo), span.hi) * scale)
  const offsets = Float64Array.from({ length: hi - lo + 1 }, (_, t) => {
    // the middle of what the values of a cell reach
    const values = cellOf(lo + t, shift, bounds).map(at)
    return Math.round((Math.min(...values) + Math.max(...values)) / 2 / unit) + 0
  })
  if (!offsets.every(Number.isSafeInteger)) return undefined
  let error = 0
  offsets.forEach((offset, t) => {
    for (const x of cellOf(lo + t, shift, bounds)) error = Math.max(error, Math.abs(at(x) - offset * unit))
  })
  const start = Float64Array.from({ length: hi - lo }, (_, t) => lo + 1 + t)
  const op: Piecewise = { kind: 'piecewise', start, slope: new Float64Array(offsets.length), offset: offsets }
  return { op, shift, scale: unit, error }
}

function rounded(x: number, shift: number): number {
  return shift === 0 ? x : Math.floor((x + 2 ** (shift - 1)) / 2 ** shift)
}

/** Arguments that one entry stands for. */
function cellOf(entry: number, shift: number, { lo, hi }: Span): number[] {
  if (shift === 0) return [entry]
  const half = 2 ** (shift - 1)
  const [from, to] = [Math.max(lo, entry * 2 ** shift - half), Math.min(hi, entry * 2 ** shift + half - 1)]
  const steps = Math.min(LOOKS - 1, to - from)
  return Array.from(
    { length: steps + 1 },
    (_, i) => from + (steps === 0 ? 0 : Math.round(((to - from) * i) / steps)),
  )
}
