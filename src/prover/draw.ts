/** Uniform elements of the scalar field from the platform's generator. */
import { BYTES, fromBytesLE, P } from '../base/field.js'

/** So many random bytes. */
export type RandomBytes = (count: number) => Uint8Array

export const platformRandom: RandomBytes = (count) => crypto.getRandomValues(new Uint8Array(count))

/** 254 random bits, drawn again until they are below P and accepted. */
export function drawElement(
  random: RandomBytes = platformRandom,
  accepts: (value: bigint) => boolean = () => true,
): bigint {
  for (;;) {
    const bytes = Uint8Array.from(random(BYTES))
    bytes[BYTES - 1]! &= 0x3f
    const value = fromBytesLE(bytes)
    bytes.fill(0)
    if (value < P && accepts(value)) return value
  }
}
