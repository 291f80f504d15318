/**
 * Elementary functions in float64 that give the same bits on every machine.
 *
 * ECMAScript leaves `Math.exp`, `Math.sin`, `**` and the like to the engine, and engines have changed their last bits from
 * one version to the next. What follows uses +, -, *, / and square roots alone, which IEEE 754 rounds in one way, and
 * powers of two, which are made of their bits. Results are within an ulp or two of the true ones.
 *
 * Methods: J.-M. Muller, Elementary Functions (3rd ed.), chapters 3 and 11: reduction of the argument with constants in
 * parts (Cody and Waite), then series; products and sums with their errors (Dekker, Knuth) where reduction cancels.
 */
import { ln2, piHalves } from './elementary-constants.js'

/** floor(log2(|value|)), exactly; of a finite value that is not 0. */
export function exponentOf(value: number): number {
  const biased = exponentBits(value)
  return biased === 0 ? exponentBits(value * TWO_54) - BIAS - 54 : biased - BIAS
}

/** 2^n for whole n; 0 and Infinity where that is what float64 has. */
export function powerOfTwo(n: number): number {
  if (n > 1023) return Infinity
  if (n < -1022) return n < -1074 ? 0 : powerOfTwo(n + 54) / TWO_54
  view.setUint32(0, (n + BIAS) << 20)
  view.setUint32(4, 0)
  return view.getFloat64(0)
}

export function square(x: number): number {
  return x * x
}

export function exp(x: number): number {
  return expOf(x, 0)
}

/** e^x - 1, without loss near 0. */
export function expm1(x: number): number {
  if (Math.abs(x) < 0.35) return x === 0 ? x : expSeries(x, 0)
  if (!(x < 709) || x < -38) return x < -38 ? -1 : exp(x) - 1
  const k = Math.round(x / ln2.value)
  const high = x - k * ln2.high
  const rest = high - k * ln2.low
  const scale = powerOfTwo(k)
  const inner = expSeries(rest, high - rest - k * ln2.low)
  // 1 - 2^-k is exact as far as it counts
  return scale * (inner + (1 - 1 / scale))
}

export function log(x: number): number {
  const special = logOfSpecial(x)
  if (special !== undefined) return special
  const { k, f } = reduced(x)
  return k * ln2.high + (logSeries(f) + k * ln2.low)
}

/** Exact for powers of two. */
export function log2(x: number): number {
  const special = logOfSpecial(x)
  if (special !== undefined) return special
  const { k, f } = reduced(x)
  return k + logSeries(f) / ln2.value
}

/** log(1 + x), without loss near 0. */
export function log1p(x: number): number {
  if (Math.abs(x) < 0.29) return x === 0 ? x : logSeries(x)
  const sum = 1 + x
  if (!(sum > 0 && sum < Infinity)) return log(sum)
  const lost = x >= 1 ? 1 - (sum - x) : x - (sum - 1)
  return log(sum) + lost / sum
}

/** base^exponent, as `**` has it for what is special. */
export function power(base: number, exponent: number): number {
  const isSpecial = !Number.isFinite(base) || !Number.isFinite(exponent) || base === 0 || exponent === 0
  // these cases are part of the language, with no room for rounding
  if (isSpecial) return base ** exponent
  const isWhole = Number.isInteger(exponent)
  if (base < 0 && !isWhole) return Number.NaN
  const sign = base < 0 && exponent % 2 !== 0 ? -1 : 1
  const size = Math.abs(base)
  const { high, low } = logInTwo(size)
  const product = twoProduct(exponent, high)
  const logarithm = product.sum
  if (isWhole && Math.abs(exponent) <= MOST_PRODUCTS && Math.abs(logarithm) < SAFE_LOGARITHM)
    return sign * wholePower(size, exponent)
  return sign * expOf(logarithm, Number.isFinite(logarithm) ? product.error + exponent * low : 0)
}

export function sinh(x: number): number {
  const size = Math.abs(x)
  if (size > 22) return Math.sign(x) * halfExp(size)
  const inner = expm1(size)
  return x === 0 ? x : 0.5 * Math.sign(x) * (inner + inner / (inner + 1))
}

