import { Q } from '../group.js'

/** The inverse in the base field. */
export function inverse(value: bigint): bigint {
  let [r0, r1, t0, t1] = [Q, value % Q, 0n, 1n]
  while (r1 !== 0n) {
    const quotient = r0 / r1
    ;[r0, r1, t0, t1] = [r1, r0 - quotient * r1, t1, t0 - quotient * t1]
  }
  return ((t0 % Q) + Q) % Q
}
