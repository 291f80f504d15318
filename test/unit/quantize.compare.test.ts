/** Thresholds in integers, where data lies on them. */
import { describe, expect, test } from 'vitest'
import { run } from '../../src/model/ops/compare.js'
import { integerThresholds } from '../../src/quantize/lower-compare.js'
import { Random } from '../helpers/random.js'

const STEP = 0.01
const SEED = 5

/** Thresholds of a tree that asks whether x <= t: flags from the next float32 on. */
function nextAfter(value: number): number {
  const float = Float32Array.of(value)
  new Int32Array(float.buffer)[0]! += value > 0 ? 1 : -1
  return float[0]!
}

describe.each(['x <= t', 'x >= t'])('%s of values on their thresholds', (form) => {
  const random = new Random(SEED)
  const values = Array.from({ length: 60 }, () => Math.fround(random.float(-3, 3)))
  const threshold = Float64Array.from(values, (value) => (form === 'x <= t' ? nextAfter(value) : value))
  const op = { kind: 'compare' as const, element: Int32Array.from(values, (_, i) => i), threshold }

  test('keeps unseen ones on the side of those that were seen', () => {
    // a third of the elements are seen on their thresholds, the others far away
    const seen = Float64Array.from(values, (value, i) => (i % 3 === 0 ? value : value - 1))
    const whole = integerThresholds(op, Float64Array.of(STEP), [seen])
    const integers = Float64Array.from(values, (value) => Math.round(value / STEP))
    expect(new Set(run(whole, [integers]))).toEqual(new Set([form === 'x <= t' ? 0 : 1]))
  })
})

test('without samples near it, the least integer that reaches a threshold', () => {
  const op = {
    kind: 'compare' as const,
    element: Int32Array.of(0, 0),
    threshold: Float64Array.of(0.504, 0.5),
  }
  expect([...integerThresholds(op, Float64Array.of(STEP)).threshold]).toEqual([51, 50])
})
