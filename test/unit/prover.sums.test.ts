/** Sums of points and transforms against ffjavascript's own. */
import { buildBn128 } from 'ffjavascript'
import { describe, expect, test } from 'vitest'
import { P, toBytesLE } from '../../src/base/field.js'
import { withoutThreads, withThreads } from '../../src/prover/curve.js'
import { seeded } from '../helpers/onnx-model.js'

const seed = Number(process.env.ZKONNX_SEED ?? 11)
const random = seeded(seed)
const theirs = await buildBn128(true)

const draw = (bits: number) => {
  let value = 0n
  for (let k = 0; k < bits; k += 24) value = (value << 24n) | BigInt(Math.floor(random() * 2 ** 24))
  return (value & ((1n << BigInt(bits)) - 1n)) % P
}
const bytesOf = (scalars: readonly bigint[]) => {
  const bytes = new Uint8Array(32 * scalars.length)
  scalars.forEach((scalar, k) => {
    toBytesLE(scalar, bytes, 32 * k)
  })
  return bytes
}
const HALF = P >> 1n
const EXTREMES = [
  0n,
  1n,
  2n,
  P - 1n,
  P - 2n,
  HALF,
  HALF + 1n,
  (1n << 127n) - 1n,
  1n << 127n,
  (1n << 253n) - 1n,
]

const KINDS: Readonly<Record<string, (k: number) => bigint>> = {
  'full scalars': () => draw(253),
  bits: () => draw(1),
  'mostly bits, as in a witness': (k) => (k % 40 === 0 ? draw(253) : k % 17 === 0 ? P - draw(20) : draw(1)),
  'small scalars': () => draw(12),
  extremes: (k) => EXTREMES[k % EXTREMES.length]!,
  zeros: () => 0n,
  'one scalar for all': () => 0x123456789abcdefn,
  'one scalar near the order': () => P - 3n,
}

describe.each(['G1', 'G2'] as const)('sums in %s', (group) => {
  const G = theirs[group]
  const size = group === 'G1' ? 64 : 128
  /** Distinct points, with repeated, opposite and infinite ones strewn in; the first few are all of one point. */
  const COUNT = 300 // enough for our kernels
  const points = new Uint8Array(size * COUNT)
  let point = G.g
  for (let k = 0; k < COUNT; k++) {
    const affine = G.toAffine(k % 11 === 3 ? G.neg(point) : point)
    points.set(k % 13 === 5 ? new Uint8Array(size) : affine, size * k)
    if (k > 8 && k % 5 !== 0) point = G.add(point, G.g)
  }

  test.each(Object.keys(KINDS))('%s', async (kind) => {
    for (const count of [1, 9, COUNT]) {
      const scalars = bytesOf(Array.from({ length: count }, (_, k) => KINDS[kind]!(k)))
      const bases = points.slice(0, size * count)
      const expected = G.toAffine(await G.multiExpAffine(bases, scalars))
      const sum = async (curve: typeof theirs) =>
        curve[group].toAffine(await curve[group].multiExpAffine(bases, scalars))
      expect(await withoutThreads(sum)).toEqual(expected)
    }
  })

  test('over threads, and more points than share an inversion', async () => {
    const many = 9_000
    const bases = new Uint8Array(size * many)
    for (let at = 0; at < bases.length; at += points.length)
      bases.set(points.subarray(0, Math.min(points.length, bases.length - at)), at)
    const scalars = bytesOf(Array.from({ length: many }, () => draw(253)))
    const expected = G.toAffine(await G.multiExpAffine(bases, scalars))
    const sum = async (curve: typeof theirs) =>
      curve[group].toAffine(await curve[group].multiExpAffine(bases, scalars))
    expect(await withThreads(sum, 3)).toEqual(expected)
    expect(await withoutThreads(sum)).toEqual(expected)
  })

  test('no points', async () => {
    const none = new Uint8Array(0)
    expect(await withoutThreads((curve) => curve[group].multiExpAffine(none, none))).toEqual(G.zero)
  })
})

test.each([1, 2, 3, 7, 11])('transforms of 2^%i elements, both ways', async (power) => {
  const elements = bytesOf(Array.from({ length: 2 ** power }, () => draw(253)))
  const [fft, ifft] = [await theirs.Fr.fft(elements), await theirs.Fr.ifft(elements)]
  for (const hold of [withoutThreads, withThreads])
    await hold(async ({ Fr }) => {
      expect(await Fr.fft(elements)).toEqual(fft)
      expect(await Fr.ifft(elements)).toEqual(ifft)
      expect(await Fr.ifft(await Fr.fft(elements))).toEqual(elements)
    })
})
