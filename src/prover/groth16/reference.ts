/**
 * The whole prover in plain arithmetic, slow: what every fast kernel must equal, bit for bit.
 *
 * Source: J. Groth, eprint 2016/260; sizes, orders and forms are those of snarkjs's keys. Trap: H's points are made for
 * the values of A B - C at the odd points of a domain of twice the size, not for the coefficients of a polynomial; the
 * division by the polynomial that vanishes on the domain, a constant there, is in the points.
 */
import { BYTES, fromBytesLE, inverse, mod, P, power, toBytesLE } from '../../base/field.js'
import { COEFFICIENT_BYTES } from '../zkey.js'
import { type Affine, G1, G2, GENERATOR_1, GENERATOR_2, type Group } from './group.js'
import type { AffineOf, GroupName, Machine, Points, Share } from './machine.js'

/** A machine of plain arithmetic. */
export const reference: Machine = {
  tier: 'reference',
  shared: undefined,
  loadPoints: (group, bytes, count) => ({ group, count, place: bytes }),
  multiply<Name extends GroupName>(points: Points<Name>, scalars: Uint8Array, share?: Share) {
    const { group, count, place } = points
    const [from, to] = stretchOf(share, count)
    const some = scalars.subarray(BYTES * from, BYTES * to)
    const bytes = (size: number) => (place as Uint8Array).subarray(size * from, size * to)
    return (
      group === 'g1'
        ? combine(G1, bytes(G1.bytes), some, to - from)
        : combine(G2, bytes(G2.bytes), some, to - from)
    ) as AffineOf<Name>
  },
  multiplyOnce: (group, points, scalars) =>
    reference.multiply(reference.loadPoints(group, points, scalars.length / BYTES), scalars),
  multiplesOf: (group, scalars) =>
    group === 'g1' ? multiples(G1, GENERATOR_1, scalars) : multiples(G2, GENERATOR_2, scalars),
  butterflies(a, b, scalars) {
    const all = read(scalars)
    const out = new Uint8Array(2 * a.length)
    for (const [i, scalar] of all.entries()) {
      const [left, right] = [G1.read(a, i), G1.combine([G1.read(b, i)], [scalar])]
      G1.write(G1.add(left, right), out, i)
      G1.write(G1.add(left, G1.negate(right)), out, all.length + i)
    }
    return out
  },
  loadRows: (coefficients, rows) => ({ rows, place: coefficients }),
  quotientOf({ rows, place }, witness) {
    const [a, b] = evaluate(place as Uint8Array, rows, witness)
    const [atOdd, btOdd, ctOdd] = [a!, b!, a!.map((value, i) => mod(value * b![i]!))].map(toOdd)
    return write(atOdd!.map((value, i) => mod(value * btOdd![i]! - ctOdd![i]!)))
  },
  loadDomain: (points) => ({ points, place: undefined }),
  slopesOf({ points }, a, b) {
    const padded = (values: bigint[]) => [...values, ...new Array<bigint>(points - values.length).fill(0n)]
    return write(slopes(padded(read(a)), padded(read(b))).slice(0, a.length / BYTES))
  },
  multiplyClasses: ({ count, place }, classes, scalars) => {
    const all = read(scalars)
    const points = Array.from({ length: count }, (_, i) => G1.read(place as Uint8Array, i))
    return G1.combine(
      points,
      Array.from(classes, (of) => all[of]!),
    )
  },
}

/** From which point to which a share goes. */
export function stretchOf(share: Share | undefined, count: number): readonly [from: number, to: number] {
  if (share === undefined) return [0, count]
  const edge = (place: number) => Math.floor((place * count) / share.of)
  return [edge(share.place), edge(share.place + 1)]
}

function multiples<T>(group: Group<T>, generator: Affine<T>, scalars: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = read(scalars)
  const points = new Uint8Array(group.bytes * all.length)
  for (const [i, scalar] of all.entries()) group.write(group.combine([generator], [scalar]), points, i)
  return points
}

