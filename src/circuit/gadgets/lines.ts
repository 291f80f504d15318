/** A broken line whose piece is looked up: what circuits with lookups take where it has more than a few. */
import { InternalError } from '../../base/errors.js'
import { bitLength } from '../../base/integers.js'
import type { ConstraintSystem } from '../cs/api.js'
import type { Lookups } from '../cs/chunks.js'
import type { Table } from '../cs/tables.js'
import type { Bounded } from './bounded.js'
import { named } from './range.js'

/** A piece of a broken line: its first and last integer, its slope, and its value at the first. */
export type Line = {
  readonly start: number
  readonly end: number
  readonly slope: number
  readonly value: number
}

/** Integers of so many bits, counted from the least. */
type Span = { readonly least: number; readonly bits: number }

/** What a table says of a piece beside its start, multiplied by a power of two; less the least that it says of any. */
type Column = { readonly of: 'length' | 'slope' | 'value'; readonly least: number; readonly factor: number }

type LineTable = { readonly table: Table; readonly columns: readonly Column[] }

export type Lines = {
  /** In order, each from where the one before ends. */
  readonly lines: readonly Line[]
  /** What a prover's starts are counted from: none is below. */
  readonly origin: number
  /** Bits of how far an integer is from an end of its piece. */
  readonly reach: number
  readonly slopes: Span
  readonly values: Span
  /** Each begins with the start. */
  readonly tables: readonly LineTable[]
}

/** Bits of an entry that float64 holds. */
const MOST_BITS = 52

/** Undefined where entries would not be exact. `name` tells these lines from others. */
export function tabulateLines(lookups: Lookups, name: string, lines: readonly Line[]): Lines | undefined {
  const [first, last] = [lines[0]!, lines.at(-1)!]
  const reach = bitLength(Math.max(...lines.map(({ start, end }) => end - start)))
  const origin = first.start - 2 ** lookups.roomy(reach) + 1
  const slopes = spanOf(lines.map(({ slope }) => slope))
  const values = spanOf(
    lines.flatMap(({ value, slope, start, end }) => [value, value + slope * (end - start)]),
  )
  const parts: Part[] = [
    { of: 'length', ...spanOf(lines.map(lengthOf)), room: lookups.roomy(reach) + 1 },
    { of: 'slope', ...slopes, room: lookups.roomy(slopes.bits) },
    // whatever else it could be, nothing stands above it
    { of: 'value', ...spanOf(lines.map(({ value }) => value)), room: MOST_BITS },
  ]
  const wanted = parts.filter(({ of }) => of !== 'slope' || slopes.bits > 0)
  const packed = pack(bitLength(last.end - origin), wanted)
  const tables = packed?.map((columns) => ({ columns, table: tableOf(name, lines, origin, columns) }))
  return tables && { lines, origin, reach, slopes, values, tables }
}

/** Bits of what entries have, and of what a prover could name. */
type Part = Span & { readonly of: Column['of']; readonly room: number }

/** As few tables as hold all parts in this order, each after the start. */
function pack(startBits: number, parts: readonly Part[]): Column[][] | undefined {
  const tables: Column[][] = []
  let next = startBits
  for (const { of, least, bits, room } of parts) {
    // even what is alike of all pieces needs a table to stand in
    if (tables.length === 0 || next + bits > MOST_BITS) {
      tables.push([])
      next = startBits
    }
    if (next + bits > MOST_BITS) return undefined
    tables.at(-1)!.push({ of, least, factor: 2 ** next })
    next += room
  }
  return tables
}

function tableOf(name: string, lines: readonly Line[], origin: number, columns: readonly Column[]): Table {
  const said = columns.map(({ of }) => of).join(' and ')
  const entry = (line: Line) => {
    const own = { ...line, length: lengthOf(line) }
    return columns.reduce(
      (sum, { of, least, factor }) => sum + factor * (own[of] - least),
      line.start - origin,
    )
  }
  return {
    name: `${name} ${lines[0]!.start}..${lines.at(-1)!.end} from ${origin}: ${said}`,
    size: lines.length,
    entries: () => Float64Array.from(lines, entry),
  }
}

