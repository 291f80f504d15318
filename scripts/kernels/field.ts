/** What the kernels above a field need of it: two elements at a time, one in each lane of a vector of limbs. */
import { inverse } from '../../src/base/field.js'
import {
  assign,
  constantAt,
  defineVectors,
  type Expr,
  invokeVectors,
  type Locals,
  type Operand,
  type V128,
} from './code.js'

/** The limbs of two elements. */
export type Vector = readonly Operand[]

export type Field = {
  readonly prime: bigint
  /** Elements are stored times this. */
  readonly radix: bigint
  readonly limbs: number
  readonly limbBytes: number
  /** Of one element in memory: its limbs, lowest first. */
  readonly bytes: number
  /** out = the sum of products / radix; at most two terms. */
  mulSum(out: readonly V128[], terms: readonly (readonly [Vector, Vector])[], locals: Locals): void
  mul(out: readonly V128[], a: Vector, b: Vector, locals: Locals): void
  /** Of a balanced element. */
  square(out: readonly V128[], a: Vector, locals: Locals): void
  /** Limb by limb, and not reduced. */
  add(out: readonly V128[], a: Vector, b: Vector): void
  sub(out: readonly V128[], a: Vector, b: Vector): void
  /** A sum of a few elements, made balanced and at most 0.51 p. */
  reduce(x: readonly V128[], locals: Locals): void
  /** Negates the lanes where the mask has `signMask`. */
  negateWhere(x: readonly V128[], mask: Operand, locals: Locals): void
  readonly signMask: bigint
  negate(out: readonly V128[], a: Vector): void
  /** Whether the low lane of a reduced element is 0, as an integer. */
  isZero(x: readonly V128[]): Expr
  readonly zero: Expr
  /** With both lanes side by side. */
  loadBoth(out: readonly V128[], address: Operand): void
  storeBoth(address: Operand, x: readonly V128[]): void
  /** From 256-bit integers in memory, one for each lane, whatever they are. */
  loadIntegers(out: readonly V128[], low: Operand, high: Operand, locals: Locals): void
  /** Two canonical integers of 32 bytes, one behind the other, of an element as a product leaves it, |x| < p. */
  storeIntegers(address: Operand, x: readonly V128[], locals: Locals): void
  /** All ones in the lanes of a difference of two reduced elements that may be 0: never missed, seldom false. */
  maybeZero(x: readonly V128[], locals: Locals): Expr
  loadPair(out: readonly V128[], low: Operand, high: Operand, offset: number): void
  storeLane(address: Operand, x: readonly V128[], lane: 0 | 1, offset: number): void
  /** In a pair side by side, the bytes from its one element to the other. */
  readonly laneBytes: number
  /** One element of such a pair, in both lanes; and back from the low lane. */
  splat(out: readonly V128[], element: Operand): void
  storeInto(element: Operand, x: readonly V128[]): void
  /** Of a limb of two vectors, both low lanes, and both high lanes. */
  lows(a: Operand, b: Operand): Expr
  highs(a: Operand, b: Operand): Expr
  /** Both lanes. The value is taken as it is: multiply by the radix before. */
  constant(value: bigint): Expr[]
  /** The 64-bit (or 32-bit) words in memory of a value. */
  limbValues(value: bigint): bigint[]
}

/** Constants in memory, each of them in both lanes: V8 builds literals anew each time, and loads are free. */
export type Constants = {
  /** Of 64 bits a lane; both lanes are alike unless a high one is given. */
  vector(low: bigint, high?: bigint): Expr
  readonly bytes: Uint8Array
}

export function constantsAt(address: number): Constants {
  const places = new Map<string, number>()
  const words: bigint[] = []
  return {
    vector(low, high = low) {
      const key = [low, high].map((lane) => BigInt.asUintN(64, lane))
      const name = key.join()
      if (!places.has(name)) {
        places.set(name, address + 8 * words.length)
        words.push(...key)
      }
      return constantAt(places.get(name)!)
    },
    get bytes() {
      return new Uint8Array(BigUint64Array.from(words).buffer)
    },
  }
}

/** The same field, its products and reductions calls: where size matters more than a tenth of the time. */
export function compact(field: Field): Field {
  const { limbs } = field
  const part = (vector: readonly V128[], index: number) => vector.slice(index * limbs, (index + 1) * limbs)
  const mul = defineVectors(2 * limbs, limbs, (x, out, locals) =>
    field.mul(out, part(x, 0), part(x, 1), locals),
  )
  const mul2 = defineVectors(4 * limbs, limbs, (x, out, locals) =>
    field.mulSum(
      out,
      [
        [part(x, 0), part(x, 1)],
        [part(x, 2), part(x, 3)],
      ],
      locals,
    ),
  )
  const square = defineVectors(limbs, limbs, (x, out, locals) => field.square(out, x, locals))
  const reduce = defineVectors(limbs, limbs, (x, out, locals) => {
    field.reduce(x, locals)
    assign(out, (j) => x[j]!)
  })
  return {
    ...field,
    mul: (out, a, b) => invokeVectors(mul, out, [...a, ...b]),
    mulSum(out, terms) {
      invokeVectors(
        terms.length === 1 ? mul : mul2,
        out,
        terms.flatMap(([a, b]) => [...a, ...b]),
      )
    },
    square: (out, a) => invokeVectors(square, out, a),
    reduce: (x) => invokeVectors(reduce, x, x),
  }
}

/** radix^k / 2^shift: a product, which divides by the radix, takes v * 2^shift with it to v * radix^(k - 1). */
export function radixPower({ radix, prime }: Field, k: number, shift: number): bigint {
  return (radix ** BigInt(k) * inverse(2n ** BigInt(shift), prime)) % prime
}
