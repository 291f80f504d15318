/**
 * Keys of circuits with lookups for tests and demos, straight from a constraint system, as prover/dev-setup.ts makes plain
 * ones: whoever runs this could know the secrets. Both deltas are drawn, and unlike each other and gamma, which is 1.
 */
import type { R1cs } from '../../artifacts/iden3/r1cs.js'
import { encode as encodeLayout, type LookupLayout } from '../../artifacts/lookups.js'
import { BYTES, inverse, mod, power } from '../../base/field.js'
import { type Curve, withThreads } from '../curve.js'
import { split } from '../dev-setup.js'
import { drawElement, platformRandom, type RandomBytes } from '../draw.js'
import { concat, pack } from '../elements.js'
import { multiplyGenerator } from '../fixed-base.js'
import { pick } from '../groth16/split.js'
import { coefficientTable, columnsAt, combine, domainWeights, toPlain } from '../qap.js'
import { encodeCoefficients } from './coefficients.js'
import { CONTRIBUTIONS_HEAD, DEV_MARK, encode } from './key-format.js'
import type { Digests, Secrets } from './reference.js'
import type { Shape } from './shape.js'

/** The bytes of an `.lkey`, of a circuit whose shape was found to be one. Takes all cores. */
export async function devSetup(
  r1cs: R1cs,
  layout: LookupLayout,
  shape: Shape,
  digests: Digests,
  random: RandomBytes = platformRandom,
): Promise<Uint8Array> {
  const secrets = drawSecrets(random, shape.domainSize)
  const points = await withThreads(async (curve) =>
    pointsOf(curve, await scalarsOf(curve, r1cs, shape, secrets)),
  )
  const contributions = new Uint8Array(CONTRIBUTIONS_HEAD)
  contributions.set(DEV_MARK)
  const { a, b1, b2, d, c, h, ...header } = points
  const coefficients = encodeCoefficients(r1cs)
  return encode(
    { ...shape, ...digests, ...header },
    { coefficients, layout: encodeLayout(layout), a, b1, b2, d, c, h, contributions },
  )
}

function drawSecrets(random: RandomBytes, domainSize: number): Secrets {
  // a tau in the domain would make a Lagrange polynomial 1 and the others 0
  const tau = drawElement(random, (value) => value > 0n && power(value, BigInt(domainSize)) !== 1n)
  const alpha = drawElement(random, (value) => value > 0n)
  const beta = drawElement(random, (value) => value > 0n)
  const deltaD = drawElement(random, (value) => value > 1n)
  const deltaC = drawElement(random, (value) => value > 1n && value !== deltaD)
  return { tau, alpha, beta, deltaD, deltaC }
}

/** The discrete logarithms of a key's points, plain elements. */
async function scalarsOf(curve: Curve, r1cs: R1cs, shape: Shape, secrets: Secrets) {
  const { tau, alpha, beta, deltaD, deltaC } = secrets
  const { publicSignals, secondRound, wires, rows, domainSize } = shape
  const columns = await columnsAt(curve, r1cs, coefficientTable(r1cs), tau, 'flat')
  const over = (start: number, end: number, scale: bigint) =>
    combine(curve, columns, { start, end }, { alpha, beta, scale })
  const perC = inverse(deltaC)
  const half = mod((power(tau, BigInt(domainSize)) - 1n) * inverse(2n))
  const [ic, d, c, u, v, h] = await Promise.all([
    over(0, publicSignals + 2, 1n),
    over(publicSignals + 2, secondRound, inverse(deltaD)),
    over(secondRound, wires, perC),
    toPlain(curve, columns.a),
    toPlain(curve, columns.b),
    domainWeights(curve, domainSize, rows, tau, mod(half * perC)).then((weights) => toPlain(curve, weights)),
  ])
  const one = (value: bigint) => pack([value], 'plain')
  return {
    ...{ alpha: one(alpha), beta: one(beta), deltaD: one(deltaD), deltaC: one(deltaC) },
    ...{ ic, d, c, h, a: pick(u, shape.inA, BYTES), b: pick(v, shape.inB, BYTES) },
  }
}

async function pointsOf(curve: Curve, scalars: Awaited<ReturnType<typeof scalarsOf>>) {
  const { alpha, beta, deltaD, deltaC, ic, a, b, d, c, h } = scalars
  const inG1 = [alpha, beta, deltaD, deltaC, ic, a, b, d, c, h]
  const inG2 = [beta, deltaD, deltaC, b]
  const [g1, g2] = await Promise.all([
    multiplyGenerator(curve, 'G1', concat(inG1)),
    multiplyGenerator(curve, 'G2', concat(inG2)),
  ])
  const [alpha1, beta1, deltaD1, deltaC1, ic1, a1, b1, d1, c1, h1] = split(g1, inG1, 2)
  const [beta2, deltaD2, deltaC2, b2] = split(g2, inG2, 4)
  return {
    ...{ alpha1: alpha1!, beta1: beta1!, deltaD1: deltaD1!, deltaC1: deltaC1!, ic: ic1! },
    ...{ beta2: beta2!, deltaD2: deltaD2!, deltaC2: deltaC2! },
    ...{ a: a1!, b1: b1!, b2: b2!, d: d1!, c: c1!, h: h1! },
  }
}
