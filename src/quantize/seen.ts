/**
 * The questions that quantizing asks of samples. They are answered from the samples, and the answers are noted; or from
 * what an earlier build has noted, where the samples are not at hand.
 */
import { type Calibration, fromNumbers, toNumber, toNumbers } from '../artifacts/calibration.js'
import { BaseError } from '../base/errors.js'
import type { Graph } from '../model/graph.js'
import type { Interval } from '../model/interval.js'
import type { Range } from './calibrate.js'
import type { Domain } from './domain.js'

export type Seen = {
  domain(input: string, find: () => Domain): Domain
  /** By channel, which is the number of one of a layer's sums; infinities where a number is no channel. */
  channels(layer: string, find: () => Interval): Interval
  thresholds(layer: string, find: () => Float64Array): Float64Array
  moves(tensor: string, find: () => Float64Array): Float64Array
  /** All answers so far. */
  noted(graph: Graph, ranges: readonly Range[], task: Calibration['task']): Calibration
}

/** Answers from `stored`, where that is given. Throws `MissingAnswerError` for a question that it has no answer to. */
export function newSeen(stored?: Calibration): Seen {
  const domains = newNotes(stored?.domains, { write: domainEntry, read: domainFrom })
  const channels = newNotes(stored?.channels, { write: gathered, read: spread })
  const thresholds = newNotes(stored?.thresholds, { write: integerEntry, read: integersFrom })
  const moves = newNotes(stored?.moves, { write: integerEntry, read: integersFrom })
  return {
    domain: domains.ask,
    channels: channels.ask,
    thresholds: thresholds.ask,
    moves: moves.ask,
    noted: (graph, ranges, task) => ({
      format: 'zkonnx-calibration/1',
      ...(task === undefined ? {} : { task }),
      ranges: graph.tensors.map(({ name }, tensor) => rangeEntry(name, ranges[tensor]!)),
      domains: domains.entries(),
      channels: channels.entries(),
      thresholds: thresholds.entries(),
      moves: moves.entries(),
    }),
  }
}

/** The stored range of every tensor of the program. Throws `MissingAnswerError` where it is of another program. */
export function rangesOf({ tensors }: Graph, { ranges }: Calibration): Range[] {
  return tensors.map(({ name }, tensor) => {
    const range = ranges[tensor]
    if (range?.name !== name) throw new MissingAnswerError(name)
    return { lo: Number(range.lo), hi: Number(range.hi) }
  })
}

type Form<T, Entry> = {
  readonly write: (name: string, value: T) => Entry
  readonly read: (entry: Entry) => T
}

/** Every answer goes through its written form, so that it is the same whether it was found or read. */
function newNotes<T, Entry extends { readonly name: string }>(
  stored: readonly Entry[] | undefined,
  { write, read }: Form<T, Entry>,
) {
  const noted = new Map<string, Entry>()
  return {
    entries: () => [...noted.values()],
    ask(name: string, find: () => T): T {
      const known = noted.get(name) ?? stored?.find((entry) => entry.name === name)
      if (known === undefined && stored !== undefined) throw new MissingAnswerError(name)
      const entry = known ?? write(name, find())
      noted.set(name, entry)
      return read(entry)
    },
  }
}

function rangeEntry(name: string, { lo, hi }: Range): Calibration['ranges'][number] {
  return { name, lo: toNumber(lo), hi: toNumber(hi) }
}

function domainEntry(name: string, { scale, lo, hi }: Domain): Calibration['domains'][number] {
  return { name, scale: toNumbers(scale), lo: toNumbers(lo), hi: toNumbers(hi) }
}

function domainFrom({ scale, lo, hi }: Calibration['domains'][number]): Domain {
  return { scale: fromNumbers(scale), lo: fromNumbers(lo), hi: fromNumbers(hi) }
}

function integerEntry(name: string, integers: Float64Array): Calibration['moves'][number] {
  return { name, integers: toNumbers(integers) }
}

function integersFrom({ integers }: Calibration['moves'][number]): Float64Array {
  return fromNumbers(integers)
}

/** Without the numbers that are no channels. */
function gathered(name: string, { lo, hi }: Interval): Calibration['channels'][number] {
  const channel = Array.from(lo.keys()).filter((at) => lo[at]! <= hi[at]!)
  return {
    name,
    channel,
    lo: toNumbers(channel.map((at) => lo[at]!)),
    hi: toNumbers(channel.map((at) => hi[at]!)),
  }
}

function spread({ channel, lo, hi }: Calibration['channels'][number]): Interval {
  const size = 1 + channel.reduce<number>((most, at) => Math.max(most, Number(at)), -1)
  const made = { lo: new Float64Array(size).fill(Infinity), hi: new Float64Array(size).fill(-Infinity) }
  channel.forEach((at, i) => {
    made.lo[Number(at)] = Number(lo[i])
    made.hi[Number(at)] = Number(hi[i])
  })
  return made
}

export class MissingAnswerError extends BaseError {
  override name = 'Quantize.MissingAnswerError'
  constructor(readonly what: string) {
    super(`What was kept of the samples says nothing of "${what}".`, {
      hint: 'it belongs to another model, or to another choice of bits: take the calibration.json of this build',
    })
  }
}
