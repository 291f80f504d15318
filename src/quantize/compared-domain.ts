/**
 * The domain of an input that nothing but comparisons reads: each feature on the coarsest grid that keeps its thresholds.
 *
 * Integers k, k + 1, ... stand for reals from (k - 1/2) * scale on, so a threshold is met where (k - 1/2) * scale is near
 * it for some k. A feature pays twice for each bit of its grid, and for no bit that its thresholds do not need: one alone
 * is met by a grid of a few levels, several by one whose scale suits all of them. Near means: no value seen in
 * calibration, nor any other on the grid that the values are on, lies between; and where they are on none, nearer than a
 * small part of the values' range.
 */
import { at } from '../model/quantized.js'
import { type Domain, gridOf, joinLevels } from './domain.js'
import { extremes } from './grid.js'
import { integerThreshold, type Threshold } from './lower-compare.js'

/** A threshold may move by this part of the values' range. */
const TOLERANCE = 2 ** -13

/** A grid's boundary keeps this part of the way it may move from either end, so that no rounding puts it beyond. */
const INSIDE = 1 / 64

type Way = { readonly from: number; readonly to: number }
type Feature = {
  readonly thresholds: readonly Threshold[]
  /** One a threshold. */
  readonly ways: readonly Way[]
  /** Where boundaries are tried: as near to the thresholds as may be, and where no value can be also at the ends of their ways. */
  readonly targets: readonly number[]
}

/**
 * `thresholds` has those of each element; `fallback` is the domain at full width, whose ends are kept (up to a step of
 * the coarser grid), and whose grid is, where none suits an element better.
 */
export function comparedDomain(
  samples: readonly Float64Array[],
  thresholds: readonly (readonly Threshold[])[],
  fallback: Domain,
): Domain {
  return joinLevels(
    thresholds.map((own, element) => {
      const [scale, lo, hi] = [fallback.scale, fallback.lo, fallback.hi].map((values) => at(values, element))
      const [from, to] = [lo! * scale!, hi! * scale!]
      const column = Float64Array.from(samples, (sample) => sample[element]!)
      const feature = featureOf(
        own.filter(({ value }) => from < value && value <= to),
        column,
      )
      const coarse = coarsestScale(feature, from, to, scale!)
      return coarse === undefined
        ? { scale: scale!, lo: lo!, hi: hi! }
        : { scale: coarse, lo: Math.round(from / coarse) + 0, hi: Math.round(to / coarse) + 0 }
    }),
  )
}

/** How far the boundary of each threshold may lie from it. */
function featureOf(thresholds: readonly Threshold[], column: Float64Array): Feature {
  const { least, greatest } = extremes(column)
  const grid = gridOf([column], undefined, MOST_BITS)
  const reach = TOLERANCE * (greatest - least)
  const ways = thresholds.map(({ value: threshold, lean }): Way => {
    // data on a threshold must be on its side, whether it was seen or not
    const near = {
      from: threshold - (lean === 'below' ? 0 : reach),
      to: threshold + (lean === 'above' ? 0 : reach),
    }
    let { from, to } = (grid && between(grid, threshold)) ?? near
    for (const value of column) {
      if (value < threshold) from = Math.max(from, value)
      else to = Math.min(to, value)
    }
    return inside(from, to)
  })
  const ends = grid === undefined ? [] : ways.flatMap((way) => [way.from, way.to])
  const nearest = thresholds.map(({ value }, i) => Math.min(Math.max(value, ways[i]!.from), ways[i]!.to))
  return { thresholds, ways, targets: [...nearest, ...ends] }
}

/** Finer grids than this cannot be told from the noise of float32. */
const MOST_BITS = 12

/** Of a step: a threshold this near to a value of the grid may be meant to be on either side of it. */
const NEARLY = 1e-3

/** The values of a grid next to a threshold; undefined where it stands on one. */
function between({ least, step }: { least: number; step: number }, threshold: number): Way | undefined {
  const place = (threshold - least) / step
  if (Math.abs(place - Math.round(place)) < NEARLY) return undefined
  return { from: least + Math.floor(place) * step, to: least + Math.ceil(place) * step }
}

function inside(from: number, to: number): Way {
  const edge = INSIDE * (to - from)
  return { from: from + edge, to: to - edge }
}

/** More tries than this find nothing that is worth them. */
const MOST_TRIES = 2 ** 16

/**
 * The coarsest scale that meets all thresholds, of those with a boundary at a target; undefined where `finest` is no
 * finer.
 */
function coarsestScale(feature: Feature, from: number, to: number, finest: number): number | undefined {
  if (feature.thresholds.length === 0) return ONE_LEVEL * Math.max(Math.abs(from), Math.abs(to))
  for (let most = 4 * (to - from); most > 2 * finest; most /= 2) {
    const scales = feature.targets.flatMap((target) => scalesThrough(target, most / 2, most))
    if (scales.length > MOST_TRIES) return undefined
    const found = scales.sort((a, b) => b - a).find((scale) => meets(feature, scale))
    if (found !== undefined) return found
  }
  return undefined
}

/** All of a domain within half of this rounds to zero. */
const ONE_LEVEL = 2.001

/** The scales of (least, most] with a boundary at the threshold: threshold / (k - 1/2). */
function scalesThrough(threshold: number, least: number, most: number): number[] {
  const size = Math.abs(threshold)
  const first = Math.max(0, Math.ceil(size / most - 0.5))
  const count = Math.min(MOST_TRIES + 1, Math.max(0, Math.ceil(size / least - 0.5) - first))
  return Array.from({ length: count }, (_, i) => size / (first + i + 0.5))
}

function meets({ thresholds, ways }: Feature, scale: number): boolean {
  return thresholds.every(({ value, lean }, i) => {
    const boundary = (integerThreshold(value / scale, lean) - 0.5) * scale
    return ways[i]!.from <= boundary && boundary <= ways[i]!.to
  })
}
