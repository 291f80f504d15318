/**
 * The declared domain of an input: which integers stand for its values, and how wide they may range.
 *
 * The user may declare it in reals. Otherwise it comes from the calibration samples:
 * - values on one even grid of at most 2^bits levels (pixels k/255, k/16, integers, one decimal) keep that grid, and
 *   are represented exactly (a grid off zero, as normalised pixels have it, is met up to one constant of half a step);
 * - other values are divided evenly into 2^bits levels, over their range widened by 10 % of it at each side; the features
 *   of a table, by half of it, into 2^(bits + 1);
 * - integers and flags keep steps of one whatever the samples are, and those of 8 bits the whole range of their type;
 * - one scale serves the whole tensor, unless its features differ much in range: then each has its own.
 *
 * No widening crosses zero. A grid of 1/n inside 0 to 1 becomes all of 0 to 1, and bytes stay bytes.
 */

import { log2 } from '../base/elementary.js'
import { BaseError } from '../base/errors.js'
import { bitLength } from '../base/integers.js'
import { type Shape, sizeOf } from '../base/tensor.js'
import type { Port } from '../model/graph.js'
import { at, type Scale } from '../model/quantized.js'
import { extremes, findGrid, type Grid } from './grid.js'

export type Domain = {
  readonly scale: Scale
  /** Integers, one for all elements or one each. */
  readonly lo: Float64Array
  readonly hi: Float64Array
}

/** In reals: one pair for the whole input, or one an element. */
export type DeclaredDomain = {
  readonly lo: number | readonly number[]
  readonly hi: number | readonly number[]
}

/** The widening at each side, in parts of the range. */
const MARGIN = 0.1

/** Of a table's features, which have no natural ends and few samples; and the bits that this costs. */
const TABLE_MARGIN = 0.5
const TABLE_BITS = 1

/** Features have scales of their own when the widest range is more than this many times the tenth percentile. */
const SIMILAR = 4

/** Fewer different values than this lie on some grid by chance, unless they recur. */
const FEW = 5

type Level = { readonly scale: number; readonly lo: number; readonly hi: number }

/** `samples` holds this one input's values, an array a sample. Throws `DomainError` for a declaration without sense. */
export function domainOf(
  input: { readonly name: string; readonly shape: Shape; readonly whole?: Port['whole'] },
  samples: readonly Float64Array[],
  bits: number,
  declared?: DeclaredDomain,
  margin = MARGIN,
): Domain {
  const size = sizeOf(input.shape)
  if (declared !== undefined) return declaredDomain(input, size, samples, bits, declared)
  if (input.whole !== undefined) return wholeDomain(input.shape, input.whole, samples, bits, margin)
  const shared = gridOf(samples, undefined, bits)
  if (shared !== undefined) return joinLevels([fromGrid(shared, bits, true, margin)])
  const spans = spansOf(samples, size)
  const isTable = input.shape.length <= 2 && margin < TABLE_MARGIN
  const wide = isTable ? { margin: TABLE_MARGIN, bits: bits + TABLE_BITS } : { margin, bits }
  if (!differ(input.shape, spans))
    return joinLevels([evenly(...widened(rangeOf(samples), wide.margin), wide.bits)])
  return joinLevels(Array.from({ length: size }, (_, element) => featureLevel(samples, element, bits, wide)))
}

/**
 * The same domain in steps of a power of two, of which it has at least 2^bits: whole numbers and halves are met exactly,
 * which is what roundings turn on.
 */
export function inPowersOfTwo({ scale, lo, hi }: Domain, bits: number): Domain {
  const widest = lo.reduce((most, least, i) => Math.max(most, (at(hi, i) - least) * at(scale, i)), 0)
  const step = 2 ** Math.floor(log2((widest || 1) / 2 ** bits))
  // a step off this grid stood for reals half of it to each side, which the finer steps must hold as well
  const half = (i: number) => (Number.isInteger(at(scale, i) / step) ? 0 : 0.5)
  return {
    scale: Float64Array.of(step),
    lo: lo.map((least, i) => Math.floor(((least - half(i)) * at(scale, i)) / step) + 0),
    hi: hi.map((most, i) => Math.ceil(((most + half(i)) * at(scale, i)) / step) + 0),
  }
}

/** Integers of this many values, as bytes and flags are, are all declared. */
const SMALL_TYPE = 256

