/** Many multiples of a group's generator, over the threads of a curve, on our own kernels. */
import { BYTES } from '../base/field.js'
import { type Curve, runOn } from './curve.js'
import { concat } from './elements.js'
import { tierOfMultiples } from './sums.js'

/**
 * `scalar * G` for each scalar: plain little-endian elements below the group's order in, affine points in Montgomery
 * form out (64 bytes in G1, 128 in G2, all zero at infinity). Uses all threads of the curve.
 */
export async function multiplyGenerator(
  curve: Curve,
  group: 'G1' | 'G2',
  scalars: Uint8Array,
): Promise<Uint8Array> {
  const tier = await tierOfMultiples()
  const count = scalars.length / BYTES
  const share = Math.min(MOST_OF_A_TASK, Math.ceil(count / curve.tm.concurrency))
  const multiplesIn = group === 'G1' ? ('g1' as const) : ('g2' as const)
  const tasks: Promise<Uint8Array[]>[] = []
  for (let start = 0; start < count; start += share) {
    // what is posted to a thread is copied with all of its buffer
    const part = scalars.slice(BYTES * start, BYTES * Math.min(count, start + share))
    tasks.push(runOn(curve, { multiplesIn, scalars: part, tier }))
  }
  return concat((await Promise.all(tasks)).map(([points]) => points!))
}

const MOST_OF_A_TASK = 2 ** 15
