/**
 * A prime field of 254 bits in 32-bit integers: nine digits of 29 bits with signs, two elements a register set, products
 * by `i64x2.extmul`. Montgomery form with R = 2^261. For platforms without a fused multiply-add.
 *
 * A limb's two lanes are the first two 32-bit integers of its register; the others are never looked at.
 *
 * Bounds. A digit is balanced if |d| <= 2^28; products and `reduce` give balanced digits. A factor may be the difference or
 * the sum of two balanced elements (|d| <= 2^29), or one factor the sum of four where the other is balanced. A position
 * sums at most 18 products of 2^58 and 9 of 2^56 with p's digits: below 2^62.4, so that with what is lifted it stays below
 * 2^63. In values: |a b / R + q p / R| <= |a| |b| / (169 p) + 0.5 p, and `reduce` gives at most 0.52 p.
 */

import { i8x16 } from 'wasmati'
import { inverse } from '../../src/base/field.js'
import {
  assign,
  bits,
  int,
  type Locals,
  load,
  type Operand,
  op,
  pair,
  quad,
  set,
  store,
  type V128,
} from './code.js'
import { balanced, balancedDigits, type Product, productsBy } from './digits.js'
import type { Constants, Field } from './field.js'

const DIGITS = 9
const WIDTH = 29
const UNIT = 2n ** 29n
const HALF = UNIT / 2n
const R = 2n ** 261n
/** Added before a shift to the right, so that what is shifted is positive. */
const LIFT = 2n ** 63n
/** Of `reduce`: digits of the quotient's estimate. */
const ESTIMATE = 27

const bytesOf = (...lanes: number[]) => lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte))
const shuffle = (...lanes: number[]) => op(() => i8x16.shuffle(bytesOf(...lanes) as never))
/** From two 64-bit integers, their low words to the first two lanes. */
const narrow = (a: Operand) => shuffle(0, 2, 0, 2)(a, a)
const lows = shuffle(0, 4, 0, 4)
const highs = shuffle(1, 5, 1, 5)

