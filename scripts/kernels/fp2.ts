/** Coordinates of points: elements of the base field, or pairs of them with u^2 = -1, behind the same calls. */
import {
  assign,
  bits,
  count,
  type Expr,
  type I32,
  int,
  type Locals,
  load,
  type Operand,
  set,
  type V128,
} from './code.js'
import type { Field, Vector } from './field.js'

/** The limbs of two coordinates, one component after the other. */
export type Coordinates = {
  readonly field: Field
  /** Field elements in a coordinate. */
  readonly parts: 1 | 2
  /** Of a coordinate in memory. */
  readonly bytes: number
  vector(locals: Locals): V128[]
  mul(out: readonly V128[], a: Vector, b: Vector, locals: Locals): void
  square(out: readonly V128[], a: readonly V128[], locals: Locals): void
  sub(out: readonly V128[], a: Vector, b: Vector): void
  add(out: readonly V128[], a: Vector, b: Vector): void
  reduce(x: readonly V128[], locals: Locals): void
  /** What stays small enough to be a factor again and again: reduced, where a product alone does not. */
  settle(x: readonly V128[], locals: Locals): void
  negateWhere(x: readonly V128[], mask: Operand, locals: Locals): void
  maybeZero(x: readonly V128[], locals: Locals): Expr
  isZero(x: readonly V128[]): Expr
  loadPair(out: readonly V128[], low: Operand, high: Operand, offset?: number): void
  storeLane(address: Operand, x: readonly V128[], lane: 0 | 1, offset?: number): void
  /** Out of and into memory with both lanes side by side: 16 bytes a limb. */
  loadBoth(out: readonly V128[], address: Operand): void
  storeBoth(address: Operand, x: readonly V128[]): void
  one(out: readonly V128[]): void
  /** Inverts what is in memory with both lanes side by side; 0 stays 0. */
  invert(x: readonly V128[], scratch: I32, locals: Locals): void
}

export type Inverter = (address: Operand, scratch: I32) => void

export function coordinates(field: Field, parts: 1 | 2, invert: Inverter): Coordinates {
  const { limbs, bytes } = field
  const half = <T>(x: readonly T[], part: number): T[] => x.slice(part * limbs, (part + 1) * limbs)
  const each = (run: (part: number) => void) => {
    for (let part = 0; part < parts; part++) run(part)
  }
  const base = {
    field,
    parts,
    bytes: parts * bytes,
    vector: (locals: Locals) => locals.vector(parts * limbs),
    sub: (out: readonly V128[], a: Vector, b: Vector) => field.sub(out, a, b),
    add: (out: readonly V128[], a: Vector, b: Vector) => field.add(out, a, b),
    reduce: (x: readonly V128[], locals: Locals) => each((part) => field.reduce(half(x, part), locals)),
    negateWhere: (x: readonly V128[], mask: Operand, locals: Locals) => field.negateWhere(x, mask, locals),
    maybeZero(x: readonly V128[], locals: Locals) {
      const first = field.maybeZero(half(x, 0), locals)
      return parts === 1 ? first : bits.and(first, field.maybeZero(half(x, 1), locals))
    },
    isZero: (x: readonly V128[]) => field.isZero(x),
    loadPair: (out: readonly V128[], low: Operand, high: Operand, offset = 0) =>
      each((part) => field.loadPair(half(out, part), low, high, offset + part * bytes)),
    storeLane: (address: Operand, x: readonly V128[], lane: 0 | 1, offset = 0) =>
      each((part) => field.storeLane(address, half(x, part), lane, offset + part * bytes)),
    loadBoth: (out: readonly V128[], address: Operand) => field.loadBoth(out, address),
    storeBoth: (address: Operand, x: readonly V128[]) => field.storeBoth(address, x),
    one(out: readonly V128[]) {
      const digits = field.constant(field.radix % field.prime)
      assign(out, (j) => digits[j] ?? field.zero)
    },
  }
  if (parts === 1)
    return {
      ...base,
      mul: (out, a, b, locals) => field.mul(out, a, b, locals),
      square: (out, a, locals) => field.square(out, a, locals),
      settle: () => {},
      invert(x, scratch, _locals) {
        field.storeBoth(scratch, x)
        invert(scratch, scratch)
        field.loadBoth(x, scratch)
      },
    }
  return {
    ...base,
    mul(out, a, b, locals) {
      const minus = locals.vector(limbs)
      field.negate(minus, half(b, 1))
      const [a0, a1, b0, b1] = [half(a, 0), half(a, 1), half(b, 0), half(b, 1)]
      const real = locals.vector(limbs)
      field.mulSum(
        real,
        [
          [a0, b0],
          [a1, minus],
        ],
        locals,
      )
      field.mulSum(
        half(out, 1),
        [
          [a0, b1],
          [a1, b0],
        ],
        locals,
      )
      assign(half(out, 0), (j) => real[j]!)
    },
    square(out, a, locals) {
      const [a0, a1] = [half(a, 0), half(a, 1)]
      const [sum, difference, twice] = [locals.vector(limbs), locals.vector(limbs), locals.vector(limbs)]
      field.add(sum, a0, a1)
      field.sub(difference, a0, a1)
      field.add(twice, a0, a0)
      field.mul(half(out, 1), twice, a1, locals)
      field.mul(half(out, 0), sum, difference, locals)
    },
    settle: (x, locals) => base.reduce(x, locals),
    // 1 / (a + b u) = (a - b u) / (a^2 + b^2)
    invert(x, scratch, locals) {
      const [a, b] = [half(x, 0), half(x, 1)]
      const [norm, minus] = [locals.vector(limbs), locals.vector(limbs)]
      field.mulSum(
        norm,
        [
          [a, a],
          [b, b],
        ],
        locals,
      )
      field.reduce(norm, locals)
      field.storeBoth(scratch, norm)
      invert(scratch, scratch)
      field.loadBoth(norm, scratch)
      field.negate(minus, b)
      field.mul(a, a, norm, locals)
      field.mul(b, minus, norm, locals)
    },
  }
}

/**
 * x^(p - 2) by windows of four bits; both lanes at once. Scratch holds what is inverted and its sixteen powers. `exponent` is the address of the window values, highest first,
 * a byte each.
 */
export function powerOf(
  field: Field,
  exponent: { address: number; length: number },
  [address, scratch]: I32[],
  locals: Locals,
): void {
  const size = 16 * field.limbs
  const [x, power] = [locals.vector(field.limbs), locals.vector(field.limbs)]
  const [i, entry] = [locals.i32(), locals.i32()]
  const table = int.add(scratch!, size)
  field.loadBoth(x, address!)
  const one = field.constant(field.radix % field.prime)
  assign(power, (j) => one[j]!)
  for (let k = 0; k < 16; k++) {
    field.storeBoth(int.add(table, k * size), power)
    if (k < 15) field.mul(power, power, x, locals)
  }
  assign(power, (j) => one[j]!)
  set(i, 0)
  const { address: from, length } = exponent
  count(i, length, 1, () => {
    for (let k = 0; k < 4; k++) field.square(power, power, locals)
    set(entry, int.add(table, int.mul(load.u8(i, from), size)))
    field.loadBoth(x, entry)
    field.mul(power, power, x, locals)
  })
  field.storeBoth(address!, power)
}
