/**
 * The cheapest bits that meet a target, found by trying: quantize, count, measure.
 *
 * 1. One width for all layers, from the usual one downwards while the target is met, or upwards until it is.
 *    Then scales for channels, which take noise away from some nets and add some to others.
 * 2. Each layer's share. A bit less of layer k saves c constraints and multiplies by 4 the part v of the output's noise
 *    that comes from it. Of all ways to the same noise the cheapest has c = lambda v 4^d for each layer, d its bits less
 *    (the water-filling of rate-distortion theory): so d = (log4(c / v) + s), rounded, with one s for all.
 * 3. From the cheapest that meets the target, single bits are taken off while it does, the dearest first.
 *
 * Pure and without a clock: the same answers of `evaluate` give the same trials in the same order.
 */
import { log2 } from '../base/elementary.js'
import type { Adjustment, Bits } from './scheme.js'

/** One width that may be chosen on its own. */
export type Knob = { readonly layer: string; readonly what: keyof Adjustment }

export type Trial = {
  readonly bits: Bits
  readonly constraints: number
  /** How many times the target is missed: up to 1 is within. */
  readonly miss: number
  /** Mean square of the output's errors, in a unit that all trials share; undefined where nothing can be said. */
  readonly noise: number | undefined
}

export type Space = {
  readonly start: Bits
  readonly knobs: readonly Knob[]
  /** Whether the samples suffice to justify fewer bits than the usual ones. */
  readonly mayNarrow: boolean
  /** The most trials. */
  readonly trials: number
}

/** Undefined for bits with which there is no model (values pass 2^52). */
export type Evaluate<T extends Trial> = (bits: Bits) => T | undefined

const NARROWEST = 3
const WIDER = [9, 10, 11, 12, 14, 16]
/** Rounding makes single trials unlucky: the walk ends at the second miss in a row. */
const PATIENCE = 2
/** A layer may have so many bits less, or more, than the others. */
const REACH = 4
/** Scales for channels must leave less than this part of the noise. */
const QUIETER = 0.8
/** Layers that cost less than this part of the circuit, a bit, are not worth a trial. */
const WORTH = 0.002

/** Every trial, in the order in which they were made. */
export function search<T extends Trial>(evaluate: Evaluate<T>, space: Space): T[] {
  const seen = new Map<string, T | undefined>()
  const attempt = (bits: Bits): T | undefined => {
    const key = JSON.stringify(bits)
    if (!seen.has(key) && seen.size < space.trials) seen.set(key, evaluate(bits))
    return seen.get(key)
  }
  const plain = ladder(attempt, space)
  if (plain !== undefined && space.mayNarrow) {
    const base = withChannels(attempt, plain)
    const priced = priceKnobs(attempt, base, space.knobs)
    balance(attempt, base, priced)
    refine(attempt, cheapest(trialsOf(seen)) ?? base, priced)
  }
  return trialsOf(seen)
}

/** Savings below this part of the circuit are not worth any faithfulness. */
const EQUAL = 0.01

/** The cheapest trial within the target; of those that cost as good as the same, the most faithful. */
export function cheapest<T extends Trial>(trials: readonly T[]): T | undefined {
  const within = trials.filter(({ miss }) => miss <= 1)
  const least = within.reduce((cost, { constraints }) => Math.min(cost, constraints), Infinity)
  return within.filter(({ constraints }) => constraints <= (1 + EQUAL) * least).toSorted(byFaith)[0]
}

/** The trial that misses the target least; of equal ones the cheapest. */
export function nearest<T extends Trial>(trials: readonly T[]): T | undefined {
  return trials.toSorted((a, b) => a.miss - b.miss || byCost(a, b))[0]
}

/** The trials that no other beats in cost and in faithfulness, cheapest first. */
export function frontierOf<T extends Trial>(trials: readonly T[]): T[] {
  let best = Infinity
  return trials.toSorted(byCost).filter(({ miss }) => {
    const advances = miss < best
    if (advances) best = miss
    return advances
  })
}

function byCost(a: Trial, b: Trial): number {
  return a.constraints - b.constraints || a.miss - b.miss
}

function byFaith(a: Trial, b: Trial): number {
  return a.miss - b.miss || (a.noise ?? 0) - (b.noise ?? 0) || a.constraints - b.constraints
}

function trialsOf<T>(seen: ReadonlyMap<string, T | undefined>): T[] {
  return [...seen.values()].filter((trial) => trial !== undefined)
}

type Attempt<T> = (bits: Bits) => T | undefined

function ladder<T extends Trial>(attempt: Attempt<T>, { start, mayNarrow }: Space): T | undefined {
  const first = attempt(start)
  if (first === undefined || first.miss > 1) return climb(attempt, start)
  return mayNarrow ? narrowed(attempt, first) : first
}