function lengthOf({ start, end }: Line): number {
  return end - start
}

function spanOf(numbers: readonly number[]): Span {
  const least = numbers.reduce((found, number) => Math.min(found, number), Infinity)
  return {
    least,
    bits: bitLength(numbers.reduce((found, number) => Math.max(found, number), -Infinity) - least),
  }
}

/** Rows for one integer. */
export function linesRows(lookups: Lookups, { reach, slopes, values, tables }: Lines): number {
  const sloped = slopes.bits > 0 ? lookups.rows(slopes.bits) + 1 : 0
  return 2 * lookups.rows(reach) + sloped + lookups.rows(values.bits) + tables.length
}

/**
 * Proves: y = value + slope * (x - start) of the piece that x is on.
 * Assumes: x is an integer in [lo, hi], which the pieces are of; so is every y within +-2^52.
 * Cost, with lookups: the rows of how far x is from either end of its piece, of a slope and of a value, 1 for the product
 * and 1 for each table; no slope and no product where all slopes are equal.
 *
 * The prover names x - start, end - x, the slope and y, all in ranges. So the start is an integer too, and what a piece is
 * said to be is a sum of integers, each but the last below the factor of the next, all far below P. It is an entry, so its
 * start is that of a piece, and what stands beside it is of the same piece, in each table. Neither distance is negative, so
 * x is on that piece; and y less slope times distance is the value at its start.
 */
export function onLine<V>(cs: ConstraintSystem<V>, x: Bounded<V>, made: Lines): V {
  const { lines, origin, reach, slopes, values, tables } = made
  if (x.lo < lines[0]!.start || x.hi > lines.at(-1)!.end)
    throw new InternalError(
      `Lines from ${lines[0]!.start} to ${lines.at(-1)!.end} do not hold ${x.lo} to ${x.hi}.`,
    )
  const lineAt = (at: number) => lines[placeOf(lines, at)]!
  const word = (name: string, bits: number, honest: (line: Line, at: number) => number) =>
    cs.scope(name, undefined, () => named(cs, [x.value], bits, 'rank', (at) => honest(lineAt(at), at)))
  const past = word('past', reach, ({ start }, at) => at - start)
  const left = word('left', reach, ({ end }, at) => end - at)
  const slope = slopes.bits > 0 ? word('slope', slopes.bits, (line) => line.slope - slopes.least) : undefined
  const above = word(
    'value',
    values.bits,
    (line, at) => line.value + line.slope * (at - line.start) - values.least,
  )
  const y = cs.combine([above], [1], values.least)
  const rise =
    slope === undefined
      ? cs.combine([past], [slopes.least])
      : cs.product(past, cs.combine([slope], [1], slopes.least), 'rise')
  const start = cs.combine([x.value, past], [1, -1], -origin)
  const said = {
    length: cs.combine([past, left], [1, 1]),
    slope: cs.combine(slope === undefined ? [] : [slope], slope === undefined ? [] : [1], slopes.least),
    value: cs.combine([y, rise], [1, -1]),
  }
  for (const { table, columns } of tables) {
    const offset = columns.reduce((sum, { least, factor }) => sum - least * factor, 0)
    const parts = columns.map(({ of }) => said[of])
    const factors = columns.map(({ factor }) => factor)
    cs.lookup(table, cs.combine([start, ...parts], [1, ...factors], offset))
  }
  return y
}

/** The piece of an integer; of one that is on none, which a lie may give, the nearest. */
function placeOf(lines: readonly Line[], x: number): number {
  let [least, most] = [0, lines.length - 1]
  while (least < most) {
    const middle = (least + most + 1) >> 1
    if (x >= lines[middle]!.start) least = middle
    else most = middle - 1
  }
  return least
}
