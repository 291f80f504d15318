/** What a node did, counted from what it tells. */
import type { Hex } from '../../chain/types.js'
import type { Summary, WatchEvent } from './events.js'

export type Tally = Summary

/** A reorganisation takes back what was counted: so things are kept by what they are of. */
export function tally(): { add(event: WatchEvent): void; sum(underWay: number): Tally } {
  const paid = new Map<Hex, { cost: bigint; value: bigint }>()
  const overtaken = new Set<Hex>()
  const skipped = new Set<Hex>()
  return {
    add(event) {
      switch (event.kind) {
        case 'fulfilled':
          paid.set(event.transaction, event)
          break
        case 'reverted':
          overtaken.add(event.request)
          paid.set(event.transaction, { cost: event.cost, value: 0n })
          break
        case 'cancelled':
        case 'collected':
          paid.set(event.transaction, { cost: event.cost, value: 0n })
          break
        case 'unmined':
          paid.delete(event.transaction)
          break
        case 'overtaken':
          overtaken.add(event.request)
          break
        case 'skipped':
          skipped.add(event.request)
          break
        case 'proving':
          skipped.delete(event.request)
          break
      }
    },
    sum(underWay) {
      const entries = [...paid.values()]
      return {
        fulfilled: entries.filter(({ value }) => value > 0n).length,
        ...{ overtaken: overtaken.size, skipped: skipped.size, underWay },
        earned: entries.reduce((sum, { value }) => sum + value, 0n),
        spent: entries.reduce((sum, { cost }) => sum + cost, 0n),
      }
    },
  }
}
