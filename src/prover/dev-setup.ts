/**
 * Groth16 keys for tests and demos, straight from a constraint system: whoever runs this could know the secrets, so its
 * proofs convince nobody else. Secrets come from the machine's randomness, are never written, and are let go at the end.
 *
 * Source: J. Groth, eprint 2016/260, section 3.2, with gamma = 1 as in every snarkjs key before phase 2. Delta is drawn,
 * and never equal to gamma: with delta = gamma anyone can move terms between the statement and the proof.
 */
import type { R1cs } from '../artifacts/iden3/r1cs.js'
import { inverse, power } from '../base/field.js'
import { type Curve, withThreads } from './curve.js'
import { drawElement, platformRandom, type RandomBytes } from './draw.js'
import { concat, pack } from './elements.js'
import { multiplyGenerator } from './fixed-base.js'
import {
  coefficientTable,
  columnsAt,
  combine,
  domainSizeOf,
  publicCount,
  quotientWeights,
  toPlain,
} from './qap.js'
import * as Zkey from './zkey.js'

/**
 * The bytes of a `.zkey` that snarkjs proves with. Takes all cores; about 10 microseconds of one a point of the key.
 * Throws `TooLargeError` beyond 2^27 constraints.
 */
export async function devSetup(r1cs: R1cs, options: devSetup.Options = {}): Promise<Uint8Array> {
  const domainSize = domainSizeOf(r1cs)
  const secrets = drawSecrets(options.random ?? platformRandom, domainSize)
  const table = coefficientTable(r1cs)
  const points = await withThreads(async (curve) => {
    const scalars = await scalarsOf(curve, r1cs, table, secrets)
    return pointsOf(curve, scalars)
  })
  return Zkey.encode(r1cs, domainSize, points, table)
}

export declare namespace devSetup {
  type Options = {
    /** Bytes of randomness, for tests that need the same key twice. A key made with it is worth nothing. */
    random?: RandomBytes
  }
}

type Secrets = {
  readonly tau: bigint
  readonly alpha: bigint
  readonly beta: bigint
  readonly delta: bigint
}

/** The discrete logarithms of a key's points, plain elements. */
type Scalars = {
  readonly alpha: Uint8Array
  readonly beta: Uint8Array
  readonly delta: Uint8Array
  readonly ic: Uint8Array
  readonly a: Uint8Array
  readonly b: Uint8Array
  readonly c: Uint8Array
  readonly h: Uint8Array
}

function drawSecrets(random: RandomBytes, domainSize: number): Secrets {
  // a tau in either domain would make a Lagrange polynomial 1 and the others 0
  const tau = drawElement(random, (value) => value > 0n && power(value, BigInt(2 * domainSize)) !== 1n)
  const alpha = drawElement(random, (value) => value > 0n)
  const beta = drawElement(random, (value) => value > 0n)
  const delta = drawElement(random, (value) => value > 1n)
  return { tau, alpha, beta, delta }
}

async function scalarsOf(
  curve: Curve,
  r1cs: R1cs,
  table: ReturnType<typeof coefficientTable>,
  { tau, alpha, beta, delta }: Secrets,
): Promise<Scalars> {
  const columns = await columnsAt(curve, r1cs, table, tau)
  const statement = publicCount(r1cs) + 1
  const perDelta = inverse(delta)
  const [ic, c, a, b, h] = await Promise.all([
    combine(curve, columns, { start: 0, end: statement }, { alpha, beta, scale: 1n }),
    combine(curve, columns, { start: statement, end: r1cs.wires }, { alpha, beta, scale: perDelta }),
    toPlain(curve, columns.a),
    toPlain(curve, columns.b),
    quotientWeights(curve, domainSizeOf(r1cs), tau, perDelta).then((weights) => toPlain(curve, weights)),
  ])
  const one = (value: bigint) => pack([value], 'plain')
  return { alpha: one(alpha), beta: one(beta), delta: one(delta), ic, a, b, c, h }
}

async function pointsOf(curve: Curve, scalars: Scalars): Promise<Zkey.ZkeySections> {
  const { alpha, beta, delta, ic, a, b, c, h } = scalars
  const inG1 = [alpha, beta, delta, ic, a, b, c, h]
  const inG2 = [beta, delta, b]
  const [g1, g2] = await Promise.all([
    multiplyGenerator(curve, 'G1', concat(inG1)),
    multiplyGenerator(curve, 'G2', concat(inG2)),
  ])
  const [alpha1, beta1, delta1, ic1, a1, b1, c1, h1] = split(g1, inG1, 2)
  const [beta2, delta2, b2] = split(g2, inG2, 4)
  return {
    alpha1: alpha1!,
    beta1: beta1!,
    beta2: beta2!,
    gamma2: curve.G2.gAffine,
    delta1: delta1!,
    delta2: delta2!,
    ic: ic1!,
    a: a1!,
    b1: b1!,
    b2: b2!,
    c: c1!,
    h: h1!,
  }
}

/** Cuts points into the parts that their scalars came in; a point takes `ratio` times a scalar's bytes. */
export function split(points: Uint8Array, scalars: readonly Uint8Array[], ratio: number): Uint8Array[] {
  let offset = 0
  return scalars.map(({ length }) => {
    offset += ratio * length
    return points.subarray(offset - ratio * length, offset)
  })
}
