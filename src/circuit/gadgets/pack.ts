/** Bounded integers in public signals. */
import type { Packing } from '../../artifacts/statement.js'
import type { ConstraintSystem } from '../cs/api.js'

/**
 * Proves: the signals of the packing are the sums of (value - lo) * 2^(place in the signal).
 * Assumes: every value is an integer in [lo, lo + 2^width), by its range check or by interval bounds; then each signal
 * has one reading, for it stays below 2^253.
 * Cost: 1 for each signal.
 */
export function assertPacked<V>(cs: ConstraintSystem<V>, packing: Packing, values: readonly V[]): void {
  for (let k = 0; k < packing.signals; k++) {
    const part = values.slice(k * packing.perSignal, (k + 1) * packing.perSignal)
    const weights = part.map((_, i) => 1n << BigInt(packing.width * i))
    const least = weights.reduce((sum, weight) => sum + weight, 0n) * BigInt(packing.lo)
    cs.assertPublicOutput(packing.first + k, cs.combine(part, weights, -least))
  }
}
