/** Where a value stands among constants. */
import { bitLength } from '../../base/integers.js'
import type { ConstraintSystem } from '../cs/api.js'
import type { Bounded } from './bounded.js'
import { decompose } from './range.js'

/**
 * Proves: flag j is 1 where x >= thresholds[j], and 0 elsewhere.
 * Assumes: x is an integer in [lo, hi], within +-2^52; thresholds rise strictly and lie in (lo, hi].
 * Cost: about t + 2m + 2 log2 t for t thresholds, m the bits of the widest gap between neighbours; k + 2 for one.
 *
 * A flag is the sum of the indicators from its threshold on.
 */
export function flags<V>(cs: ConstraintSystem<V>, x: Bounded<V>, thresholds: readonly number[]): V[] {
  const indicators = locate(cs, x, thresholds)
  return thresholds.map((_, j) => {
    const from = indicators.slice(j + 1)
    return cs.combine(from, new Array<number>(from.length).fill(1))
  })
}

/**
 * Proves: of the intervals that thresholds cut [lo, hi] into, indicator j is 1 for the one that x is in, the others 0.
 * Assumes and costs: as `flags`.
 *
 * The prover names the interval, as a number of b bits. A tree of products turns it into one indicator for each interval
 * (t - 1 products: a branch without its twin needs none, but the twin's bit is forced), and two range checks show that x
 * is not below the interval's start and not above its end. Intervals do not overlap, so the number is the only one.
 */
export function locate<V>(
  cs: ConstraintSystem<V>,
  { value, lo, hi }: Bounded<V>,
  thresholds: readonly number[],
): V[] {
  if (thresholds.length === 0) return [cs.constant(1)]
  if (thresholds.length === 1) {
    const flag = isAtLeast(cs, value, lo, hi, thresholds[0]!)
    return [cs.combine([flag], [-1], 1), flag]
  }
  const starts = [lo, ...thresholds]
  const ends = [...thresholds, hi + 1].map((end) => end - 1)
  const width = bitLength(thresholds.length)
  const run = cs.choose(
    [value],
    width,
    'rank',
    (x) => thresholds.filter((threshold) => x! >= threshold).length,
  )
  const bits = Array.from({ length: width }, (_, i) => cs.limb(run, i, i + 1))
  const indicators = decode(cs, bits, starts.length)
  const gap = bitLength(Math.max(...starts.map((start, i) => ends[i]! - start)))
  const minus = (weights: readonly number[]) => weights.map((weight) => -weight)
  const above = cs.combine([value, ...indicators], [1, ...minus(starts)])
  const below = cs.combine([value, ...indicators], [-1, ...ends])
  cs.scope('start', undefined, () => decompose(cs, above, [gap], 'rank'))
  cs.scope('end', undefined, () => decompose(cs, below, [gap], 'rank'))
  return indicators
}

function isAtLeast<V>(cs: ConstraintSystem<V>, x: V, lo: number, hi: number, threshold: number): V {
  const k = Math.max(bitLength(hi - threshold), bitLength(threshold - lo - 1))
  const [, sign] = decompose(cs, cs.combine([x], [1], 2 ** k - threshold), [k, 1], 'rank')
  return sign!
}

/**
 * Indicators of 0 <= number < count, for the number of the bits; proves that the number is in that range.
 * From the top bit down: the indicator of a prefix is split by the next bit into its two extensions.
 */
function decode<V>(cs: ConstraintSystem<V>, bits: readonly V[], count: number): V[] {
  let prefixes: V[] = [cs.constant(1)]
  for (let level = bits.length - 1; level >= 0; level--) {
    const bit = bits[level]!
    const next: V[] = []
    const reachable = Math.ceil(count / 2 ** level)
    prefixes.forEach((prefix, at) => {
      const first = prefixes.length === 1
      if (2 * at + 1 >= reachable) {
        cs.assertProduct(prefix, bit, cs.constant(0))
        next.push(prefix)
        return
      }
      const one = first ? bit : cs.scope(`level${level}`, at, () => cs.product(prefix, bit, 'indicator'))
      next.push(cs.combine([prefix, one], [1, -1]), one)
    })
    prefixes = next
  }
  return prefixes
}
