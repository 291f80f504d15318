/** A broken line: the piece that a value is on, and the value of its line. */
import { sha256 } from '../../base/digest.js'
import type { ConstraintSystem } from '../cs/api.js'
import type { Lookups } from '../cs/chunks.js'
import type { Bounded } from './bounded.js'
import { type Line, type Lines, linesRows, onLine, tabulateLines } from './lines.js'
import { locate, locateRows } from './rank.js'
import { lookUp, type Tabulated, tabulate, tabulatedRows } from './tabulate.js'

export type Pieces = {
  /** Where each piece but the first begins; rise strictly. */
  readonly start: ArrayLike<number>
  readonly slope: ArrayLike<number>
  readonly offset: ArrayLike<number>
}

/** How a broken line is looked up: by its values, or by its pieces. */
export type Looked = { readonly values: Tabulated } | { readonly lines: Lines }

/**
 * Proves: y = slope[j] * x + offset[j] on the piece that x is on.
 * Assumes: x is an integer in [lo, hi], within +-2^52; so is every y.
 * Cost: that of locating x among the starts in (lo, hi], and 1 for the product unless all slopes are equal; that of looking
 * up where it is looked up.
 *
 * The indicators of the pieces are 1 for one and 0 for the others, so that the sums of slopes and of offsets that they
 * weigh are those of the one piece.
 */
export function piecewise<V>(cs: ConstraintSystem<V>, x: Bounded<V>, pieces: Pieces, looked?: Looked): V {
  if (looked !== undefined)
    return 'values' in looked ? lookUp(cs, x, looked.values, 'rank') : onLine(cs, x, looked.lines)
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

/** How pieces over integers in bounds are looked up, where that pays for so many of them; undefined where it does not. */
export function lookedUp(
  lookups: Lookups,
  { lo, hi }: { readonly lo: number; readonly hi: number },
  pieces: Pieces,
  count: number,
): Looked | undefined {
  const starts = Array.from(pieces.start).filter((start) => start > lo && start <= hi)
  if (starts.length === 0) return undefined
  const size = hi - lo + 1
  // a piece for nearly each integer is a table already, whatever it costs
  if (starts.length > size / 2 && size > FEWEST_ENTRIES) {
    const values = tabulated(pieces, lo, hi)
    return values && { values }
  }
  const located = locateRows(lookups, { lo, hi }, starts) + 1
  const lines =
    starts.length < FEWEST_STARTS ? undefined : linesThatPay(lookups, pieces, lo, hi, count, located)
  const otherwise = lines === undefined ? located : linesRows(lookups, lines)
  const spared = lines === undefined ? 0 : lines.tables.length * lines.lines.length
  if (lookups.pays(size, count * (otherwise - 2) + spared)) {
    const values = tabulated(pieces, lo, hi)
    const saved = values && count * (otherwise - tabulatedRows(lookups, values)) + spared
    if (values && lookups.pays(size, saved!)) return { values }
  }
  return lines && { lines }
}

const FEWEST_ENTRIES = 32
const FEWEST_STARTS = 3

function linesThatPay(
  lookups: Lookups,
  pieces: Pieces,
  lo: number,
  hi: number,
  count: number,
  located: number,
): Lines | undefined {
  const lines = tabulateLines(lookups, nameOf(pieces), linesOf(pieces, lo, hi))
  if (lines === undefined) return undefined
  const saved = count * (located - linesRows(lookups, lines))
  return lookups.pays(lines.tables.length * lines.lines.length, saved) ? lines : undefined
}

/** The pieces that integers from lo to hi are on. */
export function linesOf({ start, slope, offset }: Pieces, lo: number, hi: number): Line[] {
  const lines: Line[] = []
  for (let piece = 0; piece < slope.length; piece++) {
    const first = Math.max(lo, piece === 0 ? lo : start[piece - 1]!)
    const end = Math.min(hi, piece === start.length ? hi : start[piece]! - 1)
    if (first > end) continue
    lines.push({ start: first, end, slope: slope[piece]!, value: slope[piece]! * first + offset[piece]! + 0 })
  }
  return lines
}

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

function nameOf({ start, slope, offset }: Pieces): string {
  const digest = sha256(JSON.stringify([start, slope, offset].map((values) => Array.from(values))))
  return `lines ${digest.slice(7, 15)} of`
}
