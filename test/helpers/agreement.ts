/** Whether a core program's outputs are those that were published. */
import { expect } from 'vitest'

/** Logits stand for probabilities: the first of every row's largest is the same. */
export function expectSameOrder(values: Float64Array, truth: Float64Array, classes: number): void {
  expect(values.length).toBe(truth.length)
  for (let row = 0; row < values.length; row += classes) {
    const [logits, probabilities] = [values, truth].map((all) => [...all.subarray(row, row + classes)])
    const best = logits!.indexOf(Math.max(...logits!))
    // float32 probabilities may be equal where logits are not
    expect(probabilities![best]).toBe(Math.max(...probabilities!))
  }
}

/** Within float32's rounding, relative to the largest. */
export function expectClose(values: Float64Array, truth: Float64Array): void {
  expect(values.length).toBe(truth.length)
  const scale = 1 + truth.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const worst = values.reduce((most, value, at) => Math.max(most, Math.abs(value - truth[at]!)), 0)
  expect(worst / scale).toBeLessThan(1e-4)
}
