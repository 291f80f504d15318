/**
 * BN254's groups in plain arithmetic, slow and complete: sums of any two points, equal, opposite or at infinity.
 *
 * Spec: EIP-196 and EIP-197. G1: y^2 = x^3 + 3 over F_Q. G2: y^2 = x^3 + 3 / (9 + i) over F_Q2 = F_Q[i] / (i^2 + 1).
 * Formulas: "dbl-2009-l" and "add-2007-bl" of the Explicit-Formulas Database, for curves with a = 0; neither uses the
 * curve's constant, so that points off it go through like others and give points that mean nothing.
 *
 * Trap: keys hold coordinates in Montgomery form (x * 2^256), little-endian, G2's real part first; infinity is all zero.
 */
import { BYTES, fromBytesLE, inverse, toBytesLE } from '../../base/field.js'

/** The order of BN254's base field, where the coordinates of points lie (EIP-196). */
export const Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583n

/** Undefined at infinity. */
export type Affine<T> = { readonly x: T; readonly y: T } | undefined

export type Complex = readonly [real: bigint, imaginary: bigint]

export type G1Affine = Affine<bigint>
export type G2Affine = Affine<Complex>

/** (x / z^2, y / z^3); z = 0 at infinity. */
type Jacobian<T> = { readonly x: T; readonly y: T; readonly z: T }

type Field<T> = {
  /** Bytes of an element. */
  readonly bytes: number
  readonly one: T
  readonly zero: T
  add(a: T, b: T): T
  subtract(a: T, b: T): T
  times(a: T, b: T): T
  invert(a: T): T
  isZero(a: T): boolean
  /** Of an element in Montgomery form. */
  read(bytes: Uint8Array, offset: number): T
  write(value: T, bytes: Uint8Array, offset: number): void
}

export type Group<T> = {
  /** Bytes of an affine point. */
  readonly bytes: number
  /** Throws nothing: coordinates that are not canonical are reduced, points off the curve are read as they are. */
  read(bytes: Uint8Array, index: number): Affine<T>
  write(point: Affine<T>, bytes: Uint8Array, index: number): void
  isOnCurve(point: Affine<T>): boolean
  add(a: Affine<T>, b: Affine<T>): Affine<T>
  negate(a: Affine<T>): Affine<T>
  /** The sum of scalars[i] * points[i], for any scalars from 0 on. */
  combine(points: readonly Affine<T>[], scalars: readonly bigint[]): Affine<T>
  /** The sum of 2^bits[i] * points[i]. */
  weigh(points: readonly Affine<T>[], bits: readonly number[]): Affine<T>
}

function groupOver<T>(field: Field<T>, b: T): Group<T> {
  const { add, subtract, times, isZero } = field
  const infinity: Jacobian<T> = { x: field.one, y: field.one, z: field.zero }
  const twice = (value: T) => add(value, value)

  function double({ x, y, z }: Jacobian<T>): Jacobian<T> {
    const a = times(x, x)
    const yy = times(y, y)
    const yyyy = times(yy, yy)
    const sum = add(x, yy)
    const d = twice(subtract(subtract(times(sum, sum), a), yyyy))
    const e = add(a, twice(a))
    const nextX = subtract(times(e, e), twice(d))
    const nextY = subtract(times(e, subtract(d, nextX)), twice(twice(twice(yyyy))))
    return { x: nextX, y: nextY, z: twice(times(y, z)) }
  }

  function sum(p: Jacobian<T>, q: Jacobian<T>): Jacobian<T> {
    if (isZero(p.z)) return q
    if (isZero(q.z)) return p
    // a point that was lifted saves a third
    const isLifted = q.z === field.one
    const pzz = times(p.z, p.z)
    const qzz = isLifted ? field.one : times(q.z, q.z)
    const [u1, u2] = [isLifted ? p.x : times(p.x, qzz), times(q.x, pzz)]
    const [s1, s2] = [isLifted ? p.y : times(times(p.y, q.z), qzz), times(times(q.y, p.z), pzz)]
    const h = subtract(u2, u1)
    const r = subtract(s2, s1)
    if (isZero(h)) return isZero(r) ? double(p) : infinity
    const hh = times(h, h)
    const hhh = times(h, hh)
    const v = times(u1, hh)
    const x = subtract(subtract(times(r, r), hhh), twice(v))
    return {
      x,
      y: subtract(times(r, subtract(v, x)), times(s1, hhh)),
      z: times(h, isLifted ? p.z : times(p.z, q.z)),
    }
  }

  const lift = (point: Affine<T>): Jacobian<T> =>
    point === undefined ? infinity : { ...point, z: field.one }

  function toAffine({ x, y, z }: Jacobian<T>): Affine<T> {
    if (isZero(z)) return undefined
    const perZ = field.invert(z)
    const square = times(perZ, perZ)
    return { x: times(x, square), y: times(y, times(square, perZ)) }
  }

  return {
    bytes: 2 * field.bytes,
    read(bytes, index) {
      const offset = 2 * field.bytes * index
      const [x, y] = [field.read(bytes, offset), field.read(bytes, offset + field.bytes)]
      return isZero(x) && isZero(y) ? undefined : { x, y }
    },
    write(point, bytes, index) {
      const offset = 2 * field.bytes * index
      field.write(point?.x ?? field.zero, bytes, offset)
      field.write(point?.y ?? field.zero, bytes, offset + field.bytes)
    },
    isOnCurve(point) {
      if (point === undefined) return true
      const { x, y } = point
      return isZero(subtract(times(y, y), add(times(times(x, x), x), b)))
    },
    add: (p, q) => toAffine(sum(lift(p), lift(q))),
    negate: (p) => (p === undefined ? p : { x: p.x, y: subtract(field.zero, p.y) }),
    combine(points, scalars) {
      // all points share the doublings; of the digits' multiples only those are made that are met
      const digits = scalars.map((scalar) =>
        [...scalar.toString(16)].reverse().map((digit) => parseInt(digit, 16)),
      )
      const multiples = points.map((point) => [infinity, lift(point)])
      const multiple = (i: number, digit: number): Jacobian<T> =>
        (multiples[i]![digit] ??= sum(multiple(i, digit - 1), multiples[i]![1]!))
      let result = infinity
      for (let place = Math.max(...digits.map(({ length }) => length), 0) - 1; place >= 0; place--) {
        for (let bit = 0; bit < 4; bit++) result = double(result)
        digits.forEach((of, i) => {
          if (of[place]! > 0) result = sum(result, multiple(i, of[place]!))
        })
      }
      return toAffine(result)
    },
    weigh(points, bits) {
      const atBit: Affine<T>[][] = []
      points.forEach((point, i) => {
        atBit[bits[i]!] = [...(atBit[bits[i]!] ?? []), point]
      })
      let result = infinity
      for (let bit = atBit.length - 1; bit >= 0; bit--) {
        result = double(result)
        for (const point of atBit[bit] ?? []) result = sum(result, lift(point))
      }
      return toAffine(result)
    },
  }
}