/** A w and B w, row by row. */
export function evaluate(coefficients: Uint8Array, rows: number, witness: Uint8Array): bigint[][] {
  const sums = [0, 1].map(() => new Array<bigint>(rows).fill(0n))
  const words = new DataView(coefficients.buffer, coefficients.byteOffset, coefficients.length)
  for (let offset = 0; offset < coefficients.length; offset += COEFFICIENT_BYTES) {
    const [side, row, wire] = [0, 4, 8].map((at) => words.getUint32(offset + at, true)) as [
      number,
      number,
      number,
    ]
    sums[side]![row]! += fromBytesLE(coefficients, offset + 12) * fromBytesLE(witness, BYTES * wire)
  }
  return sums.map((values) => values.map((value) => mod(value * PER_COEFFICIENT)))
}

/** Values at w^i of a polynomial below degree n, and from them its values at w^i * v, where v^2 = w. */
export function toOdd(values: readonly bigint[]): bigint[] {
  const n = values.length
  const root = rootOfUnity(2 * n)
  const coefficients = transform(values, inverse(mod(root * root)))
  const scale = inverse(BigInt(n))
  let shift = scale
  const shifted = coefficients.map((value) => {
    const result = mod(value * shift)
    shift = mod(shift * root)
    return result
  })
  return transform(shifted, mod(root * root))
}

/** (2 / n) x (A B)'(x) at the n points x = w^i, of the values there of A and B below degree n. */
export function slopes(a: readonly bigint[], b: readonly bigint[]): bigint[] {
  const [ofA, ofB] = [a, b].map(timesSlope) as [bigint[], bigint[]]
  const factor = mod(2n * inverse(BigInt(a.length)))
  return ofA.map((value, i) => mod(factor * (value * b[i]! + a[i]! * ofB[i]!)))
}

/** x A'(x) at the n points x = w^i: each coefficient counts as often as its degree says. */
function timesSlope(values: readonly bigint[]): bigint[] {
  const n = values.length
  const root = rootOfUnity(n)
  const scale = inverse(BigInt(n))
  const coefficients = transform(values, inverse(root))
  return transform(
    coefficients.map((value, degree) => mod(value * scale * BigInt(degree))),
    root,
  )
}

/** The root of unity of order `size`, a power of two up to 2^28, that snarkjs takes. */
export function rootOfUnity(size: number): bigint {
  // 5 is the smallest number that is no square
  return power(5n, (P - 1n) / BigInt(size))
}

/** The polynomial with these coefficients at the powers of `root`. */
function transform(values: readonly bigint[], root: bigint): bigint[] {
  if (values.length === 1) return [...values]
  const square = mod(root * root)
  const [even, odd] = [0, 1].map((parity) =>
    transform(
      values.filter((_, i) => i % 2 === parity),
      square,
    ),
  ) as [bigint[], bigint[]]
  let factor = 1n
  const turned = odd.map((value) => {
    const result = mod(value * factor)
    factor = mod(factor * root)
    return result
  })
  return [
    ...even.map((value, i) => mod(value + turned[i]!)),
    ...even.map((value, i) => mod(value - turned[i]!)),
  ]
}

/** Coefficients stand multiplied by 2^512. */
const PER_COEFFICIENT = inverse(mod(1n << 512n))

function combine<T>(group: Group<T>, bytes: Uint8Array, scalars: Uint8Array, count: number): Affine<T> {
  const points = Array.from({ length: count }, (_, i) => group.read(bytes, i))
  return group.combine(points, read(scalars))
}

function read(bytes: Uint8Array): bigint[] {
  return Array.from({ length: bytes.length / BYTES }, (_, i) => fromBytesLE(bytes, BYTES * i))
}

function write(values: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(BYTES * values.length)
  values.forEach((value, i) => {
    toBytesLE(value, bytes, BYTES * i)
  })
  return bytes
}
