/**
 * The hashes of iden3's ceremonies (S. Bowe, A. Gabizon, I. Miers, "Scalable Multi-party Computation for zk-SNARK
 * Parameters", eprint 2017/1050, sections 3 and 4): a contributor shows that it knows its secret x with s and x s in G1
 * and x sp in G2, where sp follows from a hash of all that came before.
 */
import { createHash } from 'node:crypto'
import { pause } from './abort.js'
import { type ChaCha, type Curve, type Element, newChaCha } from './curve.js'

/** BLAKE2b-512. */
export function blake2b(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('blake2b512')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** A generator of numbers from the first 32 bytes of a hash. */
export function generatorFrom(hash: Uint8Array): Promise<ChaCha> {
  const words = new DataView(hash.buffer, hash.byteOffset, hash.byteLength)
  return newChaCha(Array.from({ length: 8 }, (_, index) => words.getUint32(4 * index)))
}

/** The point that a contributor's secret is shown on. */
export async function pointFrom(curve: Curve, hash: Uint8Array): Promise<Element> {
  return curve.G2.toAffine(curve.G2.fromRng(await generatorFrom(hash)))
}

/** The generator that a beacon's secrets come from: SHA-256 of its value, 2^iterations times. */
export async function generatorOfBeacon(
  value: string,
  iterations: number,
  signal?: AbortSignal,
): Promise<ChaCha> {
  let hash: Uint8Array = Buffer.from(value, 'hex')
  for (let round = 0; round < 2 ** iterations; round++) {
    if (round % AT_ONCE === 0) await pause(signal)
    hash = createHash('sha256').update(hash).digest()
  }
  return generatorFrom(hash)
}

/** Hashes of a tenth of a second. */
const AT_ONCE = 2 ** 16
