/** Constants of elementary.ts in parts, and pi to as many bits as large angles need. */

/** log(2): the high part has 32 bits, so that its product with an exponent is exact. */
export const ln2 = {
  value: Math.LN2,
  high: 0.6931471803691238,
  low: 1.9082149292705877e-10,
  lowest: 1.1612227229362532e-26,
} as const

/** Bits of pi behind the point: the largest float64 is an integer of 1,024 bits, and 160 shall be left of it. */
const BITS = 1280n

let halfPi: bigint | undefined

/** x less the nearest multiple of pi / 2, as a sum of two numbers, for |x| of any size above 1. */
export function piHalves(x: number): { quadrant: 0 | 1 | 2 | 3; high: number; low: number } {
  halfPi ??= 2n * (4n * arcOf(5n) - arcOf(239n))
  const point = fixedPoint(Math.abs(x))
  const turns = (2n * point + halfPi) / (2n * halfPi)
  const rest = point - turns * halfPi
  const sign = x < 0 ? -1 : 1
  const high = toNumber(rest)
  const low = toNumber(rest - fixedPoint(high))
  const quadrant = Number(((x < 0 ? -turns : turns) % 4n) + 4n) % 4
  return { quadrant: quadrant as 0 | 1 | 2 | 3, high: sign * high, low: sign * low }
}

/** atan(1 / n) by its series; pi = 16 atan(1/5) - 4 atan(1/239) (Machin). */
function arcOf(n: bigint): bigint {
  let term = (1n << BITS) / n
  let sum = term
  for (let k = 3n, sign = -1n; term !== 0n; k += 2n, sign = -sign) {
    term /= n * n
    sum += (sign * term) / k
  }
  return sum
}

/** value * 2^BITS, cut off below. */
function fixedPoint(value: number): bigint {
  const bytes = new DataView(new ArrayBuffer(8))
  bytes.setFloat64(0, Math.abs(value))
  const bits = bytes.getBigUint64(0)
  const exponent = bits >> 52n
  const fraction = bits & ((1n << 52n) - 1n)
  const whole = exponent === 0n ? fraction : fraction | (1n << 52n)
  const shift = BITS + (exponent === 0n ? 1n : exponent) - 1075n
  const size = shift >= 0n ? whole << shift : whole >> -shift
  return value < 0 ? -size : size
}

function toNumber(value: bigint): number {
  // what is left is below 2^BITS, and float64 ends at 2^1024
  return Number(value >> 300n) / 2 ** 980
}