export function cosh(x: number): number {
  const size = Math.abs(x)
  if (size > 22) return halfExp(size)
  const outer = exp(size)
  return 0.5 * (outer + 1 / outer)
}

export function tanh(x: number): number {
  const size = Math.abs(x)
  if (size > 22) return Math.sign(x)
  const inner = expm1(2 * size)
  if (x === 0) return x
  return Math.sign(x) * (size < 1 ? inner / (inner + 2) : 1 - 2 / (inner + 2))
}

export function asinh(x: number): number {
  const size = Math.abs(x)
  if (x === 0 || !Number.isFinite(x)) return x
  if (size > LARGE) return Math.sign(x) * (log(size) + ln2.value)
  const square = size * size
  return Math.sign(x) * log1p(size + square / (1 + Math.sqrt(1 + square)))
}

export function acosh(x: number): number {
  if (x > LARGE) return log(x) + ln2.value
  const above = x - 1
  return log1p(above + Math.sqrt(2 * above + above * above))
}

export function atanh(x: number): number {
  const size = Math.abs(x)
  return x === 0 ? x : 0.5 * Math.sign(x) * log1p((2 * size) / (1 - size))
}

export function sin(x: number): number {
  if (x === 0) return x
  const { quadrant, high, low } = quarterTurns(x)
  const value = quadrant % 2 === 0 ? sinSeries(high, low) : cosSeries(high, low)
  return quadrant < 2 ? value : -value
}

export function cos(x: number): number {
  const { quadrant, high, low } = quarterTurns(x)
  const value = quadrant % 2 === 0 ? cosSeries(high, low) : sinSeries(high, low)
  return quadrant === 1 || quadrant === 2 ? -value : value
}

export function tan(x: number): number {
  if (x === 0) return x
  const { quadrant, high, low } = quarterTurns(x)
  const [sine, cosine] = [sinSeries(high, low), cosSeries(high, low)]
  return quadrant % 2 === 0 ? sine / cosine : -cosine / sine
}

export function atan(x: number): number {
  const size = Math.abs(x)
  if (x === 0 || Number.isNaN(x)) return x
  return Math.sign(x) * (size <= 1 ? atanOf(size) : HALF_PI.high - (atanOf(1 / size) - HALF_PI.low))
}

export function asin(x: number): number {
  return x === 0 ? x : atan(x / Math.sqrt((1 - x) * (1 + x)))
}

export function acos(x: number): number {
  return 2 * atan(Math.sqrt((1 - x) / (1 + x)))
}

const view = new DataView(new ArrayBuffer(8))
const BIAS = 1023
const TWO_54 = 2 ** 54
/** Beyond this, 1 + x^2 is x^2. */
const LARGE = 2 ** 28
const HALF_PI = { high: 1.5707963267948966, low: 6.123233995736766e-17 }

/** Powers up to this are products, and exact where float64 has the result. */
const MOST_PRODUCTS = 64
/** Of results that no product on the way leaves the range of float64 for. */
const SAFE_LOGARITHM = 600

function exponentBits(value: number): number {
  view.setFloat64(0, value)
  return (view.getUint32(0) >>> 20) & 0x7ff
}

/** e^(x + low), for a low part far below x. */
function expOf(x: number, low: number): number {
  if (!(x < 710)) return x > 0 ? Infinity : x
  if (x < -746) return 0
  const k = Math.round(x / ln2.value)
  const high = x - k * ln2.high
  const rest = high - k * ln2.low
  return scaled(1 + expSeries(rest, high - rest - k * ln2.low + low), k)
}

/** value * 2^k with one rounding, for a value about 1. */
function scaled(value: number, k: number): number {
  if (k > 1023) return value * 2 * powerOfTwo(k - 1)
  return k < -1021 ? (value * powerOfTwo(k + 200)) / powerOfTwo(200) : value * powerOfTwo(k)
}

/** e^(x + low) - 1 for |x| up to 0.35: x + x^2 / 2! + x^3 / 3! + ... */
function expSeries(x: number, low: number): number {
  let sum = EXP_TERMS[EXP_TERMS.length - 1]!
  for (let i = EXP_TERMS.length - 2; i >= 0; i--) sum = sum * x + EXP_TERMS[i]!
  const tail = x * x * sum
  return x + (tail + low * (1 + x + tail))
}

