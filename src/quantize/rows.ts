/**
 * Writes a `linear` operator row by row: merges repeated columns, drops zeros, keeps equal weights once.
 *
 * Typed arrays throughout: a small convolutional net has some hundred thousand entries.
 *
 * Where numbers stand in for the weights, they decide all of that in their place.
 */
import type { Linear, StandIns } from '../model/ops/linear.js'

export type Rows = {
  /** Adds to the open row. */
  add(column: number, weight: number, standIn?: number): void
  endRow(bias: number, standIn?: number): void
  /** Entries in finished rows, and columns touched in the open one. */
  entries(): number
  finish(): Linear
}

/** `columns` is the size of the joined inputs; `entries` a guess that saves growing. `standIns`: whether they are given. */
export function writeRows(columns: number, rows: number, entries: number, standIns = false): Rows {
  const rowStart = new Int32Array(rows + 1)
  const bias = new Float64Array(rows)
  let column = new Int32Array(Math.max(entries, 16))
  let value = new Float64Array(column.length)
  // what decides: the values themselves where nothing stands in for them
  let decider = standIns ? new Float64Array(column.length) : value
  const biasStandIn = new Float64Array(standIns ? rows : 0)
  // where the open row keeps each column; a place before the row's first entry is from an earlier row
  const place = new Int32Array(columns).fill(-1)
  let row = 0
  let first = 0
  let end = 0

  function grow(): void {
    const wider = new Int32Array(2 * column.length)
    wider.set(column)
    column = wider
    const longer = longerBy(value, wider.length)
    decider = standIns ? longerBy(decider, wider.length) : longer
    value = longer
  }

  return {
    add(at, weight, standIn = weight) {
      const known = place[at]!
      if (known >= first) {
        value[known]! += weight
        if (standIns) decider[known]! += standIn
        return
      }
      if (end === column.length) grow()
      column[end] = at
      decider[end] = standIn
      value[end] = weight
      place[at] = end++
    },
    endRow(offset, standIn = 0) {
      // drop the zeros: forget their places too, which a later row would mistake for its own
      let kept = first
      for (let entry = first; entry < end; entry++) {
        place[column[entry]!] = -1
        if (decider[entry] === 0) continue
        column[kept] = column[entry]!
        decider[kept] = decider[entry]!
        value[kept++] = value[entry]!
      }
      first = kept
      end = kept
      if (standIns) biasStandIn[row] = standIn
      bias[row++] = offset
      rowStart[row] = kept
    },
    entries: () => end,
    finish: () => ({
      kind: 'linear',
      rowStart,
      column: column.slice(0, end),
      ...(standIns
        ? distinctBy(value.subarray(0, end), decider.subarray(0, end), biasStandIn)
        : unique(value.subarray(0, end))),
      bias,
    }),
  }
}

function longerBy(values: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const longer = new Float64Array(length)
  longer.set(values)
  return longer
}

/** Each value once, and for each entry the place of its value. */
function unique(values: Float64Array): Pick<Linear, 'weight' | 'weights'> {
  const { place, first } = numberDistinct(values)
  return { weight: place, weights: Float64Array.from(first, (entry) => values[entry]!) }
}

/** Each weight once that something else stands in for. */
function distinctBy(
  values: Float64Array,
  deciders: Float64Array,
  bias: Float64Array,
): Pick<Linear, 'weight' | 'weights'> & { standIns: StandIns } {
  const { place, first } = numberDistinct(deciders)
  const pick = (from: Float64Array) => Float64Array.from(first, (entry) => from[entry]!)
  return { weight: place, weights: pick(values), standIns: { weight: pick(deciders), bias } }
}

/** For each value the number of those equal to it, by first appearance; and where each number appears first. */
export function numberDistinct(values: Float64Array): { place: Int32Array; first: number[] } {
  const index = new Map<number, number>()
  const first: number[] = []
  const place = new Int32Array(values.length)
  for (let entry = 0; entry < values.length; entry++) {
    const value = values[entry]!
    let known = index.get(value)
    if (known === undefined) {
      known = first.push(entry) - 1
      index.set(value, known)
    }
    place[entry] = known
  }
  return { place, first }
}
