/** Square roots, elementwise. In integers rounded down: the largest y with y^2 <= x * 4^shift, for x >= 0. */
import { EXACT_LIMIT } from '../../base/integers.js'
import type { Interval } from '../interval.js'

export type Root = {
  readonly kind: 'root'
  readonly shift: number
  /** Of an integer program: rounded down, and nothing is negative. */
  readonly whole: boolean
}

export function run(op: Root, inputs: readonly Float64Array[]): Float64Array {
  return inputs[0]!.map(op.whole ? (x) => wholeRoot(x * 4 ** op.shift) : Math.sqrt)
}

/** For integers x of 0 to 2^52, whose root float64 may round up. */
export function wholeRoot(x: number): number {
  const root = Math.floor(Math.sqrt(x))
  return root * root > x ? root - 1 : root
}

/** Exact; where x may be negative the bound is one that `boundsOf` refuses. */
export function bound({ shift }: Root, inputs: readonly Interval[]): Interval {
  const { lo, hi } = inputs[0]!
  const root = (x: number) => (x >= 0 && x * 4 ** shift <= EXACT_LIMIT ? wholeRoot(x * 4 ** shift) : Infinity)
  return { lo: lo.map(root), hi: hi.map((x, i) => (lo[i]! < 0 ? Infinity : root(x))) }
}
