/** A broken line: the piece that a value is on, and the value of its line. */
import type { ConstraintSystem } from '../cs/api.js'
import type { Bounded } from './bounded.js'
import { locate } from './rank.js'

export type Pieces = {
  /** Where each piece but the first begins; rise strictly. */
  readonly start: ArrayLike<number>
  readonly slope: ArrayLike<number>
  readonly offset: ArrayLike<number>
}

/**
 * Proves: y = slope[j] * x + offset[j] on the piece that x is on.
 * Assumes: x is an integer in [lo, hi], within +-2^52; so is every y.
 * Cost: that of locating x among the starts in (lo, hi], and 1 for the product unless all slopes are equal.
 *
 * The indicators of the pieces are 1 for one and 0 for the others, so that the sums of slopes and of offsets that they
 * weigh are those of the one piece.
 */
export function piecewise<V>(cs: ConstraintSystem<V>, x: Bounded<V>, pieces: Pieces): V {
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
