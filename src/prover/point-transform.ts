/** Transforms of points of G1, over the threads of a curve, on our own kernels. */
import { BYTES, inverse, mod, toBytesLE } from '../base/field.js'
import { type Curve, runOn } from './curve.js'
import { concat, pack } from './elements.js'
import { G1 } from './groth16/group.js'
import type { TierName } from './groth16/machine.js'
import { rootOfUnity } from './groth16/reference.js'
import { tierOfButterflies } from './sums.js'

/**
 * Of n points X_k, a power of two: the sums of w^(-ik) X_k, for each i. Affine points as keys have them.
 *
 * As polynomials: what stands in a block is one modulo x^(2m) - c^2. A stage takes it modulo x^m - c and x^m + c, which are
 * sums and differences of its halves, the upper one times c; and so down to x - w^(-i), with the bits of i reversed.
 */
export async function transformPoints(
  curve: Curve,
  points: Uint8Array,
  onStage: (done: number, of: number) => void = () => {},
): Promise<Uint8Array> {
  const tier = await tierOfButterflies()
  const n = points.length / G1.bytes
  const stages = Math.log2(n)
  const powers = powersOf(inverse(rootOfUnity(n)), n / 2)
  const values = points.slice()
  // of the root of each block's c, which is the power of w^-1
  let exponents = [0]
  for (let stage = 0; stage < stages; stage++) {
    onStage(stage, stages)
    exponents = exponents.map((exponent) => exponent / 2)
    await runStage(curve, { values, powers, exponents, tier })
    exponents = exponents.flatMap((exponent) => [exponent, exponent + n / 2])
  }
  const ordered = new Uint8Array(points.length)
  exponents.forEach((i, at) => {
    ordered.set(values.subarray(G1.bytes * at, G1.bytes * (at + 1)), G1.bytes * i)
  })
  return ordered
}

type Stage = {
  /** Points, whose place others take. */
  readonly values: Uint8Array
  readonly powers: Uint8Array
  /** Of each block's c. */
  readonly exponents: readonly number[]
  readonly tier: TierName
}

async function runStage(curve: Curve, { values, powers, exponents, tier }: Stage): Promise<void> {
  const pairs = values.length / G1.bytes / 2
  const half = pairs / exponents.length
  const lower = (pair: number) => 2 * half * Math.floor(pair / half) + (pair % half)
  const stretch = async (from: number, to: number) => {
    const pick = (bytes: Uint8Array, size: number, place: (pair: number) => number) => {
      const picked = new Uint8Array(size * (to - from))
      for (let pair = from; pair < to; pair++)
        picked.set(bytes.subarray(size * place(pair), size * (place(pair) + 1)), size * (pair - from))
      return picked
    }
    const [made] = await runOn(curve, {
      left: pick(values, G1.bytes, lower),
      right: pick(values, G1.bytes, (pair) => lower(pair) + half),
      scalars: pick(powers, BYTES, (pair) => exponents[Math.floor(pair / half)]!),
      tier,
    })
    for (let i = 0; i < 2 * (to - from); i++) {
      const [pair, side] = [from + (i % (to - from)), i < to - from ? 0 : 1]
      values.set(made!.subarray(G1.bytes * i, G1.bytes * (i + 1)), G1.bytes * (lower(pair) + side * half))
    }
  }
  const starts = Array.from({ length: Math.ceil(pairs / AT_ONCE) }, (_, i) => AT_ONCE * i)
  await Promise.all(starts.map((from) => stretch(from, Math.min(pairs, from + AT_ONCE))))
}

/** left[i] + factor * right[i]. */
export async function addMultiples(
  curve: Curve,
  left: Uint8Array,
  right: Uint8Array,
  factor: bigint,
): Promise<Uint8Array> {
  const tier = await tierOfButterflies()
  const count = left.length / G1.bytes
  const tasks: Promise<Uint8Array[]>[] = []
  for (let from = 0; from < count; from += AT_ONCE) {
    const to = Math.min(count, from + AT_ONCE)
    const part = (points: Uint8Array) => points.slice(G1.bytes * from, G1.bytes * to)
    const scalars = pack(new Array<bigint>(to - from).fill(factor), 'plain')
    tasks.push(runOn(curve, { left: part(left), right: part(right), scalars, tier }))
  }
  // the differences are behind
  return concat((await Promise.all(tasks)).map(([made]) => made!.subarray(0, made!.length / 2)))
}

/** Pairs to a task. */
const AT_ONCE = 1024

function powersOf(step: bigint, count: number): Uint8Array {
  const bytes = new Uint8Array(BYTES * count)
  for (let i = 0, value = 1n; i < count; i++, value = mod(value * step)) toBytesLE(value, bytes, BYTES * i)
  return bytes
}
