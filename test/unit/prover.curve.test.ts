import { expect, test } from 'vitest'
import { withAnyCurve, withoutThreads, withThreads } from '../../src/prover/curve.js'

const slot = globalThis as { curve_bn128?: unknown }

test('those who overlap share the threads, and the last to leave takes them along', async () => {
  let finish = () => {}
  const first = withThreads(async (curve) => {
    await new Promise<void>((resolve) => {
      finish = resolve
    })
    return curve
  })
  const second = await withThreads(async (curve) => curve)
  expect(slot.curve_bn128).toBe(second)
  finish()
  expect(await first).toBe(second)
  expect(slot.curve_bn128).toBe(null)
})

test('the kinds take turns, and snarkjs finds the one that holds', async () => {
  const order: string[] = []
  await Promise.all([
    withoutThreads(async (curve) => {
      order.push('without')
      expect(slot.curve_bn128).toBe(curve)
      await new Promise((resolve) => setTimeout(resolve, 20))
      expect(slot.curve_bn128).toBe(curve)
      order.push('end')
    }),
    withThreads(async (curve) => {
      order.push('with')
      expect(slot.curve_bn128).toBe(curve)
    }),
    withAnyCurve(async () => order.push('any')),
  ])
  expect(order.slice(0, 2)).toEqual(['without', 'any'])
  expect(order.slice(2)).toEqual(['end', 'with'])
})

test('a failure leaves no curve behind', async () => {
  const fail = () => Promise.reject(new Error('inside'))
  await expect(withThreads(fail)).rejects.toThrow('inside')
  await expect(withoutThreads(fail)).rejects.toThrow('inside')
  expect(slot.curve_bn128).toBe(null)
})