/** 1 / 2!, 1 / 3!, ... 1 / 14! */
const EXP_TERMS = factorials(2, 14, 1)

/** e^x / 2 without leaving float64 too early. */
function halfExp(x: number): number {
  if (x < 709) return 0.5 * exp(x)
  const root = exp(0.5 * x)
  return 0.5 * root * root
}

function logOfSpecial(x: number): number | undefined {
  if (x > 0 && x < Infinity) return undefined
  return x === 0 ? -Infinity : x > 0 ? x : Number.NaN
}

/** x = 2^k (1 + f) with 1 + f between the roots of 1/2 and 2; exact. */
function reduced(x: number): { k: number; f: number } {
  const exponent = exponentOf(x)
  const mantissa = exponent < -1000 ? (x * TWO_54) / powerOfTwo(exponent + 54) : x / powerOfTwo(exponent)
  return mantissa > Math.SQRT2 ? { k: exponent + 1, f: mantissa / 2 - 1 } : { k: exponent, f: mantissa - 1 }
}

/** log(1 + f) = 2 atanh(s) with s = f / (2 + f), written as f - f^2 / 2 + ... so that f itself is not rounded. */
function logSeries(f: number): number {
  const s = f / (2 + f)
  const rest = s * s * atanhTail(s * s)
  const half = 0.5 * f * f
  return f - (half - s * (half + 2 * rest))
}

/** 1/3 + z/5 + z^2/7 + ... */
function atanhTail(z: number): number {
  let sum = 1 / 29
  for (let n = 27; n >= 3; n -= 2) sum = sum * z + 1 / n
  return sum
}

/** log(x) as a sum of two numbers, to about 2^-64 of itself. */
function logInTwo(x: number): { high: number; low: number } {
  const { k, f } = reduced(x)
  // s = f / (2 + f) with its error
  const under = twoSum(2, f)
  const s = f / under.sum
  const back = twoProduct(s, under.sum)
  const sError = (f - back.sum - back.error - s * under.error) / under.sum
  // 2 s + 2 s^3 / 3 + 2 s^5 (1/5 + ...), the first two with their errors
  const square = twoProduct(s, s)
  const cube = twoProduct(square.sum, s)
  const third = twoProduct(cube.sum, 1 / 3)
  const thirdError = third.error + cube.error / 3 + (square.error * s) / 3 + cube.sum * THIRD_ERROR
  const z = square.sum
  const tail = cube.sum * z * ((atanhTail(z) - 1 / 3) / (z === 0 ? 1 : z))
  const series = twoSum(2 * s, 2 * third.sum)
  const seriesError = series.error + 2 * (sError * (1 + z) + thirdError + tail)
  const whole = twoSum(k * ln2.high, series.sum)
  const parts = twoSum(whole.sum, whole.error + seriesError + k * ln2.low)
  return { high: parts.sum, low: parts.error + k * ln2.lowest }
}

/** 1/3 is not the number that float64 has for it. */
const THIRD_ERROR = 1.850371707708594e-17

/** Squares and products in two numbers each, so that nothing is lost on the way. */
function wholePower(base: number, exponent: number): number {
  let result = { high: 1, low: 0 }
  let square = { high: base, low: 0 }
  for (let left = Math.abs(exponent); left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = timesInTwo(result, square)
    if (left > 1) square = timesInTwo(square, square)
  }
  if (exponent > 0) return result.high + result.low
  const inverse = 1 / result.high
  const back = twoProduct(inverse, result.high)
  return inverse + inverse * (1 - back.sum - back.error - inverse * result.low)
}

type InTwo = { readonly high: number; readonly low: number }

function timesInTwo(a: InTwo, b: InTwo): InTwo {
  const { sum, error } = twoProduct(a.high, b.high)
  const made = twoSum(sum, error + (a.high * b.low + a.low * b.high))
  return { high: made.sum, low: made.error }
}

