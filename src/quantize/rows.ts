/**
 * Writes a `linear` operator row by row: merges repeated columns, drops zeros, keeps equal weights once.
 *
 * Typed arrays throughout: a small convolutional net has some hundred thousand entries.
 */
import type { Linear } from '../model/ops/linear.js'

export type Rows = {
  /** Adds to the open row. */
  add(column: number, weight: number): void
  endRow(bias: number): void
  /** Entries in finished rows, and columns touched in the open one. */
  entries(): number
  finish(): Linear
}

/** `columns` is the size of the joined inputs; `entries` a guess that saves growing. */
export function writeRows(columns: number, rows: number, entries: number): Rows {
  const rowStart = new Int32Array(rows + 1)
  const bias = new Float64Array(rows)
  let column = new Int32Array(Math.max(entries, 16))
  let value = new Float64Array(column.length)
  // where the open row keeps each column; a place before the row's first entry is from an earlier row
  const place = new Int32Array(columns).fill(-1)
  let row = 0
  let first = 0
  let end = 0

  function grow(): void {
    const wider = new Int32Array(2 * column.length)
    wider.set(column)
    column = wider
    const longer = new Float64Array(wider.length)
    longer.set(value)
    value = longer
  }

  return {
    add(at, weight) {
      const known = place[at]!
      if (known >= first) {
        value[known]! += weight
        return
      }
      if (end === column.length) grow()
      column[end] = at
      value[end] = weight
      place[at] = end++
    },
    endRow(offset) {
      // drop the zeros: forget their places too, which a later row would mistake for its own
      let kept = first
      for (let entry = first; entry < end; entry++) {
        place[column[entry]!] = -1
        if (value[entry] === 0) continue
        column[kept] = column[entry]!
        value[kept++] = value[entry]!
      }
      first = kept
      end = kept
      bias[row++] = offset
      rowStart[row] = kept
    },
    entries: () => end,
    finish: () => ({
      kind: 'linear',
      rowStart,
      column: column.slice(0, end),
      ...unique(value.subarray(0, end)),
      bias,
    }),
  }
}

/** Each value once, and for each entry the place of its value. */
function unique(values: Float64Array): Pick<Linear, 'weight' | 'weights'> {
  const index = new Map<number, number>()
  const weight = new Int32Array(values.length)
  for (let entry = 0; entry < values.length; entry++) {
    const value = values[entry]!
    let known = index.get(value)
    if (known === undefined) {
      known = index.size
      index.set(value, known)
    }
    weight[entry] = known
  }
  return { weight, weights: Float64Array.from(index.keys()) }
}
