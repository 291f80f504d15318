/** Which wires a circuit with lookups has in its matrices, and that rounds stand where the layout says. */
import type { Matrix } from '../../artifacts/iden3/r1cs.js'
import { type LookupLayout, lookupRows, secondRoundWires } from '../../artifacts/lookups.js'
import { domainSizeOf } from '../qap.js'
import type { Coefficients } from './coefficients.js'
import type { Sizes } from './key-format.js'

export type Shape = Sizes & {
  /** Points, a power of two. */
  readonly domainSize: number
  /** The wires of the matrix A and of the public rows, by rising wire; those of round 2 are all there, at the end. */
  readonly inA: Uint32Array
  /** How many of them are of round 1 or public. */
  readonly firstInA: number
  /** The wires of the matrix B: none of them is of round 2. */
  readonly inB: Uint32Array
}

/**
 * What follows of a circuit's matrices and layout; or in words why they do not belong together. Throws `TooLargeError`.
 * Rows of gadgets and of lookups are not told apart here.
 */
export function shapeOf(rows: Coefficients, layout: LookupLayout, wires: number): Shape | string {
  const { beta, secondRound, firstLookup } = layout
  if (secondRound + secondRoundWires(layout) !== wires)
    return `the lookups end at wire ${secondRound + secondRoundWires(layout)} of ${wires}`
  if (firstLookup + lookupRows(layout) !== rows.constraints)
    return `the lookups end at row ${firstLookup + lookupRows(layout)} of ${rows.constraints}`
  const inB = wiresOf(rows.b, wires, 0)
  const inA = wiresOf(rows.a, wires, beta + 1)
  if ((inB.at(-1) ?? 0) >= secondRound) return `wire ${inB.at(-1)}, of round 2, is in the matrix B`
  const firstInA = inA.findIndex((wire) => wire >= secondRound)
  const first = firstInA < 0 ? inA.length : firstInA
  if (inA.length - first !== wires - secondRound) return 'a wire of round 2 is not in the matrix A'
  if (rows.a.wire.subarray(0, rows.a.rowStart[firstLookup]).some((wire) => wire >= secondRound))
    return 'a wire of round 2 is in a row before the lookups'
  const domainSize = domainSizeOf({ constraints: rows.constraints, publicOutputs: 0, publicInputs: beta })
  const sizes = { wires, publicSignals: beta - 1, secondRound, rows: rows.constraints + beta + 1 }
  return { ...sizes, domainSize, inA, firstInA: first, inB }
}

/** The wires of a matrix, and those below `all`. */
function wiresOf({ wire }: Matrix, wires: number, all: number): Uint32Array {
  const present = new Uint8Array(wires).fill(1, 0, all)
  for (const id of wire) present[id] = 1
  const found = new Uint32Array(wires)
  let count = 0
  for (let id = 0; id < wires; id++) if (present[id] === 1) found[count++] = id
  return found.slice(0, count)
}
