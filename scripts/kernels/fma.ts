/**
 * A prime field of 254 bits in double-precision numbers: five digits of 51 bits with signs, two elements a register set,
 * products by fused multiply-add. Montgomery form with R = 2^255.
 *
 * How a product comes apart: for |a|, |b| <= 2^51 the sum a b + C with C = 3 * 2^102 lies within [2^103, 2^104], where
 * doubles are multiples of 2^51. So h = fma(a, b, C) holds a b rounded to such a multiple, and l = fma(a, b, D - h) with
 * D = C + 3 * 2^51 is exact: a b = (h - C) + (l - 3 * 2^51), and |l - 3 * 2^51| <= 2^50. As 64-bit integers, h and l are
 * their values in units of 2^51 and 1, plus the bits of C and of 3 * 2^51: integer additions sum them up, and the bits of
 * the constants are taken away once, in what a sum begins with.
 *
 * Bounds. A digit is balanced if |d| <= 2^50; products and `reduce` give balanced digits. A factor may be the difference
 * or the sum of two balanced elements (|d| <= 2^51), or one factor |d| <= 2^52 where the other is balanced. In values:
 * |a b / R + q p / R| <= 0.38 |a| |b| / p + 0.5 p, and `reduce` gives at most 0.51 p.
 */

import { i8x16 } from 'wasmati'
import { inverse } from '../../src/base/field.js'
import {
  assign,
  bits,
  double,
  type Expr,
  type Locals,
  load,
  long,
  type Operand,
  op,
  pair,
  set,
  store,
  type V128,
} from './code.js'
import { balanced, balancedDigits, type Product, productsBy } from './digits.js'
import type { Constants, Field, Vector } from './field.js'

const bytesFrom = (start: number) => Array.from({ length: 8 }, (_, i) => start + i)
const shuffle = (first: number, second: number) =>
  op(() => i8x16.shuffle([...bytesFrom(first), ...bytesFrom(second)] as never))
const lows = shuffle(0, 16)
const highs = shuffle(8, 24)

const DIGITS = 5
const WIDTH = 51
const UNIT = 2n ** 51n
const R = 2n ** 255n

/** h's addend: sums with it are multiples of 2^51. */
const HIGH = 3 * 2 ** 102
/** l's addend: sums with it are integers. */
const LOW = 3 * 2 ** 51
/** Added before a shift to the right, so that what is shifted is positive. */
const LIFT = 2n ** 60n

