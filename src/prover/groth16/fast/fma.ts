/**
 * The fastest tier: five digits of 51 bits in doubles, and products by fused multiply-add.
 *
 * Where the instruction waits behind a flag (Node 20), the flag is set before the first module is compiled. It may legally
 * be two roundings instead of one: then the self-test says so, and another tier is taken.
 */

import { inverse } from '../../../base/field.js'
import { Q } from '../group.js'
import { tierOf } from './machine.js'

export const fma = tierOf(
  'fma',
  async () => {
    allowRelaxed()
    return (await import('./fma.wasm.js')).fma
  },
  { limbs: 5, limbBytes: 8, width: 51, perRadix: inverse(2n ** 255n, Q) },
)

/** A function of one f64x2.relaxed_madd. */
const PROBE = Uint8Array.of(
  0,
  97,
  115,
  109,
  1,
  0,
  0,
  0,
  1,
  5,
  1,
  96,
  0,
  1,
  123,
  3,
  2,
  1,
  0,
  10,
  19,
  1,
  17,
  0,
  65,
  0,
  253,
  17,
  65,
  0,
  253,
  17,
  65,
  0,
  253,
  17,
  253,
  135,
  2,
  11,
)

function allowRelaxed(): void {
  if (WebAssembly.validate(PROBE) || typeof process === 'undefined') return
  // not by its name: bundlers for browsers would look for it
  process.getBuiltinModule('node:v8').setFlagsFromString('--experimental-wasm-relaxed-simd')
}
