/** Where sums and products of whole numbers lie: as narrow as the hulls of their inputs say, so that tables can be read. */
import type { Linear } from '../model/ops/linear.js'
import type { Value } from './builder.js'
import { type ElementType, type Range, rangeOf } from './elements.js'

/** Integers up to here are exact in float32. */
const FLOAT_WHOLE = 2 ** 24

/** Undefined where something may be no whole number; what may leave the type wraps around in it, and can be anything. */
export function rangeOfSums(
  inputs: readonly Value[],
  { rowStart, column, weight, weights, bias }: Omit<Linear, 'kind'>,
  type: ElementType,
): Range | undefined {
  const spans = spansOf(inputs)
  if (spans === undefined || !weights.every(Number.isInteger) || !bias.every(Number.isInteger)) {
    return rangeOf(type)
  }
  let [lo, hi] = [Infinity, -Infinity]
  for (let row = 0; row < bias.length; row++) {
    let [least, greatest] = [bias[row]!, bias[row]!]
    for (let entry = rowStart[row]!; entry < rowStart[row + 1]!; entry++) {
      const [factor, span] = [weights[weight[entry]!]!, spans(column[entry]!)]
      least += Math.min(factor * span.lo, factor * span.hi)
      greatest += Math.max(factor * span.lo, factor * span.hi)
    }
    lo = Math.min(lo, least)
    hi = Math.max(hi, greatest)
  }
  return within({ lo, hi }, type)
}

/** Of any two elements of the inputs. */
export function rangeOfProducts(inputs: readonly Value[], type: ElementType): Range | undefined {
  if (spansOf(inputs) === undefined) return rangeOf(type)
  const ends = inputs.flatMap(({ range }) => [range!.lo, range!.hi])
  const [lo, hi] = [Math.min(...ends), Math.max(...ends)]
  const corners = [lo * lo, lo * hi, hi * hi]
  return within({ lo: Math.min(...corners), hi: Math.max(...corners) }, type)
}

/** The range of each element of the inputs end to end. */
function spansOf(inputs: readonly Value[]): ((element: number) => Range) | undefined {
  if (!inputs.every(({ range }) => range !== undefined)) return undefined
  const ends: number[] = []
  for (const { shape } of inputs)
    ends.push((ends.at(-1) ?? 0) + shape.reduce((size, extent) => size * extent, 1))
  return (element) => inputs[ends.findIndex((end) => element < end)]!.range!
}

function within(range: Range, type: ElementType): Range | undefined {
  const room = rangeOf(type) ?? { lo: -FLOAT_WHOLE, hi: FLOAT_WHOLE }
  return range.lo >= room.lo && range.hi <= room.hi ? range : rangeOf(type)
}