const base: Field<bigint> = {
  bytes: BYTES,
  one: 1n,
  zero: 0n,
  add,
  subtract,
  times: (a, b) => reduce(a * b),
  invert: (a) => invert(a),
  isZero: (a) => a === 0n,
  read: (bytes, offset) => reduce(fromBytesLE(bytes, offset) * PER_RADIX),
  write: (value, bytes, offset) => toBytesLE(reduce(value * RADIX), bytes, offset),
}

const extension: Field<Complex> = {
  bytes: 2 * BYTES,
  one: [1n, 0n],
  zero: [0n, 0n],
  add: ([a, b], [c, d]) => [add(a, c), add(b, d)],
  subtract: ([a, b], [c, d]) => [subtract(a, c), subtract(b, d)],
  times: ([a, b], [c, d]) => [reduce(a * c - b * d), reduce(a * d + b * c)],
  invert([a, b]) {
    const perNorm = invert(reduce(a * a + b * b))
    return [reduce(a * perNorm), reduce(-b * perNorm)]
  },
  isZero: ([a, b]) => a === 0n && b === 0n,
  read: (bytes, offset) => [base.read(bytes, offset), base.read(bytes, offset + BYTES)],
  write([real, imaginary], bytes, offset) {
    base.write(real, bytes, offset)
    base.write(imaginary, bytes, offset + BYTES)
  },
}

const RADIX = (1n << 256n) % Q
const PER_RADIX = invert(RADIX)

/** 3 / (9 + i). */
const TWIST_B: Complex = [
  19485874751759354771024239261021720505790618469301721065564631296452457478373n,
  266929791119991161246907387137283842545076965332900288569378510910307636690n,
]

export const G1: Group<bigint> = groupOver(base, 3n)
export const G2: Group<Complex> = groupOver(extension, TWIST_B)

/** As EIP-196 and EIP-197 have them. */
export const GENERATOR_1 = { x: 1n, y: 2n } as const
export const GENERATOR_2: { readonly x: Complex; readonly y: Complex } = {
  x: [
    10857046999023057135944570762232829481370756359578518086990519993285655852781n,
    11559732032986387107991004021392285783925812861821192530917403151452391805634n,
  ],
  y: [
    8495653923123431417604973247489272438418190587263600148770280649306958101930n,
    4082367875863433681332203403145435568316851327593401208105741076214120093531n,
  ],
}

/** Of canonical elements: comparisons take a fraction of a division. */
function add(a: bigint, b: bigint): bigint {
  const sum = a + b
  return sum < Q ? sum : sum - Q
}

function subtract(a: bigint, b: bigint): bigint {
  const difference = a - b
  return difference < 0n ? difference + Q : difference
}

function reduce(value: bigint): bigint {
  const rest = value % Q
  return rest < 0n ? rest + Q : rest
}

/** Of zero it is zero. */
function invert(value: bigint): bigint {
  return value === 0n ? 0n : inverse(value, Q)
}
