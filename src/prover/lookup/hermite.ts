/**
 * Points of Hermite's polynomials at tau, from powers of tau that are prepared for Lagrange's.
 *
 * With L_i of the n points x_i of the domain, and M_i of those of the domain of twice the size: steep ones, whose value is 0
 * at all points, are (x^n - 1) L_i / 2 = M_2i - L_i. Flat ones, as L_i at the points, with a derivative of 0, are
 * L_i - (x^n - 1) x L_i' / n. The coefficients of L_i are w^(-ik) / n: this is a transform of multiples of powers, once.
 */
import type { Command } from 'ffjavascript'
import { BYTES, inverse, mod, toBytesLE } from '../../base/field.js'
import type { Curve } from '../curve.js'
import { concat } from '../elements.js'
import { rootOfUnity } from '../groth16/reference.js'
import { addMultiples, transformPoints } from '../point-transform.js'

/** Affine points of G1, one after another. */
export type DomainPowers = {
  /** L_i(tau), n of them, and M_i(tau), of which there are twice as many. */
  readonly lagrange: Uint8Array
  readonly twice: Uint8Array
  /** Powers of tau from 0 to 2n - 2. */
  readonly powers: Uint8Array
}

/** Of the first points of the domain. */
export async function steepPoints(
  curve: Curve,
  { lagrange, twice }: DomainPowers,
  count: number,
): Promise<Uint8Array> {
  const even = new Uint8Array(POINT * count)
  for (let i = 0; i < count; i++) even.set(pointOf(twice, 2 * i), POINT * i)
  return differences(curve, even, lagrange.subarray(0, POINT * count))
}

/** The same. */
export async function flatPoints(
  curve: Curve,
  given: DomainPowers,
  count: number,
  onStage?: (done: number, of: number) => void,
): Promise<Uint8Array> {
  const size = given.lagrange.length / POINT
  const high = new Uint8Array(POINT * size)
  high.set(given.powers.subarray(POINT * size))
  high.set(await lastPower(curve, given.twice), POINT * (size - 1))
  const scaled = await differences(curve, high, given.powers.subarray(0, POINT * size), 'indexed')
  const sums = await transformPoints(curve, scaled, onStage)
  const [lagrange, slopes] = [given.lagrange, sums].map((points) => points.subarray(0, POINT * count))
  return addMultiples(curve, lagrange!, slopes!, mod(-inverse(BigInt(size) ** 2n)))
}

/**
 * tau^(2n - 1) as M_i have it: where a file has just enough powers, they have none, and this is infinity. The sum of M_i
 * times x^-1 of their points.
 */
async function lastPower(curve: Curve, twice: Uint8Array): Promise<Uint8Array> {
  const size = twice.length / POINT
  const step = inverse(rootOfUnity(size))
  const scalars = new Uint8Array(BYTES * size)
  for (let i = 0, value = 1n; i < size; i++, value = mod(value * step)) toBytesLE(value, scalars, BYTES * i)
  return curve.G1.toAffine(await curve.G1.multiExpAffine(twice, scalars))
}

/** Each times its index, where so asked. */
async function differences(
  curve: Curve,
  left: Uint8Array,
  right: Uint8Array,
  indexed?: 'indexed',
): Promise<Uint8Array> {
  const count = left.length / POINT
  const tasks: Promise<Uint8Array[]>[] = []
  for (let start = 0; start < count; start += AT_ONCE) {
    const [from, to] = [POINT * start, POINT * Math.min(count, start + AT_ONCE)]
    const factors = indexed === undefined ? undefined : start
    tasks.push(curve.tm.queueAction(differencesTask(left.slice(from, to), right.slice(from, to), factors)))
  }
  return concat((await Promise.all(tasks)).map(([points]) => points!))
}

function differencesTask(left: Uint8Array, right: Uint8Array, firstFactor: number | undefined): Command[] {
  const count = left.length / POINT
  const factors = Uint32Array.from({ length: count }, (_, i) => (firstFactor ?? 0) + i)
  const calls: Command[] = []
  for (let i = 0; i < count; i++) {
    const out = { var: 3, offset: JACOBIAN * i }
    const points = [left, right].map((_, side) => ({ var: side, offset: POINT * i }))
    calls.push({ cmd: 'CALL', fnName: 'g1m_subAffine', params: [...points, out] })
    if (firstFactor === undefined) continue
    const factor = [{ var: 2, offset: 4 * i }, { val: 4 }]
    calls.push({ cmd: 'CALL', fnName: 'g1m_timesScalar', params: [out, ...factor, out] })
  }
  return [
    { cmd: 'ALLOCSET', var: 0, buff: left },
    { cmd: 'ALLOCSET', var: 1, buff: right },
    { cmd: 'ALLOCSET', var: 2, buff: new Uint8Array(factors.buffer) },
    { cmd: 'ALLOC', var: 3, len: JACOBIAN * count },
    { cmd: 'ALLOC', var: 4, len: POINT * count },
    ...calls,
    { cmd: 'CALL', fnName: 'g1m_batchToAffine', params: [{ var: 3 }, { val: count }, { var: 4 }] },
    { cmd: 'GET', out: 0, var: 4, len: POINT * count },
  ]
}

/** Points to a task. */
const AT_ONCE = 512
const POINT = 64
const JACOBIAN = 96

const pointOf = (points: Uint8Array, i: number) => points.subarray(POINT * i, POINT * (i + 1))
