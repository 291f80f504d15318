/**
 * Scalars of a multi-scalar multiplication: split in two halves by the endomorphism, and cut into windows of signed digits.
 *
 * k = k1 + k2 lambda mod r with |k1|, |k2| < 2^126.2 (Gallant, Lambert and Vanstone, "Faster point multiplication on
 * elliptic curves with efficient endomorphisms", section 4). A small k, or small r - k, is its own first half, and takes no
 * second. A half is stored with half a window's range added in each window but the top one, so that each window's digit is
 * a few of its bits less that half, without a carry; the top window takes what is left, with the sign.
 */

import { HALF_BYTES, IMAGE, TOLD } from '../../src/prover/groth16/fast/offsets.js'
import {
  type AnyFunc,
  assign,
  count,
  define,
  type Expr,
  type I32,
  type I64,
  int,
  type Locals,
  load,
  long,
  type Operand,
  set,
  store,
  when,
} from './code.js'

export type Lattice = {
  readonly order: bigint
  /** Short vectors of the lattice of (x, y) with x + y lambda = 0 mod r: (a1, b1) and (a2, b2). */
  readonly a: readonly [bigint, bigint]
  readonly b: readonly [bigint, bigint]
}

export type ScalarKernels = {
  readonly prepare: AnyFunc
  readonly countDigits: AnyFunc
  readonly placeDigits: AnyFunc
}

/** A scalar that fits in this many bits is not split. */
const SMALL = 62