/** The rounded sum and what it lacks (Knuth). */
function twoSum(a: number, b: number): { sum: number; error: number } {
  const sum = a + b
  const part = sum - a
  return { sum, error: a - (sum - part) + (b - part) }
}

/** The rounded product and what it lacks (Dekker), away from the ends of the range. */
function twoProduct(a: number, b: number): { sum: number; error: number } {
  const sum = a * b
  const [x, y] = [halved(a), halved(b)]
  return { sum, error: x.low * y.low - (sum - x.high * y.high - x.low * y.high - x.high * y.low) }
}

/** The upper 26 bits and the rest. */
function halved(a: number): InTwo {
  const shifted = 134217729 * a
  const high = shifted - (shifted - a)
  return { high, low: a - high }
}

type Turned = { readonly quadrant: 0 | 1 | 2 | 3; readonly high: number; readonly low: number }

/** Up to this many quarter turns their product with pi / 2 in parts is exact. */
const FEW_TURNS = 2 ** 20

/** x less the nearest multiple of pi / 2, as a sum of two numbers. */
function quarterTurns(x: number): Turned {
  if (!Number.isFinite(x)) return { quadrant: 0, high: Number.NaN, low: 0 }
  const turns = Math.round(x / HALF_PI.high)
  if (Math.abs(turns) > FEW_TURNS) return piHalves(x)
  const first = x - turns * PI_PARTS[0]
  const second = twoSum(first, -turns * PI_PARTS[1])
  const third = twoSum(second.sum, second.error - turns * PI_PARTS[2])
  return { quadrant: (((turns % 4) + 4) % 4) as Turned['quadrant'], high: third.sum, low: third.error }
}

/** The bits of pi / 2, 33 in each of the first two. */
const PI_PARTS = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21] as const

/** sin(x + low) for |x| up to pi / 4: x - x^3 / 3! + ... */
function sinSeries(x: number, low: number): number {
  const z = x * x
  return x + (x * z * evenSeries(SIN_TERMS, z) + low * (1 - 0.5 * z))
}

/** cos(x + low) for |x| up to pi / 4: 1 - x^2 / 2! + ..., the first two terms without loss. */
function cosSeries(x: number, low: number): number {
  const z = x * x
  const half = 0.5 * z
  const near = 1 - half
  return near + (1 - near - half + (z * z * evenSeries(COS_TERMS, z) - x * low))
}

function evenSeries(terms: Float64Array, z: number): number {
  let sum = terms[terms.length - 1]!
  for (let i = terms.length - 2; i >= 0; i--) sum = sum * z + terms[i]!
  return sum
}

/** -1 / 3!, 1 / 5!, ... and 1 / 4!, -1 / 6!, ... */
const SIN_TERMS = factorials(3, 19, 2).map((term, i) => (i % 2 === 0 ? -term : term))
const COS_TERMS = factorials(4, 20, 2).map((term, i) => (i % 2 === 0 ? term : -term))

/** 1 / n! for every `step`-th n, whose factorials are exact, or rounded once or twice where they no longer count. */
function factorials(first: number, last: number, step: number): Float64Array {
  const terms: number[] = []
  for (let n = 1, factorial = 1; n <= last; n++) {
    factorial *= n
    if (n >= first && (n - first) % step === 0) terms.push(1 / factorial)
  }
  return Float64Array.from(terms)
}

/** atan for 0 to 1: from the nearest quarter on, whose arc is known in two numbers. */
function atanOf(x: number): number {
  const at = Math.round(4 * x)
  const quarter = at / 4
  const t = (x - quarter) / (1 + x * quarter)
  const z = t * t
  let sum = 1 / 21
  for (let n = 19; n >= 3; n -= 2) sum = 1 / n - sum * z
  return ARCS[at]![0] + (t - (t * z * sum - ARCS[at]![1]))
}

/** The arcs of 0, 1/4, 1/2, 3/4 and 1. */
const ARCS = [
  [0, 0],
  [0.24497866312686414, 1.0698755618734451e-17],
  [0.4636476090008061, 2.2698777452961687e-17],
  [0.6435011087932844, 1.5834785051444286e-17],
  [0.7853981633974483, 3.061616997868383e-17],
] as const
