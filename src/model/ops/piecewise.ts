/**
 * A broken line, elementwise: y = slope[j] * x + offset[j] on piece j, the number of `start`s that x has reached.
 *
 * What functions of one variable become in integers. The pieces need not meet.
 */
import { EXACT_LIMIT } from '../../base/integers.js'
import type { Interval } from '../interval.js'

export type Piecewise = {
  readonly kind: 'piecewise'
  /** Where each piece but the first begins; rises strictly. */
  readonly start: Float64Array
  readonly slope: Float64Array
  readonly offset: Float64Array
}

export function run(op: Piecewise, inputs: readonly Float64Array[]): Float64Array {
  return inputs[0]!.map((x) => {
    const piece = pieceOf(op.start, x)
    // adding zero turns -0, which is no integer of the field, into 0
    return op.slope[piece]! * x + op.offset[piece]! + 0
  })
}

/** How many of the rising numbers x has reached. */
function pieceOf(start: Float64Array, x: number): number {
  let [least, most] = [0, start.length]
  while (least < most) {
    const middle = (least + most) >> 1
    if (x >= start[middle]!) least = middle + 1
    else most = middle
  }
  return least
}

/** Exact: a line is extreme at the ends of its piece. A product beyond float64's integers is given out as the bound. */
export function bound(op: Piecewise, inputs: readonly Interval[]): Interval {
  const { lo, hi } = inputs[0]!
  const result = { lo: new Float64Array(lo.length), hi: new Float64Array(lo.length) }
  for (let i = 0; i < lo.length; i++) {
    const { least, greatest } = rangeOn(op, lo[i]!, hi[i]!)
    result.lo[i] = least
    result.hi[i] = greatest
  }
  return result
}

function rangeOn({ start, slope, offset }: Piecewise, lo: number, hi: number) {
  let [least, greatest] = [Infinity, -Infinity]
  for (let piece = pieceOf(start, lo); piece <= pieceOf(start, hi); piece++) {
    const from = piece === 0 ? lo : Math.max(lo, start[piece - 1]!)
    const to = piece === start.length ? hi : Math.min(hi, start[piece]! - 1)
    for (const x of [from, to]) {
      const term = slope[piece]! * x
      const y = term + offset[piece]! + 0
      least = Math.min(least, y)
      greatest = Math.max(greatest, y, Math.abs(term) > EXACT_LIMIT ? Math.abs(term) : y)
    }
  }
  return { least, greatest }
}
