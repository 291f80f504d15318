/** Grids for what is only compared: as coarse as its thresholds allow, and no sample on the wrong side of one. */
import { describe, expect, test } from 'vitest'
import { comparedDomain } from '../../src/quantize/compared-domain.js'
import { domainOf } from '../../src/quantize/domain.js'
import { integerThreshold, type Lean } from '../../src/quantize/lower-compare.js'
import { Random } from '../helpers/random.js'

const SEED = Number(process.env.ZKONNX_SEED ?? 5)
const input = { name: 'x', shape: [1, 1] }

function domainFor(values: readonly number[], thresholds: readonly number[], lean: Lean = 'neither') {
  const samples = values.map((value) => Float64Array.of(value))
  const full = domainOf(input, samples, 16, undefined, 1)
  const domain = comparedDomain(samples, [thresholds.map((value) => ({ value, lean }))], full)
  const [scale, lo, hi] = [domain.scale[0]!, domain.lo[0]!, domain.hi[0]!]
  return { scale, lo, hi, full, levels: hi - lo + 1 }
}

/** Where the integers that stand for values change from below a threshold to it. */
function boundary(threshold: number, scale: number): number {
  return (Math.ceil(threshold / scale - 1e-9) - 0.5) * scale
}

describe('one feature', () => {
  const random = new Random(SEED)
  const spread = Array.from({ length: 200 }, () => random.float(3, 7))

  test('of one threshold needs a few levels, with the threshold between two', () => {
    const { scale, levels } = domainFor(spread, [5.3])
    expect(levels).toBeLessThan(4)
    expect(boundary(5.3, scale)).toBeCloseTo(5.3, 9)
  })

  test('of no threshold needs one', () => {
    const { lo, hi } = domainFor(spread, [])
    expect([lo, hi]).toEqual([0, 0])
  })

  test('of a threshold outside its domain needs one', () => {
    expect(domainFor(spread, [500]).levels).toBe(1)
  })

  test.each([2, 3, 5])('of %i thresholds has each within 2^-13 of its range', (count) => {
    for (let round = 0; round < 20; round++) {
      const magnitude = 10 ** random.int(-3, 3)
      const values = Array.from({ length: 100 }, () => random.float(-2, 3) * magnitude)
      const [least, greatest] = [Math.min(...values), Math.max(...values)]
      const thresholds = Array.from({ length: count }, () => random.float(least, greatest))
      const { scale, full } = domainFor(values, thresholds)
      expect(scale).toBeGreaterThanOrEqual(full.scale[0]!)
      for (const threshold of thresholds) {
        const off = Math.abs(boundary(threshold, scale) - threshold)
        const most = Math.max(2 ** -13 * (greatest - least), full.scale[0]! / 2)
        expect(off, `seed ${SEED}`).toBeLessThanOrEqual(most * (1 + 1e-9))
      }
    }
  })

  test('keeps the values of a grid on their sides, also those not seen', () => {
    const grid = Array.from({ length: 60 }, () => random.int(0, 300) / 4)
    const { scale, levels } = domainFor(grid, [10.1, 30.6, 55.9])
    expect(levels).toBeLessThan(500)
    for (let value = 0; value <= 75; value += 0.25) {
      for (const threshold of [10.1, 30.6, 55.9]) {
        expect(Math.round(value / scale) >= Math.ceil(threshold / scale)).toBe(value >= threshold)
      }
    }
  })

  test('keeps values that stand on a threshold on the side that the comparison says', () => {
    const values = Array.from({ length: 60 }, () => random.int(0, 40) / 4)
    for (const [threshold, isAbove] of [
      [2.5, true],
      [2.5 + 2 ** -22, false],
    ] as const) {
      const { scale } = domainFor([...values, 2.5], [threshold, 7.1])
      expect(Math.round(2.5 / scale) >= Math.ceil(threshold / scale - 1e-9)).toBe(isAbove)
    }
  })

  test.each(['below', 'above'] as const)('keeps values that it has not seen on a threshold, %s', (lean) => {
    for (let round = 0; round < 20; round++) {
      const values = Array.from({ length: 100 }, () => random.float(-2, 3))
      const thresholds = Array.from({ length: 3 }, () => random.float(-1, 2))
      const { scale } = domainFor(values, thresholds, lean)
      for (const threshold of thresholds) {
        const isAbove = Math.round(threshold / scale) >= integerThreshold(threshold / scale, lean)
        expect(isAbove, `seed ${SEED}`).toBe(lean === 'above')
      }
    }
  })
})
