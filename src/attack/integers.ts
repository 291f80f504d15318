/** Integers of any size: what reasoning about intervals divides and compares. */

export function ceilDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return quotient * b < a ? quotient + 1n : quotient
}

export function floorDivide(a: bigint, b: bigint): bigint {
  return -ceilDivide(-a, b)
}

export function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [abs(a), abs(b)]
  while (y > 0n) [x, y] = [y, x % y]
  return x
}

/** From 0 on, below the divisor. */
export function residue(value: bigint, divisor: bigint): bigint {
  const rest = value % divisor
  return rest < 0n ? rest + divisor : rest
}

export const abs = (a: bigint) => (a < 0n ? -a : a)
export const max = (a: bigint, b: bigint) => (a > b ? a : b)
export const min = (a: bigint, b: bigint) => (a < b ? a : b)
