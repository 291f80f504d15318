/**
 * The scalar field of BN254 (alt_bn128), over which circuits are written.
 *
 * Spec: EIP-196, EIP-197. Traps: a negative integer -v stands as p - v; bytes are little-endian in iden3's files and
 * big-endian on the chain; an element is canonical only below p.
 */

/** The order of the scalar field: circuits' values are taken modulo this prime. */
export const P = 21888242871839275222246405745257275088548364400416034343698204186575808495617n

/** Bits of the largest unsigned integer that surely fits below P. */
export const CAPACITY_BITS = 253

/** Bytes of an element in files. */
export const BYTES = 32

/** The representative of `value` in [0, P). */
export function mod(value: bigint): bigint {
  const rest = value % P
  return rest < 0n ? rest + P : rest
}

/** The representative of `value` in (-P/2, P/2]: how integers of a model read back from the field. */
export function toSigned(value: bigint): bigint {
  const canonical = mod(value)
  return canonical > P / 2n ? canonical - P : canonical
}

export function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  let square = mod(base)
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % P
    square = (square * square) % P
  }
  return result
}

/**
 * The inverse of an element that is not zero, or modulo another number, of what has no divisor in common with it; throws
 * `RangeError` for zero. Extended Euclid.
 */
export function inverse(value: bigint, modulus = P): bigint {
  let [r0, r1] = [modulus, ((value % modulus) + modulus) % modulus]
  if (r1 === 0n) throw new RangeError('zero has no inverse in the field')
  let [t0, t1] = [0n, 1n]
  while (r1 !== 0n) {
    const quotient = r0 / r1
    ;[r0, r1] = [r1, r0 - quotient * r1]
    ;[t0, t1] = [t1, t0 - quotient * t1]
  }
  return t0 < 0n ? t0 + modulus : t0
}

/** Reads an element in little-endian order; does not check that it is canonical. */
export function fromBytesLE(bytes: Uint8Array, offset = 0): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, BYTES)
  let value = 0n
  for (let word = 3; word >= 0; word--) value = (value << 64n) | view.getBigUint64(8 * word, true)
  return value
}

/** Writes a canonical element in little-endian order. */
export function toBytesLE(value: bigint, bytes: Uint8Array, offset = 0): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, BYTES)
  let rest = value
  for (let word = 0; word < 4; word++) {
    view.setBigUint64(8 * word, rest & 0xffffffffffffffffn, true)
    rest >>= 64n
  }
}
