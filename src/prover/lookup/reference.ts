/**
 * The whole scheme in plain arithmetic, slow: setup from known secrets, commitment, challenge, proof. What setup and every
 * fast kernel must equal, bit for bit. The verifier is equation.ts with any pairing. docs/lookups.md has the argument.
 *
 * A polynomial below degree 2n is given by its values and derivatives at the n points of the domain. u_j, v_j are from
 * Lagrange's polynomials of these; w_j from those that have their values, but are flat at all points; H has those that have
 * the value 0 at all points, and are flat at all but one. U V = W + H then says A B = C at the n points, and what H is
 * multiplied with is just the derivative of U V, which is 0 where there is no row.
 */
import { coefficientOf, type Matrix, type R1cs } from '../../artifacts/iden3/r1cs.js'
import { encode as encodeLayout, type LookupLayout } from '../../artifacts/lookups.js'
import { BYTES, fromBytesLE, inverse, mod, power } from '../../base/field.js'
import { type Affine, G1, G2, type Group } from '../groth16/group.js'
import { rootOfUnity, slopes } from '../groth16/reference.js'
import type { G1Point, PublicSignals } from '../proof.js'
import { assemble, type Blinding, commitmentOf } from './assemble.js'
import { challengeOf } from './challenge.js'
import { type Coefficients, encodeCoefficients } from './coefficients.js'
import { GENERATOR_2, type LookupKey } from './key.js'
import { CONTRIBUTIONS_HEAD, DEV_MARK, encode } from './key-format.js'
import type { LookupProof } from './proof.js'
import { completeWitness } from './rounds.js'
import { type Shape, shapeOf } from './shape.js'

export type Secrets = {
  readonly tau: bigint
  readonly alpha: bigint
  readonly beta: bigint
  readonly deltaD: bigint
  readonly deltaC: bigint
}

/** Digests of the `.r1cs` and of the `.lookups` file, 32 bytes each. */
export type Digests = { readonly circuit: Uint8Array; readonly lookups: Uint8Array }

/** The bytes of an `.lkey`. */
export function setup(r1cs: R1cs, layout: LookupLayout, secrets: Secrets, digests: Digests): Uint8Array {
  const shape = shapeOf(r1cs, layout, r1cs.wires)
  if (typeof shape === 'string') throw new Error(shape)
  const { tau, alpha, beta, deltaD, deltaC } = secrets
  const { publicSignals, secondRound, wires, rows, domainSize: n } = shape
  const [perD, perC] = [inverse(deltaD), inverse(deltaC)]
  const { u, v, w } = columns(r1cs, shape, tau)
  const k = u.map((value, j) => mod(beta * value + alpha * v[j]! + w[j]!))
  const over = (start: number, end: number, scale: bigint) =>
    k.slice(start, end).map((value) => value * scale)
  const steep = range(0, rows).map((row) => vanishing(tau, n) * inverse(2n) * lagrange(tau, n, row) * perC)
  const contributions = new Uint8Array(CONTRIBUTIONS_HEAD)
  contributions.set(DEV_MARK)
  return encode(
    {
      ...{ wires, publicSignals, secondRound, rows, ...digests },
      alpha1: inG1([alpha]),
      beta1: inG1([beta]),
      beta2: inG2([beta]),
      deltaD1: inG1([deltaD]),
      deltaD2: inG2([deltaD]),
      deltaC1: inG1([deltaC]),
      deltaC2: inG2([deltaC]),
      ic: inG1(over(0, publicSignals + 2, 1n)),
    },
    {
      coefficients: encodeCoefficients(r1cs),
      layout: encodeLayout(layout),
      a: inG1(Array.from(shape.inA, (wire) => u[wire]!)),
      b1: inG1(Array.from(shape.inB, (wire) => v[wire]!)),
      b2: inG2(Array.from(shape.inB, (wire) => v[wire]!)),
      d: inG1(over(publicSignals + 2, secondRound, perD)),
      c: inG1(over(secondRound, wires, perC)),
      h: inG1(steep),
      contributions,
    },
  )
}

/** Of the witness of round 1, plain values. The challenge must not be a table entry. */
export function prove(
  key: LookupKey,
  values: Uint8Array,
  blinding: Blinding,
): { proof: LookupProof; publicSignals: PublicSignals; challenge: bigint } {
  const { publicSignals: l, secondRound, wires } = key.shape
  const commitment = commit(key, values, blinding.kappa)
  const publicSignals = range(1, l + 1).map((wire) => fromBytesLE(values, BYTES * wire).toString())
  const challenge = challengeOf(commitment, publicSignals)
  const r1cs = { ...key.rows, wires } as R1cs
  const full = completeWitness(r1cs, key.layout, { wires: secondRound, values }, challenge)
  return { proof: respond(key, full.values, commitment, blinding), publicSignals, challenge }
}

/** D. */
export function commit({ points, shape, header }: LookupKey, values: Uint8Array, kappa: bigint): G1Point {
  const round1 = range(shape.publicSignals + 2, shape.secondRound)
  const d = sumOf(
    G1,
    points.d,
    round1.map((wire) => fromBytesLE(values, BYTES * wire)),
  )
  return commitmentOf(header, d, kappa)
}

