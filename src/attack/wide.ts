/**
 * Decompositions that reach the field's size: rows whose boolean wires weigh P or more together, so that some values have
 * two forms. Whether the value at hand has two is for the search to say; that another sample's may is worth a look.
 */
import { inverse, mod, P } from '../base/field.js'
import type { Pair } from './state.js'
import { coefficientAt, type System } from './system.js'

/** The first boolean wire of each such row. A row needs as many bits as the field has, so few rows are looked at. */
export function wideDecompositions({ r1cs }: System, pairs: ReadonlyMap<number, Pair>): number[] {
  const found: number[] = []
  for (const { rowStart, wire, coefficient } of [r1cs.a, r1cs.b, r1cs.c]) {
    for (let row = 0; row < r1cs.constraints; row++) {
      if (rowStart[row + 1]! - rowStart[row]! < FEWEST_BITS) continue
      const weights: bigint[] = []
      let first: number | undefined
      for (let entry = rowStart[row]!; entry < rowStart[row + 1]!; entry++) {
        if (!pairs.has(wire[entry]!)) continue
        first ??= wire[entry]!
        weights.push(mod(BigInt(coefficientAt(r1cs, coefficient[entry]!))))
      }
      // a product of two forms can stand for one bit more, which circom has eliminated
      const most = r1cs.a.rowStart[row] === r1cs.a.rowStart[row + 1] ? P : P / 2n
      if (first !== undefined && reach(weights, most) && !found.includes(first)) found.push(first)
    }
  }
  return found
}

const FEWEST_BITS = 252
const MOST_BITS = 254n

/** Whether the weights, as powers of two times the least of them, add up to `most` or more. */
function reach(weights: readonly bigint[], most: bigint): boolean {
  if (weights.length < FEWEST_BITS) return false
  const lowest = weights.find((weight) => !weights.includes(mod(weight * HALF)))
  if (lowest === undefined) return false
  const unit = inverse(lowest)
  const scaled = new Set(weights.map((weight) => mod(weight * unit)))
  let sum = 0n
  for (let bit = 0n; bit < MOST_BITS; bit++) if (scaled.has(mod(1n << bit))) sum += 1n << bit
  return sum >= most
}

const HALF = inverse(2n)
