/** A broken line: the piece that a value is on, and the value of its line. */
import { sha256 } from '../../base/digest.js'
import { bitLength } from '../../base/integers.js'
import type { ConstraintSystem } from '../cs/api.js'
import type { Lookups } from '../cs/chunks.js'
import type { Bounded } from './bounded.js'
import { locate } from './rank.js'
import { lookUp, type Tabulated, tabulate } from './tabulate.js'

export type Pieces = {
  /** Where each piece but the first begins; rise strictly. */
  readonly start: ArrayLike<number>
  readonly slope: ArrayLike<number>
  readonly offset: ArrayLike<number>
}

/**
 * Proves: y = slope[j] * x + offset[j] on the piece that x is on.
 * Assumes: x is an integer in [lo, hi], within +-2^52; so is every y.
 * Cost: that of locating x among the starts in (lo, hi], and 1 for the product unless all slopes are equal; that of looking
 * up where there is a table.
 *
 * The indicators of the pieces are 1 for one and 0 for the others, so that the sums of slopes and of offsets that they
 * weigh are those of the one piece.
 */
export function piecewise<V>(cs: ConstraintSystem<V>, x: Bounded<V>, pieces: Pieces, table?: Tabulated): V {
  if (table !== undefined) return lookUp(cs, x, table, 'rank')
  const starts = Array.from(pieces.start)
  const first = starts.filter((start) => start <= x.lo).length
  const inside = starts.filter((start) => start > x.lo && start <= x.hi)
  const on = (values: ArrayLike<number>) => Array.from(values).slice(first, first + inside.length + 1)
  const [slopes, offsets] = [on(pieces.slope), on(pieces.offset)]
  const indicators = locate(cs, x, inside)
  const offset = cs.combine(indicators, offsets)
  if (slopes.every((slope) => slope === slopes[0])) return cs.combine([x.value, offset], [slopes[0]!, 1])
  return cs.multiplyAdd(x.value, cs.combine(indicators, slopes), offset, 'value')
}

/** The same as a table of integers in bounds, where that pays for so many of them; undefined where it does not. */
export function piecesTable(
  lookups: Lookups,
  { lo, hi }: { readonly lo: number; readonly hi: number },
  pieces: Pieces,
  count: number,
): Tabulated | undefined {
  const starts = Array.from(pieces.start).filter((start) => start > lo && start <= hi)
  if (starts.length === 0) return undefined
  const size = hi - lo + 1
  // a piece for nearly each integer is a table already, whatever it costs
  if (starts.length > size / 2 && size > FEWEST_ENTRIES) return tabulated(pieces, lo, hi)
  const located = locatedRows(lookups, lo, hi, starts)
  if (!lookups.pays(size, count * (located - 2))) return undefined
  const made = tabulated(pieces, lo, hi)
  return made !== undefined && lookups.pays(size, count * (located - 1 - lookups.rows(made.bits)))
    ? made
    : undefined
}

const FEWEST_ENTRIES = 32

function tabulated(pieces: Pieces, lo: number, hi: number): Tabulated | undefined {
  const size = hi - lo + 1
  const { slope, offset } = pieces
  const places = Array.from({ length: size }, (_, t) => lo + t)
  const pieceAt = piecesOf(pieces.start, places)
  const at = (x: number) => slope[pieceAt[x - lo]!]! * x + offset[pieceAt[x - lo]!]! + 0
  return tabulate(nameOf(pieces), lo, hi, at)
}

/** How many of the rising starts each of the rising places has reached. */
function piecesOf(start: ArrayLike<number>, places: readonly number[]): Int32Array {
  let piece = 0
  return Int32Array.from(places, (x) => {
    while (piece < start.length && x >= start[piece]!) piece++
    return piece
  })
}

/** About what finding the piece and the product cost. */
function locatedRows(lookups: Lookups, lo: number, hi: number, starts: readonly number[]): number {
  const all = [lo, ...starts, hi + 1]
  const gap = bitLength(all.slice(1).reduce((most, start, i) => Math.max(most, start - all[i]!), 0) - 1)
  const count = starts.length
  if (count > 1) return bitLength(count) + count + 2 * lookups.rows(gap)
  return 2 + lookups.rows(bitLength(Math.max(hi - starts[0]!, starts[0]! - lo - 1)))
}

function nameOf({ start, slope, offset }: Pieces): string {
  const digest = sha256(JSON.stringify([start, slope, offset].map((values) => Array.from(values))))
  return `lines ${digest.slice(7, 15)} of`
}
