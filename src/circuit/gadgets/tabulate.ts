/** A function of one integer as one table: what circuits with lookups compute anything by. */
import { InternalError } from '../../base/errors.js'
import { bitLength } from '../../base/integers.js'
import type { ConstraintSystem, HintName } from '../cs/api.js'
import type { Lookups } from '../cs/chunks.js'
import type { Table } from '../cs/tables.js'
import type { Bounded } from './bounded.js'
import { named } from './range.js'

export type Tabulated = {
  readonly table: Table
  /** The integers that it is a function of, both ends included. */
  readonly lo: number
  readonly hi: number
  /** Its least value, and the bits of what is above that. */
  readonly least: number
  readonly bits: number
  /** What values are multiplied by in an entry: (x - lo) + factor * (f(x) - least). */
  readonly factor: number
  readonly at: (x: number) => number
}

/** More integers than any table is worth. */
const MOST_ENTRIES = 2 ** 16

/** Undefined where entries would not be exact, or be too many. `name` tells functions apart, whatever they are asked for. */
export function tabulate(
  name: string,
  lo: number,
  hi: number,
  f: (x: number) => number,
): Tabulated | undefined {
  const size = hi - lo + 1
  if (size > MOST_ENTRIES) return undefined
  const values = Float64Array.from({ length: size }, (_, t) => f(lo + t))
  const least = values.reduce((found, value) => Math.min(found, value), Infinity)
  const most = values.reduce((found, value) => Math.max(found, value), -Infinity)
  const bits = bitLength(most - least)
  // one above the size: what is looked up may be a fraction that is short of an integer by less than one
  const factor = 2 ** bitLength(size)
  if (bits + bitLength(size) > 52) return undefined
  const entries = () => values.map((value, t) => t + factor * (value - least))
  const table = { name: `${name} ${lo}..${hi}`, size, entries }
  return { table, lo, hi, least, bits, factor, at: (x) => values[x - lo]! }
}

/** Rows of looking one value up. */
export function tabulatedRows(lookups: Lookups, { bits }: Tabulated): number {
  return 1 + lookups.rows(bits)
}

/**
 * Proves: y = f(x), and that x is an integer.
 * Assumes: 2^s * x is an integer for some s, and x is above lo - 1 and below hi + 1 of what bounds it; P is far above
 * 2^s times all of an entry.
 * Cost, with lookups: 1, and the rows of the bits of f's range.
 *
 * The prover names y. Where (x - lo) + F * (y - least) = t + F * (f(t) - least) for an entry t, then 2^s (x - lo - t) =
 * 2^s F (f(t) - y), in integers, since y's range check bounds all of it. The left side is below 2^s F in magnitude, so both
 * are 0. Without that range check y could be f(t) + d / F, an element near nothing; with a smaller F two pairs could meet.
 * So F must be above what bounds x statically, not what samples showed.
 */
export function lookUp<V>(
  cs: ConstraintSystem<V>,
  x: Bounded<V>,
  { table, lo, hi, least, bits, factor, at }: Tabulated,
  hint: HintName,
): V {
  if (x.lo < lo || x.hi > hi || factor <= hi - lo + 1)
    throw new InternalError(`Table "${table.name}" does not hold ${x.lo} to ${x.hi}.`)
  const above = named(cs, [x.value], bits, hint, (value) => at(value) - least)
  cs.lookup(table, cs.combine([x.value, above], [1, factor], -lo))
  return cs.combine([above], [1], least)
}
