/**
 * Quotients of pairs of elements: output[i] = input[left[i]] * 2^shift / input[right[i]], over the joined inputs.
 *
 * In integers rounded to the nearest, halves up: floor((2 a + b) / (2 b)) for a = dividend * 2^shift and b > 0. A float
 * program has shift 0 and rounds nothing.
 */
import { EXACT_LIMIT } from '../../base/integers.js'
import { type Interval, joinIntervals } from '../interval.js'
import { join } from './rearrange.js'

export type Quotient = {
  readonly kind: 'quotient'
  readonly left: Int32Array
  readonly right: Int32Array
  readonly shift: number
  /** Of an integer program: rounded, and the divisors are positive. */
  readonly whole: boolean
}

export function run(op: Quotient, inputs: readonly Float64Array[]): Float64Array {
  const joined = join(inputs)
  return Float64Array.from(op.left, (left, i) => {
    const [a, b] = [joined[left]! * 2 ** op.shift, joined[op.right[i]!]!]
    return op.whole ? roundedQuotient(a, b) : a / b
  })
}

/** floor((2a + b) / (2b)) for integers b > 0 and |2a| + b up to 2^52: the remainder settles what division rounds. */
export function roundedQuotient(a: number, b: number): number {
  const dividend = 2 * a + b
  const quotient = Math.floor(dividend / (2 * b))
  const rest = dividend - quotient * 2 * b
  if (rest < 0) return quotient - 1
  return rest >= 2 * b ? quotient + 1 : quotient
}

/**
 * Exact: for a fixed divisor the quotient rises with the dividend, for a fixed dividend it is monotone in the divisor.
 * Where a divisor may be zero or less, or a dividend too large, the bound is one that `boundsOf` refuses.
 */
export function bound(op: Quotient, inputs: readonly Interval[]): Interval {
  const { lo, hi } = joinIntervals(inputs)
  const result = { lo: new Float64Array(op.left.length), hi: new Float64Array(op.left.length) }
  op.left.forEach((left, i) => {
    const right = op.right[i]!
    const [a, b] = [lo[left]! * 2 ** op.shift, hi[left]! * 2 ** op.shift]
    const [least, greatest] = [lo[right]!, hi[right]!]
    const exact = least >= 1 && 2 * Math.max(-a, b) + greatest <= EXACT_LIMIT
    const ends = exact
      ? [a, b].flatMap((dividend) => [least, greatest].map((divisor) => roundedQuotient(dividend, divisor)))
      : [Infinity]
    result.lo[i] = Math.min(...ends)
    result.hi[i] = Math.max(...ends)
  })
  return result
}