/** A, B and C for a whole witness, with the commitment to its first round. */
export function respond(
  { header, points, shape, rows }: LookupKey,
  values: Uint8Array,
  commitment: G1Point,
  blinding: Blinding,
): LookupProof {
  const wire = (id: number) => fromBytesLE(values, BYTES * id)
  const a = [...evaluate(rows, rows.a, wire), ...range(0, shape.publicSignals + 2).map(wire)]
  const b = evaluate(rows, rows.b, wire)
  const atRows = slopes(padded(a, shape.domainSize), padded(b, shape.domainSize)).slice(0, shape.rows)
  const [inA, inB] = [shape.inA, shape.inB].map((wires) => Array.from(wires, wire))
  const blind = <T>(group: Group<T>, base: Uint8Array, delta: Uint8Array, sum: Affine<T>, by: bigint) =>
    group.combine([group.read(base, 0), group.read(delta, 0), sum], [1n, by, 1n])
  const { alpha1, beta1, beta2, deltaC1, deltaC2 } = header
  return assemble(
    header,
    commitment,
    {
      a: blind(G1, alpha1, deltaC1, sumOf(G1, points.a, inA!), blinding.r),
      b1: blind(G1, beta1, deltaC1, sumOf(G1, points.b1, inB!), blinding.s),
      b2: blind(G2, beta2, deltaC2, sumOf(G2, points.b2, inB!), blinding.s),
      c: sumOf(G1, points.c, range(shape.secondRound, shape.wires).map(wire)),
      h: sumOf(G1, points.h, atRows),
    },
    blinding,
  )
}

/** Each wire's columns at tau, A with its rows for the constant one, public signals and challenge. */
function columns(r1cs: R1cs, { publicSignals, domainSize: n, wires }: Shape, tau: bigint) {
  const column = (matrix: Matrix, weight: (row: number) => bigint) => {
    const sums = new Array<bigint>(wires).fill(0n)
    for (let row = 0; row < r1cs.constraints; row++)
      for (let entry = matrix.rowStart[row]!; entry < matrix.rowStart[row + 1]!; entry++)
        sums[matrix.wire[entry]!]! += coefficientOf(r1cs, matrix.coefficient[entry]!) * weight(row)
    return sums.map(mod)
  }
  const inDomain = memo((row) => lagrange(tau, n, row))
  const u = column(r1cs.a, inDomain)
  for (const wire of range(0, publicSignals + 2)) u[wire] = mod(u[wire]! + inDomain(r1cs.constraints + wire))
  return {
    u,
    v: column(r1cs.b, inDomain),
    w: column(
      r1cs.c,
      memo((row) => flat(tau, n, row)),
    ),
  }
}

/** Lagrange's polynomial of one of the n points x = w^i at tau: (tau^n - 1) / n * x / (tau - x). */
function lagrange(tau: bigint, n: number, i: number): bigint {
  const x = power(rootOfUnity(n), BigInt(i))
  return mod(vanishing(tau, n) * x * inverse(mod(BigInt(n) * (tau - x))))
}

/** Hermite's: 1 at one of the points and 0 at the others, with a derivative of 0 at all. */
function flat(tau: bigint, n: number, i: number): bigint {
  const x = power(rootOfUnity(n), BigInt(i))
  const own = lagrange(tau, n, i)
  // Lagrange's has the derivative (n - 1) / (2 x) at x
  const slope = BigInt(n - 1) * inverse(mod(2n * x))
  return mod((1n - 2n * (tau - x) * slope) * own * own)
}

/** 0 at all points of the domain. */
function vanishing(tau: bigint, n: number): bigint {
  return mod(power(tau, BigInt(n)) - 1n)
}

function evaluate(rows: Coefficients, matrix: Matrix, wire: (id: number) => bigint): bigint[] {
  return range(0, rows.constraints).map((row) => {
    let sum = 0n
    for (let entry = matrix.rowStart[row]!; entry < matrix.rowStart[row + 1]!; entry++)
      sum += coefficientOf(rows, matrix.coefficient[entry]!) * wire(matrix.wire[entry]!)
    return mod(sum)
  })
}

function padded(rows: readonly bigint[], size: number): bigint[] {
  return [...rows, ...new Array<bigint>(size - rows.length).fill(0n)]
}

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, i) => start + i)
}

function memo(compute: (row: number) => bigint): (row: number) => bigint {
  const known = new Map<number, bigint>()
  return (row) => {
    const value = known.get(row) ?? compute(row)
    known.set(row, value)
    return value
  }
}

function sumOf<T>(group: Group<T>, bytes: Uint8Array, scalars: readonly bigint[]): Affine<T> {
  return group.combine(
    scalars.map((_, i) => group.read(bytes, i)),
    scalars,
  )
}

function multiples<T>(group: Group<T>, generator: Affine<T>, scalars: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(group.bytes * scalars.length)
  scalars.forEach((scalar, i) => {
    group.write(group.combine([generator], [mod(scalar)]), bytes, i)
  })
  return bytes
}

const inG1 = (scalars: readonly bigint[]) => multiples(G1, { x: 1n, y: 2n }, scalars)
const inG2 = (scalars: readonly bigint[]) => multiples(G2, G2.read(GENERATOR_2, 0), scalars)
