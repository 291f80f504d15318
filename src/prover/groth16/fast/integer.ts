/** The tier for platforms without a fused multiply-add: nine digits of 29 bits in integers. */
import { tierOf } from './machine.js'
import { inverse } from './radix.js'

export const integer = tierOf('integer', async () => (await import('./integer.wasm.js')).integer, {
  limbs: 9,
  limbBytes: 4,
  width: 29,
  perRadix: inverse(2n ** 261n),
})