export function fmaField(prime: bigint, constants: Constants): Field {
  const doubles = (value: number) => constants.vector(doubleBits(value))
  const integers = (value: bigint) => constants.vector(value)
  const high = doubles(HIGH)
  const both = doubles(HIGH + LOW)
  const low = doubles(LOW)
  const mask = integers(UNIT - 1n)
  const two52 = doubles(2 ** 52)
  const balance = doubles(2 ** 52 + 2 ** 50)
  const modulus = balancedDigits(prime, WIDTH, DIGITS)
  const unsigned = unsignedDigitsOf(prime)
  const p = unsigned.map(doubles)
  const pHigh = unsigned.map((digit) => doubles(HIGH - LOW * digit))
  const pBoth = unsigned.map((digit) => doubles(HIGH - LOW * digit + LOW))
  const minusP = modulus.map((digit) => doubles(-digit))
  const inverseDigit = Number(balanced(-inverse(prime, UNIT), WIDTH))
  const minusInverse = doubles(inverseDigit)
  const inverseHigh = doubles(HIGH - 2 ** 52 * inverseDigit)
  const inverseBoth = doubles(HIGH - 2 ** 52 * inverseDigit + LOW)
  const perPrime = doubles(2 ** (WIDTH * (DIGITS - 1)) / Number(prime))
  const perUnit = doubles(2 ** -WIDTH)

  /** Adds a product to positions k and k + 1. */
  function addProduct(sums: Sums, k: number, a: Operand, b: Operand, h: V128): void {
    set(h, double.fma(a, b, high))
    sums.add(k, double.fma(a, b, double.sub(both, h)), 'low')
    sums.add(k + 1, h, 'high')
  }

  /** Adds the multiple of p that makes position k divisible by 2^51, and carries it. */
  function reducePosition(sums: Sums, k: number, { x, h }: { x: V128; h: V128 }): void {
    set(x, bits.or(bits.and(sums.at(k), mask), two52))
    set(h, double.fma(x, minusInverse, inverseHigh))
    set(x, double.fma(x, minusInverse, double.sub(inverseBoth, h)))
    for (let j = 0; j < DIGITS; j++) {
      set(h, double.fma(x, p[j]!, pHigh[j]!))
      sums.add(k + j, double.fma(x, p[j]!, double.sub(pBoth[j]!, h)), 'low')
      sums.add(k + j + 1, h, 'high')
    }
    sums.carry(k)
  }

  function finish(sums: Sums, out: readonly V128[]): void {
    for (let j = 0; j < DIGITS - 1; j++) {
      const k = DIGITS + j
      sums.carry(k)
      set(out[j]!, double.sub(bits.or(bits.and(sums.at(k), mask), two52), balance))
    }
    set(out[DIGITS - 1]!, double.sub(sums.at(2 * DIGITS - 1), low))
  }

  /** Rows of products, one for each digit of the first factor; what they are decides on the biases before any is written. */
  function montgomery(out: readonly V128[], rows: readonly (readonly Product[])[], locals: Locals): void {
    const scratch = { x: locals.v128(), h: locals.v128() }
    const b = locals.v128()
    const sums = sumsOf(rows, constants, locals)
    rows.forEach((row, i) => {
      let held: Operand | undefined
      for (const product of row) {
        if (held !== product.b) set(b, product.b)
        held = product.b
        addProduct(sums, product.k, product.a, b, scratch.h)
      }
      reducePosition(sums, i, scratch)
    })
    finish(sums, out)
  }

  const field: Field = {
    prime,
    radix: R,
    limbs: DIGITS,
    bytes: 8 * DIGITS,
    limbBytes: 8,
    ...productsBy(DIGITS, montgomery, double.add),
    add: (out, a, b) => zip(out, a, b, double.add),
    sub: (out, a, b) => zip(out, a, b, double.sub),
    reduce(x, locals) {
      const m = locals.v128()
      set(m, double.sub(double.add(double.mul(x[DIGITS - 1]!, perPrime), low), low))
      for (let j = 0; j < DIGITS; j++) set(x[j]!, double.fma(m, minusP[j]!, x[j]!))
      for (let j = 0; j < DIGITS - 1; j++) {
        set(m, double.sub(double.add(x[j]!, high), high))
        set(x[j]!, double.sub(x[j]!, m))
        set(x[j + 1]!, double.fma(m, perUnit, x[j + 1]!))
      }
    },
    negateWhere(x, mask, locals) {
      const signs = locals.v128()
      set(signs, mask)
      for (const digit of x) set(digit, bits.xor(digit, signs))
    },
    signMask: 1n << 63n,
    negate: (out, a) => assign(out, (j) => double.neg(a[j]!)),
    zero: doubles(0),
    isZero(x) {
      const any = x.map((limb) => double.abs(limb)).reduce((a, b) => bits.or(a, b))
      return long.isZero(pair.lane(any, 0))
    },
    loadBoth: (out, address) => assign(out, (j) => load.v128(address, 16 * j)),
    storeBoth: (address, x) => x.forEach((limb, j) => void store.v128(address, limb, 16 * j)),
    storeIntegers(address, x, locals) {
      const [t, carry, sign] = [locals.v128(), locals.v128(), locals.v128()]
      const digits = locals.vector(DIGITS)
      const propagate = () => {
        for (let j = 0; j < DIGITS - 1; j++) {
          // |digits| < 2^52, so that a lifted one is positive
          set(t, pair.add(digits[j]!, integers(LIFT)))
          set(digits[j]!, bits.and(t, mask))
          set(carry, pair.sub(pair.shr(t, WIDTH), integers(LIFT / UNIT)))
          set(digits[j + 1]!, pair.add(digits[j + 1]!, carry))
        }
      }
      digits.forEach((digit, j) => {
        set(digit, pair.sub(double.add(x[j]!, low), integers(doubleBits(LOW))))
      })
      propagate()
      set(sign, pair.shrSigned(digits[DIGITS - 1]!, 63))
      unsigned.forEach((digit, j) => {
        set(digits[j]!, pair.add(digits[j]!, bits.and(sign, integers(BigInt(digit)))))
      })
      propagate()
      const [d0, d1, d2, d3, d4] = digits as [V128, V128, V128, V128, V128]
      const words = [
        bits.or(d0, pair.shl(d1, 51)),
        bits.or(pair.shr(d1, 13), pair.shl(d2, 38)),
        bits.or(pair.shr(d2, 26), pair.shl(d3, 25)),
        bits.or(pair.shr(d3, 39), pair.shl(d4, 12)),
      ]
      words.forEach((word, j) => {
        set(t, word)
        store.lane64(address, t, 0, 8 * j)
        store.lane64(address, t, 1, 32 + 8 * j)
      })
    },
    loadIntegers(out, low_, high_, locals) {
      const words = locals.vector(4)
      assign(words, (j) => load.pair64(low_, high_, 8 * j))
      const [w0, w1, w2, w3] = words as [V128, V128, V128, V128]
      const digits = [
        w0,
        bits.or(pair.shr(w0, 51), pair.shl(w1, 13)),
        bits.or(pair.shr(w1, 38), pair.shl(w2, 26)),
        bits.or(pair.shr(w2, 25), pair.shl(w3, 39)),
      ].map((word) => bits.and(word, mask))
      ;[...digits, pair.shr(w3, 12)].forEach(
        (digit, j) => void set(out[j]!, double.sub(bits.or(digit, two52), two52)),
      )
    },
    maybeZero(x, locals) {
      const rest = locals.v128()
      set(rest, double.sub(x[0]!, double.sub(double.add(x[0]!, high), high)))
      const zero = double.eq(rest, double.const(0))
      const other = double.eq(double.abs(rest), doubles(Math.abs(modulus[0]!)))
      return bits.or(zero, other)
    },
    loadPair: (out, low_, high_, offset) => {
      assign(out, (j) => load.pair64(low_, high_, offset + 8 * j))
    },
    storeLane: (address, x, lane, offset) => {
      x.forEach((limb, j) => void store.lane64(address, limb, lane, offset + 8 * j))
    },
    laneBytes: 8,
    splat: (out, element) => assign(out, (j) => load.both64(element, 16 * j)),
    storeInto: (element, x) => x.forEach((limb, j) => void store.lane64(element, limb, 0, 16 * j)),
    lows,
    highs,
    constant: (value) => {
      const digits = balancedDigits(value, WIDTH, DIGITS)
      return digits.map(doubles)
    },
    limbValues: (value) => balancedDigits(value, WIDTH, DIGITS).map(doubleBits),
  }
  return field
}