export function scalarKernels(lattice: Lattice): ScalarKernels {
  const { order, a, b } = lattice

  /** k -> c = round(k g / 2^(32 shiftLimbs)), from the limbs of k from `from` on. */
  function quotient(k: I64[], from: number, g: bigint, bits: number, locals: Locals): I64[] {
    const limbs = words(g)
    const product = multiply(k.slice(from).map(get), limbs, k.length - from + limbs.length, locals)
    const shift = bits - 32 * from
    // half of what is cut off, added first
    const rounded = addTo(product, 1n << BigInt(shift - 1), locals)
    return rounded.slice(shift / 32)
  }

  /**
   * (scalars, points, n, stride, halves, entries, capacity, told): writes the halves that are not 0 and their entries, the
   * wide ones from the front and the narrow ones from the end. `points` holds, for each of n points, the index of its
   * scalar; point i is at entries' base + i * stride.
   */
  const prepare = define(8, ([scalars, indices, n, stride, halves, entries, capacity, told], locals) => {
    const [i, from, address, wide, narrow] = [
      locals.i32(),
      locals.i32(),
      locals.i32(),
      locals.i32(),
      locals.i32(),
    ]
    const k = Array.from({ length: 8 }, () => locals.i64())
    const w = Array.from({ length: 4 }, () => locals.i64())
    const minus = Array.from({ length: 4 }, () => locals.i64())
    const borrow = locals.i64()
    const [low, high, place] = [locals.i64(), locals.i64(), locals.i32()]

    const emitHalf = (flag: number) => {
      when(int.or(isNonZero(low), isNonZero(high)), () => {
        // narrow: low + 2^(c - 1) < 2^c as unsigned, and the high word is the sign
        when(
          int.and(
            long.lt(
              long.add(low, load.i64(told!, TOLD.narrow)),
              long.shl(load.i64(told!, TOLD.narrow), long.const(1n)),
            ),
            long.eq(high, long.shrSigned(low, long.const(63n))),
          ),
          () => {
            set(narrow, int.sub(narrow, 1))
            set(place, narrow)
          },
          () => {
            set(place, wide)
            set(wide, int.add(wide, 1))
          },
        )
        set(w[0]!, long.add(low, load.i64(told!, TOLD.biasLow)))
        store.i64(int.add(halves!, int.shl(place, 4)), w[0]!)
        store.i64(
          int.add(halves!, int.shl(place, 4)),
          long.add(
            long.add(high, load.i64(told!, TOLD.biasHigh)),
            long.extend(long.lt(w[0]!, load.i64(told!, TOLD.biasLow))),
          ),
          8,
        )
        store.i32(int.add(entries!, int.shl(place, 2)), int.or(address, flag))
      })
    }
    set(wide, 0)
    set(narrow, capacity!)
    set(address, load.i32(told!, TOLD.wide))
    set(i, 0)
    count(i, n!, 1, () => {
      set(from, int.add(scalars!, int.shl(load.i32(int.add(indices!, int.shl(i, 2))), 5)))
      assign(w, (j) => load.i64(from, 8 * j))
      when(
        int.and(isZero(w.slice(1)), long.lt(w[0]!, long.const(1n << BigInt(SMALL)))),
        () => {
          set(low, w[0]!)
          set(high, long.const(0n))
          emitHalf(0)
        },
        () => {
          // r - k
          subtract(minus, constantWords(order, 4), w, borrow)
          when(
            int.and(isZero(minus.slice(1)), long.lt(minus[0]!, long.const(1n << BigInt(SMALL)))),
            () => {
              set(low, long.sub(long.const(0n), minus[0]!))
              set(high, long.const(-1n))
              emitHalf(0)
            },
            () => {
              w.forEach((word, j) => {
                set(k[2 * j]!, long.and(word, long.const(0xffffffffn)))
                set(k[2 * j + 1]!, long.shr(word, long.const(32n)))
              })
              // c1 = round(b2 k / r), c2 = round(-b1 k / r)
              const c1 = quotient(k, 4, rounded(b[1] << 256n, order), 256, locals)
              const c2 = quotient(k, 2, rounded(-b[0] << 256n, order), 256, locals)
              const half = (terms: readonly (readonly [I64[], bigint])[], start: I64[] | undefined) => {
                const total = combine(start, terms, locals)
                set(low, long.or(total[0]!, long.shl(total[1]!, long.const(32n))))
                set(high, long.or(total[2]!, long.shl(total[3]!, long.const(32n))))
              }
              half(
                [
                  [c1, -a[0]],
                  [c2, -a[1]],
                ],
                k,
              )
              emitHalf(0)
              half(
                [
                  [c1, -b[0]],
                  [c2, -b[1]],
                ],
                undefined,
              )
              emitHalf(IMAGE)
            },
          )
        },
      )
      set(address, int.add(address, stride!))
    })
    store.i32(told!, wide, TOLD.wide)
    store.i32(told!, int.sub(capacity!, narrow), TOLD.narrowCount)
  })

  const digitOf = (digit: I32, half: I32, [byte, shift, mask, less]: I32[]) => {
    set(
      digit,
      int.sub(
        int.and(int.wrap(long.shrSigned(load.i64(int.add(half, byte!)), long.extend(shift!))), mask!),
        less!,
      ),
    )
  }
  const magnitude = (digit: I32) => int.sub(int.xor(digit, signOf(digit)), signOf(digit))
  const signOf = (digit: I32) => int.sub(0, int.shr(digit, 31))

  /** (halves, end, byte, shift, mask, less, counts): counts[|d|] += 4 for each digit d that is not 0. */
  const countDigits = define(7, ([halves, end, byte, shift, mask, less, counts], locals) => {
    const [half, digit, place] = [locals.i32(), locals.i32(), locals.i32()]
    set(half, halves!)
    count(half, end!, HALF_BYTES, () => {
      digitOf(digit, half, [byte!, shift!, mask!, less!])
      set(place, int.add(counts!, int.shl(magnitude(digit), 2)))
      store.i32(place, int.add(load.i32(place), 4))
    })
  })

  /** (halves, end, byte, shift, mask, less, places, entries): puts entries, with their digits' signs, where `places` says. */
  const placeDigits = define(8, ([halves, end, byte, shift, mask, less, places, entries], locals) => {
    const [half, digit, place, to] = [locals.i32(), locals.i32(), locals.i32(), locals.i32()]
    set(half, halves!)
    count(half, end!, HALF_BYTES, () => {
      digitOf(digit, half, [byte!, shift!, mask!, less!])
      when(int.ne(digit, 0), () => {
        set(place, int.add(places!, int.shl(magnitude(digit), 2)))
        set(to, load.i32(place))
        store.i32(to, int.xor(load.i32(entries!), int.shr(digit, 31)))
        store.i32(place, int.add(to, 4))
      })
      set(entries!, int.add(entries!, 4))
    })
  })
  return { prepare, countDigits, placeDigits }
}

