/**
 * Elements of BN254's scalar field as bytes of a WASM module and of keys.
 *
 * Trap: three forms stand side by side, all 32 bytes little-endian: plain, Montgomery (x * 2^256), and the coefficients
 * of a proving key (x * 2^512), which a Montgomery product with a plain witness value turns into Montgomery form.
 */
import { BYTES, mod, P, toBytesLE } from '../base/field.js'

export type Form = 'plain' | 'montgomery' | 'coefficient'

/** The elements, one after another, in the given form. Values may be any integers. */
export function pack(values: readonly bigint[], form: Form): Uint8Array {
  const bytes = new Uint8Array(BYTES * values.length)
  values.forEach((value, index) => {
    toBytesLE(mod(value * FACTOR[form]), bytes, BYTES * index)
  })
  return bytes
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((total, part) => total + part.length, 0))
  let offset = 0
  for (const part of parts) {
    bytes.set(part, offset)
    offset += part.length
  }
  return bytes
}

/** The raw bytes of a typed array. */
export function bytesOf(array: Int32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}

const FACTOR: Readonly<Record<Form, bigint>> = {
  plain: 1n,
  montgomery: (1n << 256n) % P,
  coefficient: (1n << 512n) % P,
}
