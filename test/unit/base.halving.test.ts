/** Halvings of a range: which interval a number is in follows from the bits that split it. */
import { expect, test } from 'vitest'
import { halvingCost, halvingOf, walk } from '../../src/base/halving.js'
import { EXACT_LIMIT } from '../../src/base/integers.js'
import { Random } from '../helpers/random.js'

const SEED = 53

type Place = { readonly ones: readonly number[]; readonly zeros: readonly number[] }

/** The intervals of all places whose bits a number has. */
function intervalsOf(x: number, lo: number, hi: number, thresholds: readonly number[]): number[] {
  const halving = halvingOf({ lo, hi, thresholds })
  const { from, bits } = halving
  expect(x - from).toBeGreaterThanOrEqual(0)
  expect(x - from).toBeLessThan(2 ** bits)
  const has = (bit: number) => Math.floor((x - from) / 2 ** bit) % 2 === 1
  const found: number[] = []
  let splits = 0
  walk<Place>(
    { lo, hi, thresholds },
    halving,
    { ones: [], zeros: [] },
    ({ ones, zeros }, bit) => {
      splits++
      return [
        { ones, zeros: [...zeros, bit] },
        { ones: [...ones, bit], zeros },
      ]
    },
    (interval, { ones, zeros }) => {
      if (ones.every(has) && !zeros.some(has)) found.push(interval)
    },
  )
  expect(splits).toBe(halving.splits)
  return found
}

test('each number is at one place, which lies in its interval', () => {
  const random = new Random(SEED)
  for (let round = 0; round < 60; round++) {
    const lo = random.int(-40, 20)
    const hi = lo + random.int(2, 60)
    const thresholds = Array.from({ length: hi - lo }, (_, i) => lo + 1 + i).filter(
      () => random.int(0, 3) === 0,
    )
    if (thresholds.length === 0) continue
    for (let x = lo; x <= hi; x++) {
      const expected = thresholds.filter((threshold) => x >= threshold).length
      expect(intervalsOf(x, lo, hi, thresholds), `seed ${SEED}, round ${round}, ${x}`).toEqual([expected])
    }
  }
})

test('the ends of the exact integers have their places', () => {
  const [lo, hi, thresholds] = [-EXACT_LIMIT, EXACT_LIMIT, [1 - EXACT_LIMIT, 0, EXACT_LIMIT]]
  for (const [x, interval] of [
    [lo, 0],
    [lo + 1, 1],
    [-1, 1],
    [0, 2],
    [hi - 1, 2],
    [hi, 3],
  ] as const) {
    expect(intervalsOf(x, lo, hi, thresholds)).toEqual([interval])
  }
})

test.each([
  ['quarters', { lo: 0, hi: 15, thresholds: [4, 8, 12] }, 4 + 1 + 2],
  ['a threshold at every second number', { lo: -4, hi: 3, thresholds: [-2, 0, 2] }, 3 + 1 + 2],
  ['one bit more, to meet a power of two', { lo: -5, hi: 9, thresholds: [0, 4] }, 5 + 1 + 2],
])('cost: %s', (_, divided, cost) => {
  expect(halvingCost(halvingOf(divided))).toBe(cost)
})
