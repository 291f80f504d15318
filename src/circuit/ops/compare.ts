import type { Interval } from '../../model/interval.js'
import type { Compare } from '../../model/ops/compare.js'
import type { ConstraintSystem } from '../cs/api.js'
import { flags, rank } from '../gadgets/rank.js'
import { bounded, joinWired, type Wired } from './wired.js'

/** Each element is ranked once among all of its thresholds that its bounds do not decide. */
export function constrain<V>(cs: ConstraintSystem<V>, op: Compare, inputs: readonly Wired<V>[]): V[] {
  const joined = joinWired(inputs)
  const results = new Array<V>(op.element.length)
  for (const [element, places] of byElement(op)) {
    const x = bounded(joined, element)
    const open = new Map<number, number[]>()
    for (const place of places) {
      const threshold = op.threshold[place]!
      if (isOpen(threshold, x)) open.set(threshold, [...(open.get(threshold) ?? []), place])
      else results[place] = cs.constant(x.lo >= threshold ? 1 : 0)
    }
    if (open.size === 0) continue
    const thresholds = [...open.keys()].sort((a, b) => a - b)
    const gadget = joined.unproven?.[element] ? rank : flags
    const ranked = cs.scope('rank', element, () => gadget(cs, x, thresholds))
    thresholds.forEach((threshold, j) => {
      for (const place of open.get(threshold)!) results[place] = ranked[j]!
    })
  }
  return results
}

/** By element of the joined inputs: whether some threshold is not decided by the bounds, so that the element is ranked. */
export function ranks({ element, threshold }: Compare, { lo, hi }: Interval): boolean[] {
  const result = Array.from(lo, () => false)
  for (const [place, at] of element.entries()) {
    if (isOpen(threshold[place]!, { lo: lo[at]!, hi: hi[at]! })) result[at] = true
  }
  return result
}

function isOpen(threshold: number, { lo, hi }: { readonly lo: number; readonly hi: number }): boolean {
  return lo < threshold && threshold <= hi
}

function byElement({ element }: Compare): Map<number, number[]> {
  const places = new Map<number, number[]>()
  for (const [place, one] of element.entries()) places.set(one, [...(places.get(one) ?? []), place])
  return places
}