const get =
  (word: I64): Expr =>
  () =>
    long.or(word, long.const(0n))()
const isNonZero = (word: Operand): Expr => long.ne(word, long.const(0n))
const isZero = (list: readonly I64[]): Expr =>
  long.isZero(list.map((word): Operand => word).reduce((x, y) => long.or(x, y)))

function words(value: bigint): bigint[] {
  const list: bigint[] = []
  for (let rest = value; rest > 0n; rest >>= 32n) list.push(rest & 0xffffffffn)
  return list
}

function constantWords(value: bigint, length: number): bigint[] {
  return Array.from({ length }, (_, j) => BigInt.asUintN(64, value >> BigInt(64 * j)))
}

function rounded(numerator: bigint, denominator: bigint): bigint {
  return (2n * numerator + denominator) / (2n * denominator)
}

/** out = constant - x, by 64-bit words; what is borrowed at the end is dropped. */
function subtract(out: I64[], constant: bigint[], x: I64[], borrow: I64): void {
  set(borrow, long.const(0n))
  out.forEach((word, j) => {
    const own = constant[j]!
    set(word, long.sub(long.sub(long.const(own), x[j]!), borrow))
    // borrowed where x + borrow > own
    set(
      borrow,
      long.extend(
        int.or(long.lt(long.const(own), x[j]!), int.and(long.eq(long.const(own), x[j]!), isNonZero(borrow))),
      ),
    )
  })
}

/** The product of 32-bit limbs with a constant's, its lowest `length` limbs, one a 64-bit local. */
function multiply(x: readonly Operand[], limbs: readonly bigint[], length: number, locals: Locals): I64[] {
  const out = Array.from({ length }, () => locals.i64())
  const [t, carry] = [locals.i64(), locals.i64()]
  for (const word of out) set(word, long.const(0n))
  x.forEach((limb, i) => {
    if (i >= length) return
    set(carry, long.const(0n))
    const row = limbs.slice(0, length - i)
    row.forEach((own, j) => {
      set(t, long.add(long.add(long.mul(limb, long.const(own)), out[i + j]!), carry))
      set(out[i + j]!, long.and(t, long.const(0xffffffffn)))
      set(carry, long.shr(t, long.const(32n)))
    })
    if (i + row.length < length) set(out[i + row.length]!, carry)
  })
  return out
}

function addTo(x: I64[], constant: bigint, locals: Locals): I64[] {
  const carry = locals.i64()
  set(carry, long.const(0n))
  x.forEach((limb, j) => {
    set(limb, long.add(long.add(limb, long.const(BigInt.asUintN(32, constant >> BigInt(32 * j)))), carry))
    set(carry, long.shr(limb, long.const(32n)))
    set(limb, long.and(limb, long.const(0xffffffffn)))
  })
  return x
}

/** start + the sum of limbs times constants, mod 2^128, in four limbs. */
function combine(
  start: I64[] | undefined,
  terms: readonly (readonly [I64[], bigint])[],
  locals: Locals,
): I64[] {
  const out = Array.from({ length: 4 }, () => locals.i64())
  const carry = locals.i64()
  assign(out, (j) => (start === undefined ? long.const(0n) : start[j]!))
  for (const [x, constant] of terms) {
    const limbs = Array.from({ length: 4 }, (_, j) =>
      BigInt.asUintN(32, BigInt.asUintN(128, constant) >> BigInt(32 * j)),
    )
    const product = multiply(x.slice(0, 4), limbs, 4, locals)
    set(carry, long.const(0n))
    out.forEach((word, j) => {
      set(word, long.add(long.add(word, product[j]!), carry))
      set(carry, long.shr(word, long.const(32n)))
      set(word, long.and(word, long.const(0xffffffffn)))
    })
  }
  return out
}
