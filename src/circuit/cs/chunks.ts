/**
 * How ranges are met by tables: the chunks that an integer of so many bits is taken apart into, each by one row or two.
 *
 * A chunk of k bits is looked up in the table of all k-bit integers, if there is one. A single bit is a boolean, without a
 * table. A chunk of fewer bits than a table has is looked up twice: as it is, and shifted up until the table's greatest
 * entry is its own. Both are needed: the shifted one alone holds fractions, elements near P / 2^j.
 */
import { type LookupChoice, WIDTHS } from '../../artifacts/lookup-choice.js'
import { InternalError } from '../../base/errors.js'
import { bitLength } from '../../base/integers.js'

export type { LookupChoice }

export type Chunk = {
  readonly bits: number
  /** The width of the table that it is looked up in; none of a boolean. */
  readonly table: number | undefined
}

/** Rows that show a chunk to be in its range. */
export function rowsOf({ bits, table }: Chunk): number {
  return table === undefined || table === bits ? 1 : 2
}

type Plan = { readonly rows: number; readonly chunks: readonly Chunk[] }

const NOTHING: Plan = { rows: 0, chunks: [] }

/** Plans by width, for one choice of tables. */
export class Chunks {
  private readonly exactly: Plan[] = [NOTHING]

  /** `widths`: of the range tables, rising. */
  constructor(private readonly widths: readonly number[]) {
    const { least, most } = WIDTHS
    if (widths.some((width) => !Number.isInteger(width) || width < least || width > most))
      throw new InternalError(`There are no range tables of ${widths.join(', ')} bits.`)
  }

  /** Chunks of exactly so many bits together, least significant first: what proves 0 <= x < 2^bits. */
  exact(bits: number): Plan {
    for (let width = this.exactly.length; width <= bits; width++) this.exactly.push(this.best(width))
    return this.exactly[bits]!
  }

  /** Of so many bits or more: for what is known to be smaller, or must only not be negative. */
  atLeast(bits: number): Plan {
    if (bits === 0) return NOTHING
    let best = this.exact(bits)
    for (const width of this.widths) {
      const lower = this.exact(Math.max(0, bits - width))
      best = cheaper(best, followed(lower, { bits: width, table: width }))
    }
    return best
  }

  private best(bits: number): Plan {
    let best = followed(this.exactly[bits - 1]!, { bits: 1, table: undefined })
    for (const width of this.widths) {
      if (width <= bits)
        best = cheaper(best, followed(this.exactly[bits - width]!, { bits: width, table: width }))
      for (let part = 2; part < Math.min(width, bits + 1); part++)
        best = cheaper(best, followed(this.exactly[bits - part]!, { bits: part, table: width }))
    }
    return best
  }
}

/** Bits of all chunks together. */
export function bitsOf({ chunks }: Plan): number {
  return chunks.reduce((sum, { bits }) => sum + bits, 0)
}

function followed({ rows, chunks }: Plan, chunk: Chunk): Plan {
  return { rows: rows + rowsOf(chunk), chunks: [...chunks, chunk] }
}

function cheaper(a: Plan, b: Plan): Plan {
  return b.rows < a.rows || (b.rows === a.rows && b.chunks.length < a.chunks.length) ? b : a
}

/** What gadgets ask for, counted: what a choice of tables is made by. */
export type Demand = {
  /** By width in bits, of requests for that width exactly, and for that or more. */
  readonly exact: Map<number, number>
  readonly atLeast: Map<number, number>
  /** By size, of intervals that are no power of two long. */
  readonly intervals: Map<number, number>
  /** How often a function's table was weighed. */
  tables: number
}

/** A choice of tables as gadgets use it. */
export class Lookups {
  private readonly chunks: Chunks
  private readonly intervals: ReadonlySet<number>
  readonly entryWorth: number

  constructor(
    private readonly choice: LookupChoice,
    private readonly demand?: Demand,
  ) {
    this.chunks = new Chunks(choice.ranges)
    this.intervals = new Set(choice.intervals)
    this.entryWorth = choice.entryWorth
  }

  /** The same choice, for a form that is only weighed: nothing that it asks for is counted. */
  uncounted(): Lookups {
    return this.demand === undefined ? this : new Lookups(this.choice)
  }

  exact(bits: number): readonly Chunk[] {
    if (this.demand !== undefined) add(this.demand.exact, bits)
    return this.chunks.exact(bits).chunks
  }

  atLeast(bits: number): readonly Chunk[] {
    if (this.demand !== undefined) add(this.demand.atLeast, bits)
    return this.chunks.atLeast(bits).chunks
  }

  /** As `atLeast`, for a part of a request that is counted as a whole. */
  plan(bits: number): readonly Chunk[] {
    return this.chunks.atLeast(bits).chunks
  }

  /** Whether the integers from 0 to size - 1 have a table of their own. */
  hasInterval(size: number): boolean {
    if (this.demand !== undefined) add(this.demand.intervals, size)
    return this.intervals.has(size)
  }

  /** Rows of a request, for gadgets that choose between forms; nothing is asked for. */
  rows(bits: number, kind: 'exact' | 'atLeast' = 'atLeast'): number {
    return this.chunks[kind](bits).rows
  }

  /** Of so many bits or more, the number that costs least. */
  roomy(bits: number): number {
    return bitsOf(this.chunks.atLeast(bits))
  }

  /** Whether a table of so many entries pays for what it saves. */
  pays(entries: number, rowsSaved: number): boolean {
    if (this.demand !== undefined && rowsSaved > 0) this.demand.tables++
    return rowsSaved > this.entryWorth * (entries + 1)
  }
}

function add(counts: Map<number, number>, key: number): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

/** Bits of an interval's greatest integer, and whether these are exactly its integers. */
export function spanBits(size: number): { bits: number; even: boolean } {
  const bits = bitLength(size - 1)
  return { bits, even: size === 2 ** bits }
}