type Sums = {
  at(k: number): V128
  add(k: number, value: Operand, part: 'low' | 'high'): void
  carry(k: number): void
}

/**
 * The ten positions of a product and its reduction. Each begins with what takes the bits of the constants away that will
 * have been added to it, and prepares its shift: lifted before, lowered after; and in the upper half half a unit more,
 * which makes digits balanced.
 */
function sumsOf(rows: readonly (readonly Product[])[], constants: Constants, locals: Locals): Sums {
  const positions = locals.vector(2 * DIGITS)
  const counts = Array.from({ length: 2 * DIGITS }, () => ({ low: 0, high: 0 }))
  const note = (k: number) => {
    counts[k]!.low++
    counts[k + 1]!.high++
  }
  rows.forEach((row, i) => {
    for (const { k } of row) note(k)
    for (let j = 0; j < DIGITS; j++) note(i + j)
  })
  const begin = counts.map(({ low, high }, k) => {
    const taken = -BigInt(low) * doubleBits(LOW) - BigInt(high) * doubleBits(HIGH)
    const lowered = k === 0 ? 0n : -(LIFT / UNIT)
    if (k === 2 * DIGITS - 1) return taken + lowered + doubleBits(LOW)
    return taken + lowered + LIFT + (k >= DIGITS ? UNIT / 2n : 0n)
  })
  const isBegun = positions.map(() => false)
  const held = (k: number): Operand => {
    if (isBegun[k]) return positions[k]!
    isBegun[k] = true
    return constants.vector(begin[k]!)
  }
  return {
    at: (k) => positions[k]!,
    add: (k, value) => set(positions[k]!, pair.add(held(k), value)),
    carry: (k) => set(positions[k + 1]!, pair.add(held(k + 1), pair.shr(positions[k]!, WIDTH))),
  }
}

function zip(out: readonly V128[], a: Vector, b: Vector, op: (x: Operand, y: Operand) => Expr): void {
  assign(out, (j) => op(a[j]!, b[j]!))
}

function unsignedDigitsOf(value: bigint): number[] {
  return Array.from({ length: DIGITS }, (_, j) => Number(BigInt.asUintN(WIDTH, value >> BigInt(WIDTH * j))))
}

function doubleBits(value: number): bigint {
  return new BigInt64Array(Float64Array.of(value).buffer)[0]!
}
