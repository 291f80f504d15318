/** Arithmetic modulo P on values that are numbers where exact and bigints where not. */
import { inverse, mod, toSigned } from '../../base/field.js'

/** An integer modulo P: a number stands for itself, also when negative; a bigint for its class. */
export type Felt = number | bigint

export function add(a: Felt, b: Felt): Felt {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b
    if (Number.isSafeInteger(sum)) return sum
  }
  return mod(BigInt(a) + BigInt(b))
}

export function multiply(a: Felt, b: Felt): Felt {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b
    if (Number.isSafeInteger(product)) return product
  }
  return mod(BigInt(a) * BigInt(b))
}

export function negate(a: Felt): Felt {
  return typeof a === 'number' ? -a : mod(-a)
}

export function subtract(a: Felt, b: Felt): Felt {
  return add(a, negate(b))
}

/** Throws `RangeError` where the divisor is zero. */
export function divide(a: Felt, b: Felt): Felt {
  if (typeof a === 'number' && typeof b === 'number' && b !== 0 && a % b === 0) return a / b
  return normal(BigInt(a) * inverse(BigInt(b)))
}

export function isZero(a: Felt): boolean {
  return typeof a === 'number' ? a === 0 : mod(a) === 0n
}

export function equal(a: Felt, b: Felt): boolean {
  if (typeof a === 'number' && typeof b === 'number') return a === b
  return mod(BigInt(a) - BigInt(b)) === 0n
}

/** A number where the class has an exact one, also where it is negative. */
export function normal(value: bigint): Felt {
  const signed = toSigned(value)
  return signed > -LIMIT && signed < LIMIT ? Number(signed) : mod(value)
}

/** The integer nearest to zero that an element is; of a number itself. */
export function signedOf(value: Felt): bigint {
  return typeof value === 'number' ? BigInt(value) : toSigned(value)
}

const LIMIT = BigInt(Number.MAX_SAFE_INTEGER)