function wholeDomain(
  shape: Shape,
  { lo, hi }: { readonly lo: number; readonly hi: number },
  samples: readonly Float64Array[],
  bits: number,
  margin: number,
): Domain {
  const size = sizeOf(shape)
  if (hi - lo < SMALL_TYPE) return joinLevels([{ scale: 1, lo, hi }])
  const level = (values: readonly Float64Array[], isTensor: boolean): Level => {
    const seen = rangeOf(values)
    const span = seen.hi - seen.lo
    const wide = fromGrid(
      { step: 1, span, least: seen.lo },
      Math.max(bits, bitLength(span)),
      isTensor,
      margin,
    )
    return { scale: 1, lo: Math.max(wide.lo, lo), hi: Math.min(wide.hi, hi) }
  }
  if (!differ(shape, spansOf(samples, size))) return joinLevels([level(samples, true)])
  const column = (element: number) => samples.map((sample) => sample.subarray(element, element + 1))
  return joinLevels(Array.from({ length: size }, (_, element) => level(column(element), false)))
}

function featureLevel(
  samples: readonly Float64Array[],
  element: number,
  bits: number,
  wide: { readonly margin: number; readonly bits: number },
): Level {
  const column = Float64Array.from(samples, (sample) => sample[element]!)
  const grid = gridOf([column], undefined, bits)
  if (grid !== undefined) return fromGrid(grid, wide.bits, false, wide.margin)
  const { least, greatest } = extremes(column)
  if (least < greatest) return evenly(...widened({ lo: least, hi: greatest }, wide.margin), wide.bits)
  // never seen to vary: a flag that was always off or on keeps both states, anything else its one value
  if (least === 0 || least === 1) return { scale: 1, lo: 0, hi: 1 }
  return { scale: Math.abs(least), lo: Math.sign(least), hi: Math.sign(least) }
}

function declaredDomain(
  { name, whole }: { readonly name: string; readonly whole?: Port['whole'] },
  size: number,
  samples: readonly Float64Array[],
  bits: number,
  declared: DeclaredDomain,
): Domain {
  const { lo, hi } = endsOf(name, size, declared)
  const each = Math.max(lo.length, hi.length)
  const levels = Array.from({ length: each }, (_, element) => {
    const [from, to] = [at(lo, element), at(hi, element)]
    if (whole !== undefined) return { scale: 1, lo: Math.ceil(from), hi: Math.floor(to) }
    const grid = gridOf(samples, each > 1 ? element : undefined, bits)
    return grid !== undefined && (to - from) / grid.step < 2 ** bits
      ? onGrid(grid.step, from, to)
      : evenly(from, to, bits)
  })
  return joinLevels(levels)
}

/** The ends of a declared domain, one for all elements or one each. Throws `DomainError`. */
export function endsOf(
  name: string,
  size: number,
  declared: DeclaredDomain,
): { lo: Float64Array; hi: Float64Array } {
  const [lo, hi] = [asArray(declared.lo), asArray(declared.hi)]
  const each = Math.max(lo.length, hi.length)
  for (const ends of [lo, hi]) {
    if (ends.length !== 1 && ends.length !== size)
      throw new DomainError(name, `${ends.length} bounds for ${size} values`)
  }
  for (let element = 0; element < each; element++) {
    const [from, to] = [at(lo, element), at(hi, element)]
    if (Number.isFinite(from) && Number.isFinite(to) && from < to) continue
    throw new DomainError(name, `from ${from} to ${to}${each > 1 ? ` at element ${element}` : ''}`)
  }
  return { lo, hi }
}

type SeenGrid = Grid & { readonly least: number }

/** The grid of one element's values, or of all of them; undefined where there is none to trust. */
export function gridOf(
  samples: readonly Float64Array[],
  element: number | undefined,
  bits: number,
): SeenGrid | undefined {
  const levels = 2 ** bits
  const seen = new Set<number>()
  let count = 0
  for (const sample of samples) {
    const part = element === undefined ? sample : sample.subarray(element, element + 1)
    for (const value of part) seen.add(value)
    count += part.length
    // one level may have several neighbours in float32, but not many
    if (seen.size > 4 * levels) return undefined
  }
  if (seen.size < FEW && count < 4 * seen.size) return undefined
  const values = Float64Array.from(seen)
  const grid = findGrid(values, levels)
  return grid === undefined ? undefined : { ...grid, least: extremes(values).least }
}

