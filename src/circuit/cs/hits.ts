/** How often each entry of a table is looked up, while a witness grows. */
import { type Felt, normal } from './felt.js'
import type { Table } from './tables.js'

export class Hits {
  readonly counts: Float64Array
  /** Values that are no entries: a prover who lies may have some. */
  misses = 0
  private readonly places: Map<number, number> | undefined

  constructor(table: Table) {
    const entries = table.entries()
    this.counts = new Float64Array(entries.length)
    if (entries.some((entry, i) => entry !== i))
      this.places = new Map(Array.from(entries, (entry, i) => [entry, i]))
  }

  add(value: Felt): void {
    const place = this.placeOf(typeof value === 'number' ? value : normal(value))
    if (place === undefined) this.misses++
    else this.counts[place]!++
  }

  private placeOf(value: Felt): number | undefined {
    if (typeof value !== 'number') return undefined
    if (this.places !== undefined) return this.places.get(value)
    return value >= 0 && value < this.counts.length ? value : undefined
  }
}
