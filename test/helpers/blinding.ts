/** snarkjs with chosen r and s: it draws them from its curve, which is ours but for the sums of points: those that it is
 * to judge. */
import { withoutThreads, withStockSums } from '../../src/prover/curve.js'
import type { Blinding } from '../../src/prover/groth16/assemble.js'
import * as Snarkjs from '../../src/prover/snarkjs.js'

type Drawing = { random(): Uint8Array; e(value: bigint): Uint8Array }

export function proveWith(
  zkey: Uint8Array,
  wtns: Uint8Array,
  { r, s }: Blinding,
): Promise<Snarkjs.prove.ReturnType> {
  return withoutThreads(async (curve) => {
    const field = curve.Fr as unknown as Drawing
    const { random } = field
    const given = [r, s]
    field.random = () => field.e(given.shift()!)
    try {
      const made = await withStockSums(['g1', 'g2'], () => Snarkjs.prove(zkey, wtns, { singleThread: true }))
      if (given.length > 0) throw new Error('snarkjs did not draw r and s from its curve')
      return made
    } finally {
      field.random = random
    }
  })
}