function narrowed<T extends Trial>(attempt: Attempt<T>, first: T): T {
  let [best, misses] = [first, 0]
  for (let width = first.bits.activation - 1; width >= NARROWEST && misses < PATIENCE; width--) {
    const trial = attempt(uniform(first.bits, width))
    const isWithin = trial !== undefined && trial.miss <= 1
    misses = isWithin ? 0 : misses + 1
    if (isWithin && trial.constraints < (1 - EQUAL) * best.constraints) best = trial
  }
  return best
}

/** Scales for channels, where they take noise away and cost about the same: then fewer bits may do. */
function withChannels<T extends Trial>(attempt: Attempt<T>, base: T): T {
  const trial = attempt({ ...base.bits, channels: true })
  if (trial === undefined || trial.miss > 1 || trial.noise === undefined) return base
  const pays = trial.noise < QUIETER * base.noise! && trial.constraints <= (1 + 2 * EQUAL) * base.constraints
  return pays ? narrowed(attempt, trial) : base
}

function climb<T extends Trial>(attempt: Attempt<T>, start: Bits): T | undefined {
  for (const width of WIDER) {
    const trial = attempt(uniform(start, width))
    if (trial !== undefined && trial.miss <= 1) return trial
  }
  return undefined
}

/** The same width for activations and weights; inputs only ever get more. */
function uniform(start: Bits, width: number): Bits {
  return { ...start, activation: width, weight: width, input: Math.max(start.input, width) }
}

type Priced = Knob & { readonly saving: number; readonly noise: number }

/** What a bit less of each layer alone saves, and what noise the layer adds at `base`. */
function priceKnobs<T extends Trial>(attempt: Attempt<T>, base: T, knobs: readonly Knob[]): Priced[] {
  const own = base.noise ?? 0
  const least = own / (20 * Math.max(1, knobs.length))
  return knobs.flatMap((knob) => {
    const trial = attempt(adjusted(base.bits, [[knob, -1]]))
    if (trial === undefined) return []
    const saving = base.constraints - trial.constraints
    // a bit less makes a variance four times as large, so three parts are new
    const noise = Math.max(((trial.noise ?? 0) - own) / 3, least)
    return saving > 0 ? [{ ...knob, saving, noise }] : []
  })
}

/** Water-filling: ever less noise allowed for, until the target is missed. */
function balance<T extends Trial>(attempt: Attempt<T>, base: T, priced: readonly Priced[]): void {
  if (base.noise === undefined || base.noise === 0 || priced.length < 2) return
  const log4 = (value: number) => log2(value) / 2
  const level = priced.map(({ saving, noise }) => log4(saving / noise))
  // where nothing is gained or lost to all in all, weighted by what a bit of each costs
  const total = priced.reduce((sum, { saving }) => sum + saving, 0)
  const middle = priced.reduce((sum, { saving }, i) => sum + saving * level[i]!, 0) / total
  let misses = 0
  for (let slack = -1; slack <= 3 && misses < PATIENCE; slack += 0.25) {
    const changes = priced.map((knob, i): [Knob, number] => {
      const less = Math.round(level[i]! - middle + slack)
      return [knob, -Math.max(-REACH, Math.min(REACH, less))]
    })
    const trial = attempt(adjusted(base.bits, changes))
    const isWithin = trial !== undefined && trial.miss <= 1
    misses = isWithin ? 0 : misses + 1
  }
}

/** Single bits off, the dearest layers first, round after round until none can go. */
function refine<T extends Trial>(attempt: Attempt<T>, from: T, priced: readonly Priced[]): void {
  let best = from
  const worth = priced
    .filter(({ saving }) => saving >= WORTH * from.constraints)
    .toSorted((a, b) => b.saving - a.saving)
  let left = worth
  while (left.length > 0) {
    left = left.filter((knob) => {
      const trial = attempt(adjusted(best.bits, [[knob, -1]]))
      const isBetter = trial !== undefined && trial.miss <= 1 && trial.constraints < best.constraints
      if (isBetter) best = trial
      return isBetter
    })
  }
}

/** `bits` with more or fewer for some layers. */
export function adjusted(bits: Bits, changes: readonly (readonly [Knob, number])[]): Bits {
  const layers: Record<string, Adjustment> = { ...bits.layers }
  for (const [{ layer, what }, change] of changes) {
    if (change === 0) continue
    const bitsNow = (layers[layer]?.[what] ?? 0) + change
    const { [what]: _, ...rest } = layers[layer] ?? {}
    const made = bitsNow === 0 ? rest : { ...rest, [what]: bitsNow }
    if (Object.keys(made).length > 0) layers[layer] = made
    else delete layers[layer]
  }
  const { layers: _, ...plain } = bits
  return Object.keys(layers).length > 0 ? { ...plain, layers: sorted(layers) } : plain
}

/** In the order of names, so that the same bits have one form. */
function sorted(layers: Readonly<Record<string, Adjustment>>): Record<string, Adjustment> {
  return Object.fromEntries(
    Object.entries(layers)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([layer, { activation, weight }]) => [
        layer,
        { ...(activation !== undefined && { activation }), ...(weight !== undefined && { weight }) },
      ]),
  )
}