export function integerField(prime: bigint, constants: Constants): Field {
  const quads = (value: number | bigint) => {
    const word = BigInt.asUintN(32, BigInt(value))
    return constants.vector(word | (word << 32n))
  }
  const longs = (value: bigint) => constants.vector(value)
  const mask = longs(UNIT - 1n)
  const half = longs(HALF)
  const modulus = balancedDigits(prime, WIDTH, DIGITS)
  const p = modulus.map(quads)
  const minusInverse = quads(balanced(-inverse(prime, UNIT), WIDTH))
  const perTop = quads((2n ** BigInt(ESTIMATE) * UNIT ** 8n + prime / 2n) / prime)
  const estimateHalf = quads(2 ** (ESTIMATE - 1))
  const firstTwo = constants.vector(2n ** 64n - 1n, 0n)

  function montgomery(out: readonly V128[], rows: readonly (readonly Product[])[], locals: Locals): void {
    const positions = locals.vector(2 * DIGITS)
    const q = locals.v128()
    const begun = positions.map(() => false)
    const lowered = LIFT / UNIT
    const begin = (k: number) => {
      const bias = LIFT - (k === 0 ? 0n : lowered) + (k >= DIGITS ? HALF : 0n)
      return longs(k === 2 * DIGITS - 1 ? -lowered : bias)
    }
    const held = (k: number): Operand => {
      if (begun[k]) return positions[k]!
      begun[k] = true
      return begin(k)
    }
    const add = (k: number, value: Operand) => set(positions[k]!, pair.add(held(k), value))
    const carry = (k: number) => add(k + 1, pair.shr(positions[k]!, WIDTH))
    rows.forEach((row, i) => {
      for (const { k, a, b } of row) add(k, quad.product(a, b))
      set(q, quad.mul(positions[i]!, minusInverse))
      set(q, quad.shrSigned(quad.shl(q, 32 - WIDTH), 32 - WIDTH))
      set(q, narrow(q))
      for (let j = 0; j < DIGITS; j++) add(i + j, quad.product(q, p[j]!))
      carry(i)
    })
    for (let j = 0; j < DIGITS - 1; j++) {
      set(out[j]!, pair.sub(bits.and(positions[DIGITS + j]!, mask), half))
      set(out[j]!, narrow(out[j]!))
      carry(DIGITS + j)
    }
    set(out[DIGITS - 1]!, narrow(positions[2 * DIGITS - 1]!))
  }

  const field: Field = {
    prime,
    radix: R,
    limbs: DIGITS,
    bytes: 4 * DIGITS,
    limbBytes: 4,
    ...productsBy(DIGITS, montgomery, quad.add),
    add: (out, a, b) => assign(out, (j) => quad.add(a[j]!, b[j]!)),
    sub: (out, a, b) => assign(out, (j) => quad.sub(a[j]!, b[j]!)),
    negate: (out, a) => assign(out, (j) => quad.neg(a[j]!)),
    reduce(x, locals) {
      const m = locals.v128()
      set(m, quad.shrSigned(quad.add(quad.mul(x[DIGITS - 1]!, perTop), estimateHalf), ESTIMATE))
      assign(x, (j) => quad.sub(x[j]!, quad.mul(m, p[j]!)))
      for (let j = 0; j < DIGITS - 1; j++) {
        set(m, quad.shrSigned(quad.add(x[j]!, quads(HALF)), WIDTH))
        set(x[j]!, quad.sub(x[j]!, quad.shl(m, WIDTH)))
        set(x[j + 1]!, quad.add(x[j + 1]!, m))
      }
    },
    negateWhere(x, mask, locals) {
      const signs = locals.v128()
      set(signs, mask)
      set(signs, narrow(signs))
      for (const limb of x) set(limb, quad.sub(bits.xor(limb, signs), signs))
    },
    signMask: 2n ** 64n - 1n,
    zero: quads(0),
    isZero: (x) =>
      int.isZero(
        quad.lane(
          x.map((limb): Operand => limb).reduce((a, b) => bits.or(a, b)),
          0,
        ),
      ),
    maybeZero(x, locals) {
      const rest = locals.v128()
      set(rest, quad.shl(x[0]!, 32 - WIDTH))
      const shifted = quads(BigInt(modulus[0]!) << BigInt(32 - WIDTH))
      const minus = quads(-BigInt(modulus[0]!) << BigInt(32 - WIDTH))
      return bits.and(
        firstTwo,
        bits.or(quad.eq(rest, quads(0)), bits.or(quad.eq(rest, shifted), quad.eq(rest, minus))),
      )
    },
    loadPair: (out, low, high, offset) => assign(out, (j) => load.pair32(low, high, offset + 4 * j)),
    storeLane: (address, x, lane, offset) =>
      x.forEach((limb, j) => void store.lane32(address, limb, lane, offset + 4 * j)),
    loadBoth: (out, address) => assign(out, (j) => load.v128(address, 16 * j)),
    storeBoth: (address, x) => x.forEach((limb, j) => void store.v128(address, limb, 16 * j)),
    laneBytes: 4,
    splat: (out, element) => assign(out, (j) => load.both32(element, 16 * j)),
    storeInto: (element, x) => x.forEach((limb, j) => void store.lane32(element, limb, 0, 16 * j)),
    lows,
    highs,
    loadIntegers(out, low, high, locals) {
      const words = locals.vector(4)
      assign(words, (j) => load.pair64(low, high, 8 * j))
      out.forEach((limb, j) => {
        const [word, shift] = [Math.floor((WIDTH * j) / 64), (WIDTH * j) % 64]
        const own = pair.shr(words[word]!, shift)
        const crosses = shift + WIDTH > 64 && word < 3
        const digit = crosses ? bits.or(own, pair.shl(words[word + 1]!, 64 - shift)) : own
        // the top one takes all that is left
        set(limb, j === DIGITS - 1 ? digit : bits.and(digit, mask))
        set(limb, narrow(limb))
      })
    },
    storeIntegers(address, x, locals) {
      const [t, sign] = [locals.v128(), locals.v128()]
      const digits = locals.vector(DIGITS)
      const lift = 2n ** 40n
      const propagate = () => {
        for (let j = 0; j < DIGITS - 1; j++) {
          set(t, pair.add(digits[j]!, longs(lift)))
          set(digits[j]!, bits.and(t, mask))
          set(digits[j + 1]!, pair.add(digits[j + 1]!, pair.sub(pair.shr(t, WIDTH), longs(lift / UNIT))))
        }
      }
      assign(digits, (j) => quad.extend(x[j]!))
      propagate()
      set(sign, pair.shrSigned(digits[DIGITS - 1]!, 63))
      digits.forEach((digit, j) => {
        const own = BigInt.asUintN(WIDTH, prime >> BigInt(WIDTH * j))
        set(digit, pair.add(digit, bits.and(sign, longs(own))))
      })
      propagate()
      for (let word = 0; word < 4; word++) {
        const parts = digits.flatMap((digit, j) => {
          const shift = WIDTH * j - 64 * word
          if (shift <= -WIDTH || shift >= 64) return []
          return [shift >= 0 ? pair.shl(digit, shift) : pair.shr(digit, -shift)]
        })
        set(
          t,
          parts.reduce((a, b) => bits.or(a, b)),
        )
        store.lane64(address, t, 0, 8 * word)
        store.lane64(address, t, 1, 32 + 8 * word)
      }
    },
    constant: (value) => balancedDigits(value, WIDTH, DIGITS).map(quads),
    limbValues: (value) => balancedDigits(value, WIDTH, DIGITS).map(BigInt),
  }
  return field
}
