import type { Compare } from '../../model/ops/compare.js'
import type { ConstraintSystem } from '../cs/api.js'
import { flags } from '../gadgets/rank.js'
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
      if (x.lo >= threshold) results[place] = cs.constant(1)
      else if (x.hi < threshold) results[place] = cs.constant(0)
      else open.set(threshold, [...(open.get(threshold) ?? []), place])
    }
    if (open.size === 0) continue
    const thresholds = [...open.keys()].sort((a, b) => a - b)
    const ranked = cs.scope('rank', element, () => flags(cs, x, thresholds))
    thresholds.forEach((threshold, j) => {
      for (const place of open.get(threshold)!) results[place] = ranked[j]!
    })
  }
  return results
}

function byElement({ element }: Compare): Map<number, number[]> {
  const places = new Map<number, number[]>()
  for (const [place, one] of element.entries()) places.set(one, [...(places.get(one) ?? []), place])
  return places
}
