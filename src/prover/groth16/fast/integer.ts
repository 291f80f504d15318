/** The tier for platforms without a fused multiply-add: nine digits of 29 bits in integers. */
import { inverse } from '../../../base/field.js'
import { Q } from '../group.js'
import { tierOf } from './machine.js'

export const integer = tierOf('integer', async () => (await import('./integer.wasm.js')).integer, {
  limbs: 9,
  limbBytes: 4,
  width: 29,
  perRadix: inverse(2n ** 261n, Q),
})
