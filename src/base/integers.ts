/**
 * Exact integers in float64, the numbers that quantized models compute with.
 *
 * Trap: `2 ** 53 + 1 === 2 ** 53`. Every bound of a model stays at or below `EXACT_LIMIT`, so that sums and differences
 * of two of its values are exact as well.
 */
import { exponentOf } from './elementary.js'

/** No value of a quantized model may exceed this magnitude (DESIGN: 2^52). */
export const EXACT_LIMIT = 2 ** 52

/** The least b such that 0 <= value < 2^b, for a value in [0, 2^53). */
export function bitLength(value: number): number {
  if (value < 1) return 0
  return exponentOf(value) + 1
}

/** Bits that tell the integers of [lo, hi] apart. */
export function widthOf(lo: number, hi: number): number {
  return bitLength(hi - lo)
}

/**
 * The one rounding rule: floor((value + 2^(shift-1)) / 2^shift), halves up; the value itself for shift 0.
 * Exact for |value| <= EXACT_LIMIT, since scaling by a power of two is.
 */
export function shiftRound(value: number, shift: number): number {
  if (shift === 0) return value
  return Math.floor((value + 2 ** (shift - 1)) / 2 ** shift)
}

/**
 * value / 2^shift to the nearest whole number, of two equally near ones the even one. Exact as `shiftRound` is; adding
 * zero turns -0, which is no integer, into 0.
 */
export function shiftRoundEven(value: number, shift: number): number {
  const scaled = value / 2 ** shift
  const below = Math.floor(scaled)
  const rest = scaled - below
  return (rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below) + 0
}
