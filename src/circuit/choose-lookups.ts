/**
 * Which tables a circuit's ranges are met by: what costs the prover least, by what its gadgets ask for.
 *
 * Most of the time goes with the rows, and some with the domain's points, which are a power of two: a row too many doubles
 * them. An entry of a table costs as much as several rows; a lookup is hardly more than its row. So the choice is by an
 * estimate of all four. It follows from the program alone, so that everyone finds the same circuit.
 */
import { bitLength } from '../base/integers.js'
import type { Layout } from './cs/api.js'
import { type Demand, type LookupChoice, Lookups, spanBits } from './cs/chunks.js'
import { Counter } from './cs/counter.js'

/** Microseconds, of one thread: a point of the domain, a row, and beside that an entry of a table and a lookup. */
const COSTS = { point: 1.1, row: 5, entry: 30, lookup: 0.7 }

/** Rows that an entry of a function's table must save: few where that keeps the domain small. */
const ENTRY_WORTHS = [1, 4, 20, Infinity]

const WIDTHS = Array.from({ length: 15 }, (_, i) => 2 + i)
const MOST_WIDTHS = 4

/** Choices are refined so often: what gadgets ask for depends on the tables that there are. */
const ROUNDS = 2

export type Walk = (counter: Counter) => void

/** `walk` writes the circuit to a counter. */
export function chooseLookups(layout: Layout, walk: Walk): LookupChoice {
  const candidates: { choice: LookupChoice; cost: number }[] = []
  const take = remembered((choice) => count(layout, walk, choice))
  for (const entryWorth of ENTRY_WORTHS) {
    let choice: LookupChoice = { ranges: [8], intervals: [], entryWorth }
    let asked: Demand = newDemand()
    for (let round = 0; round < ROUNDS; round++) {
      const { counter, demand } = take(choice)
      choice = bestFor(demand, counter, layout, choice)
      asked = demand
    }
    const { counter } = take(choice)
    candidates.push({ choice, cost: costOf(sizesOf(counter, layout)) })
    if (asked.tables === 0) break
  }
  return candidates.reduce((best, one) => (one.cost < best.cost ? one : best)).choice
}

type Sizes = { readonly rows: number; readonly entries: number; readonly lookups: number }

function costOf({ rows, entries, lookups }: Sizes): number {
  const points = 2 ** bitLength(rows - 1)
  return COSTS.point * points + COSTS.row * rows + COSTS.entry * entries + COSTS.lookup * lookups
}

/** Rows with those that the proving system adds: one for each public wire, the constant and the challenge. */
function sizesOf(counter: Counter, { publicOutputs, publicInputs }: Layout): Sizes {
  return {
    rows: counter.constraints + publicOutputs.length + publicInputs.length + 2,
    entries: counter.tableEntries(),
    lookups: counter.lookupCount,
  }
}

function newDemand(): Demand {
  return { exact: new Map(), atLeast: new Map(), intervals: new Map(), tables: 0 }
}

type Taken = { readonly counter: Counter; readonly demand: Demand }

function count(layout: Layout, walk: Walk, choice: LookupChoice): Taken {
  const demand = newDemand()
  const counter = new Counter(layout, new Lookups(choice, demand))
  walk(counter)
  counter.finish()
  return { counter, demand }
}

/** Rounds often come to the choice that they began with, and a walk of the circuit takes long. */
function remembered(count: (choice: LookupChoice) => Taken): (choice: LookupChoice) => Taken {
  const known = new Map<string, Taken>()
  return (choice) => {
    const key = [choice.ranges, choice.intervals, choice.entryWorth].join('/')
    const taken = known.get(key) ?? count(choice)
    known.set(key, taken)
    return taken
  }
}

/** The cheapest tables for these requests; all else of the circuit stays as it was counted. */
function bestFor(demand: Demand, counter: Counter, layout: Layout, before: LookupChoice): LookupChoice {
  const own = requestsCost(demand, before.ranges, before.intervals)
  const sizes = sizesOf(counter, layout)
  const rest = {
    rows: sizes.rows - own.rows,
    entries: sizes.entries - own.entries,
    lookups: sizes.lookups - own.lookups,
  }
  let best = { ranges: before.ranges, intervals: before.intervals, cost: costOf(sizes) }
  for (const ranges of subsets(WIDTHS, MOST_WIDTHS)) {
    const rows = rowsFor(ranges, widest(demand))
    const intervals = intervalsThatPay(demand, rows, before.entryWorth)
    const more = requestsCost(demand, ranges, intervals, rows)
    const cost = costOf({
      rows: rest.rows + more.rows,
      entries: rest.entries + more.entries,
      lookups: rest.lookups + more.lookups,
    })
    if (cost < best.cost) best = { ranges, intervals, cost }
  }
  return { ranges: best.ranges, intervals: best.intervals, entryWorth: before.entryWorth }
}

function intervalsThatPay({ intervals }: Demand, { atLeast }: Rows, entryWorth: number): number[] {
  return [...intervals]
    .filter(([size, uses]) => uses * (2 * atLeast[spanBits(size).bits]! - 1) > entryWorth * (size + 1))
    .map(([size]) => size)
    .sort((a, b) => a - b)
}

type Rows = { readonly exact: readonly number[]; readonly atLeast: readonly number[] }

/** Rows of requests by width, as `Chunks` plans them. */
function rowsFor(ranges: readonly number[], most: number): Rows {
  const exact = [0]
  const largest = ranges.at(-1) ?? 0
  for (let bits = 1; bits <= most; bits++) {
    let best = exact[bits - 1]! + 1
    for (const width of ranges) if (width <= bits) best = Math.min(best, exact[bits - width]! + 1)
    for (let part = 2; part < largest && part <= bits; part++) best = Math.min(best, exact[bits - part]! + 2)
    exact.push(best)
  }
  const atLeast = exact.map((rows, bits) =>
    ranges.reduce((best, width) => Math.min(best, exact[Math.max(0, bits - width)]! + 1), rows),
  )
  atLeast[0] = 0
  return { exact, atLeast }
}

/** What the requests cost with these tables, the tables with them. Booleans are no lookups, but are few. */
function requestsCost(
  demand: Demand,
  ranges: readonly number[],
  intervals: readonly number[],
  { exact, atLeast }: Rows = rowsFor(ranges, widest(demand)),
): Sizes {
  let rows = 0
  for (const [bits, uses] of demand.exact) rows += uses * exact[bits]!
  for (const [bits, uses] of demand.atLeast) rows += uses * atLeast[bits]!
  for (const [size, uses] of demand.intervals)
    rows += uses * (intervals.includes(size) ? 1 : 2 * atLeast[spanBits(size).bits]!)
  const sizes = [...ranges.map((width) => 2 ** width), ...intervals]
  const entries = sizes.reduce((sum, size) => sum + size, 0)
  return { rows: rows + entries + sizes.length, entries, lookups: rows }
}

function widest({ exact, atLeast, intervals }: Demand): number {
  const spans = [...intervals.keys()].map((size) => spanBits(size).bits)
  return Math.max(0, ...exact.keys(), ...atLeast.keys(), ...spans)
}

/** All sets of at most so many of the rising numbers, each rising. */
function subsets(numbers: readonly number[], most: number): number[][] {
  let all: number[][] = [[]]
  for (const number of numbers)
    all = [...all, ...all.filter((set) => set.length < most).map((set) => [...set, number])]
  return all
}
