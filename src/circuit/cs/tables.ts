/**
 * Tables of a circuit with lookups: integers known when the circuit is written, no two of one table alike.
 */
import { InternalError } from '../../base/errors.js'

export type Table = {
  /** For people, and what two requests for the same table have in common. */
  readonly name: string
  readonly size: number
  /** Made once, where a table is written down or read. */
  readonly entries: () => Float64Array
}

/** 0 to 2^bits - 1. */
export function rangeTable(bits: number): Table {
  ranges[bits] ??= upTo(`range ${bits}`, 2 ** bits)
  return ranges[bits]
}

/** 0 to size - 1. */
export function intervalTable(size: number): Table {
  return upTo(`interval ${size}`, size)
}

const ranges: Table[] = []

function upTo(name: string, size: number): Table {
  return { name, size, entries: () => Float64Array.from({ length: size }, (_, i) => i) }
}

/** The tables in use, in the order of their first use. */
export class Tables {
  readonly list: Table[] = []
  private readonly ids = new Map<string, number>()
  /** Tables that were found to have the entries of the one in the list. */
  private readonly same = new WeakSet<Table>()

  /** The number of a table. Throws `InternalError` where another one has its name. */
  idOf(table: Table): number {
    const known = this.ids.get(table.name)
    if (known === undefined) {
      this.ids.set(table.name, this.list.length)
      return this.list.push(table) - 1
    }
    const first = this.list[known]!
    if (first === table || this.same.has(table)) return known
    const [own, other] = [first.entries(), table.entries()]
    if (own.length !== other.length || own.some((entry, i) => entry !== other[i]))
      throw new InternalError(`Two tables are called "${table.name}".`)
    this.same.add(table)
    return known
  }
}