function fromGrid({ step, span, least }: SeenGrid, bits: number, wholeTensor: boolean, share: number): Level {
  const lo = Math.round(least / step)
  const hi = lo + span
  const unit = Math.round(1 / step)
  if (step === 1 / unit && lo >= 0 && hi <= unit) return { scale: step, lo: 0, hi: unit }
  if (wholeTensor && isRound(lo, span, step)) return { scale: step, lo, hi }
  return { scale: step, ...roomAround(lo, hi, bits, share) }
}

/**
 * The integers seen and a margin around them. All of so many bits, since a range check of fewer costs more; no more bits
 * than asked for, for what is only margin; and none on the other side of zero.
 */
function roomAround(lo: number, hi: number, bits: number, share: number): { lo: number; hi: number } {
  const span = hi - lo
  const wanted = bitLength(Math.ceil(span * (1 + 2 * share)))
  const spare = Math.max(0, 2 ** Math.min(wanted, Math.max(bits, bitLength(span))) - 1 - span)
  if (lo < 0 && hi > 0) return { lo: lo - Math.floor(spare / 2), hi: hi + Math.ceil(spare / 2) }
  if (hi <= 0) {
    const above = Math.min(Math.ceil(spare / 2), -hi)
    return { lo: lo - (spare - above), hi: hi + above }
  }
  const below = Math.min(Math.floor(spare / 2), lo)
  return { lo: lo - below, hi: hi + (spare - below) }
}

/** Whether a range is one that people choose (bytes, integers up to 16), not one that the samples happen to have. */
function isRound(lo: number, span: number, step: number): boolean {
  return span === 255 || (lo === 0 && step === 1 && Number.isInteger(log2(span)))
}

function onGrid(step: number, from: number, to: number): Level {
  return { scale: step, lo: Math.round(from / step), hi: Math.round(to / step) }
}

/** 2^bits levels from one end to the other. Rounding keeps every value between the ends inside. */
function evenly(from: number, to: number, bits: number): Level {
  const steps = 2 ** bits - 1
  const scale = from < to ? (to - from) / steps : Math.abs(from) || 1
  const lo = Math.round(from / scale)
  return { scale, lo, hi: from < to ? lo + steps : lo }
}

function widened({ lo, hi }: { lo: number; hi: number }, share: number): [number, number] {
  const margin = share * (hi - lo)
  return [lo >= 0 ? Math.max(0, lo - margin) : lo - margin, hi <= 0 ? Math.min(0, hi + margin) : hi + margin]
}

/** Images, and whatever else has axes, share a scale; a vector's features need not. */
function differ(shape: Shape, spans: Float64Array): boolean {
  if (shape.length > 2) return false
  const varying = spans.filter((span) => span > 0).sort()
  return varying.length > 0 && varying.at(-1)! > SIMILAR * varying[Math.floor(0.1 * (varying.length - 1))]!
}

function spansOf(samples: readonly Float64Array[], size: number): Float64Array {
  const least = new Float64Array(size).fill(Infinity)
  const greatest = new Float64Array(size).fill(-Infinity)
  for (const sample of samples) {
    for (let element = 0; element < size; element++) {
      least[element] = Math.min(least[element]!, sample[element]!)
      greatest[element] = Math.max(greatest[element]!, sample[element]!)
    }
  }
  return greatest.map((value, element) => value - least[element]!)
}

function rangeOf(samples: readonly Float64Array[]): { lo: number; hi: number } {
  let [lo, hi] = [Infinity, -Infinity]
  for (const sample of samples) {
    const { least, greatest } = extremes(sample)
    lo = Math.min(lo, least)
    hi = Math.max(hi, greatest)
  }
  return { lo, hi }
}

export function joinLevels(levels: readonly Level[]): Domain {
  return {
    scale: Float64Array.from(levels, (level) => level.scale),
    lo: Float64Array.from(levels, (level) => level.lo),
    hi: Float64Array.from(levels, (level) => level.hi),
  }
}

function asArray(bound: number | readonly number[]): Float64Array {
  return typeof bound === 'number' ? Float64Array.of(bound) : Float64Array.from(bound)
}

export class DomainError extends BaseError {
  override name = 'Quantize.DomainError'
  constructor(
    readonly input: string,
    readonly problem: string,
  ) {
    super(`The declared domain of input "${input}" makes no sense: ${problem}.`, {
      hint: 'give two finite numbers, the lower one first, for the whole input or for each of its values',
    })
  }
}
