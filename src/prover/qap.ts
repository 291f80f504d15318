/**
 * A constraint system as a quadratic arithmetic program, evaluated at a secret point: what a Groth16 key is made from.
 *
 * Source: J. Groth, "On the Size of Pairing-based Non-interactive Arguments", eprint 2016/260, sections 2.3 and 3.2; the
 * rows of the key are those of snarkjs. Constraint k sits at the domain's point w^k. After the constraints, one row a
 * public wire (and the constant one) holds that wire alone in A, which keeps the statement's columns independent.
 *
 * Lagrange at a domain of n points x_i = w^i: L_i(tau) = (tau^n - 1) / n * x_i / (tau - x_i).
 */
import type { Matrix, R1cs } from '../artifacts/iden3/r1cs.js'
import { coefficientOf } from '../artifacts/iden3/r1cs.js'
import { BaseError } from '../base/errors.js'
import { BYTES, inverse, mod, P, power } from '../base/field.js'
import type { Command, Curve } from './curve.js'
import { bytesOf, concat, pack } from './elements.js'

/** Each wire's columns at tau, elements in Montgomery form. */
export type Columns = { readonly a: Uint8Array; readonly b: Uint8Array; readonly c: Uint8Array }

/** Public wires without the constant one. */
export function publicCount(r1cs: Pick<R1cs, 'publicOutputs' | 'publicInputs'>): number {
  return r1cs.publicOutputs + r1cs.publicInputs
}

/** The power of two that has a point for each constraint and each row of a public wire; throws `TooLargeError`. */
export function domainSizeOf(r1cs: Pick<R1cs, 'constraints' | 'publicOutputs' | 'publicInputs'>): number {
  const size = domainFor(r1cs.constraints + publicCount(r1cs) + 1)
  if (size > MOST_POINTS) throw new TooLargeError(r1cs.constraints)
  return size
}

/** The least power of two from 2 on that has a point for each of so many rows. */
export function domainFor(rows: number): number {
  let size = 2
  while (size < rows) size *= 2
  return size
}

/**
 * The coefficients that a system uses, each once: `index` gives for every entry of A, B and C the place of its
 * coefficient in `values`, which begins with 1.
 */
export function coefficientTable(r1cs: R1cs): CoefficientTable {
  const places = new Map<number, number>([[1, 0]])
  const values = [1n]
  const indexOf = ({ coefficient }: Matrix) =>
    coefficient.map((code) => {
      let place = places.get(code)
      if (place === undefined) {
        place = values.push(coefficientOf(r1cs, code)) - 1
        places.set(code, place)
      }
      return place
    })
  return { index: { a: indexOf(r1cs.a), b: indexOf(r1cs.b), c: indexOf(r1cs.c) }, values }
}

export type CoefficientTable = {
  readonly index: { readonly a: Int32Array; readonly b: Int32Array; readonly c: Int32Array }
  readonly values: readonly bigint[]
}

/**
 * The wires' columns at `tau`, A with its rows for public wires. C's are over Lagrange's polynomials too, or over those that
 * are as these at the domain's points, but flat there (prover/lookup).
 */
export async function columnsAt(
  curve: Curve,
  r1cs: R1cs,
  table: CoefficientTable,
  tau: bigint,
  basisOfC: 'lagrange' | 'flat' = 'lagrange',
): Promise<Columns> {
  const size = domainSizeOf(r1cs)
  const weights = await domainWeights(curve, size, r1cs.constraints + publicCount(r1cs) + 1, tau)
  const weightsOfC = basisOfC === 'lagrange' ? weights : await flatWeights(curve, size, weights, tau)
  const coefficients = pack(table.values, 'montgomery')
  const [a, b, c] = await Promise.all(
    (['a', 'b', 'c'] as const).map(async (side) => {
      const own = side === 'c' ? weightsOfC : weights
      const task = columnsTask(r1cs, r1cs[side], table.index[side], coefficients, own)
      return (await curve.tm.queueAction(task))[0]!
    }),
  )
  addPublicRows(curve, r1cs, a!, weights)
  return { a: a!, b: b!, c: c! }
}

/**
 * The weights of the quotient: L_{2i+1}(tau) * factor in a domain of twice the size, for each i of the domain. The
 * prover interpolates A * B - C from the odd points alone, since it is zero on the even ones.
 */
export function quotientWeights(
  curve: Curve,
  size: number,
  tau: bigint,
  factor: bigint,
): Promise<Uint8Array> {
  const root = rootOfUnity(curve, 2 * size)
  const scale = mod((power(tau, BigInt(2 * size)) - 1n) * inverse(BigInt(2 * size)) * factor)
  return lagrange(curve, { first: root, step: mod(root * root), tau, scale, count: size })
}

/** L_i(tau) * factor for so many points i of the domain. */
export function domainWeights(
  curve: Curve,
  size: number,
  count: number,
  tau: bigint,
  factor = 1n,
): Promise<Uint8Array> {
  const scale = mod((power(tau, BigInt(size)) - 1n) * inverse(BigInt(size)) * factor)
  return lagrange(curve, { first: 1n, step: rootOfUnity(curve, size), tau, scale, count })
}

/**
 * Of Lagrange's polynomials L at tau, those below degree 2n that are as they at the n points, with a derivative of 0 at all
 * of them: L^2 - (1 - 1/n) (x^n - 1) L.
 */
function flatWeights(curve: Curve, size: number, weights: Uint8Array, tau: bigint): Promise<Uint8Array> {
  const factor = mod((1n - inverse(BigInt(size))) * (power(tau, BigInt(size)) - 1n))
  const count = { val: weights.length / BYTES }
  return run(curve, [
    ...[weights, pack([factor], 'montgomery'), pack([1n], 'montgomery')].map((buff, variable) => ({
      cmd: 'ALLOCSET' as const,
      var: variable,
      buff,
    })),
    { cmd: 'ALLOC', var: 3, len: weights.length },
    call('frm_batchApplyKey', ref(0), count, ref(1), ref(2), ref(3)),
    call('qap_joinABC', ref(0), ref(0), ref(3), count, ref(3)),
    { cmd: 'GET', out: 0, var: 3, len: weights.length },
  ])
}

/** `scale * (beta * a + alpha * b + c)` for the wires from `start` to `end`, plain elements. */
export async function combine(
  curve: Curve,
  columns: Columns,
  range: { readonly start: number; readonly end: number },
  factors: { readonly alpha: bigint; readonly beta: bigint; readonly scale: bigint },
): Promise<Uint8Array> {
  const part = (bytes: Uint8Array) => bytes.slice(BYTES * range.start, BYTES * range.end)
  const count = range.end - range.start
  const packed = pack([factors.beta, factors.alpha, factors.scale], 'montgomery')
  return run(curve, [
    { cmd: 'ALLOCSET', var: 0, buff: part(columns.a) },
    { cmd: 'ALLOCSET', var: 1, buff: part(columns.b) },
    { cmd: 'ALLOCSET', var: 2, buff: part(columns.c) },
    { cmd: 'ALLOCSET', var: 3, buff: packed },
    call('frm_combine', ref(0), ref(1), ref(2), ref(3), { val: count }, ref(0)),
    call('frm_batchFromMontgomery', ref(0), { val: count }, ref(0)),
    { cmd: 'GET', out: 0, var: 0, len: BYTES * count },
  ])
}

/** Elements out of Montgomery form. */
export async function toPlain(curve: Curve, elements: Uint8Array): Promise<Uint8Array> {
  return run(curve, [
    { cmd: 'ALLOCSET', var: 0, buff: elements },
    call('frm_batchFromMontgomery', ref(0), { val: elements.length / BYTES }, ref(0)),
    { cmd: 'GET', out: 0, var: 0, len: elements.length },
  ])
}

/** Half the order of the field's group of two-power roots of unity: the quotient needs a domain of twice the size. */
const MOST_POINTS = 2 ** 27
const CHUNK = 2 ** 14

const ref = (variable: number) => ({ var: variable })
const call = (fnName: string, ...params: ({ var: number } | { val: number })[]): Command => ({
  cmd: 'CALL',
  fnName,
  params,
})

async function run(curve: Curve, task: readonly Command[]): Promise<Uint8Array> {
  return (await curve.tm.queueAction(task))[0]!
}

/** The root that snarkjs's transforms use for a domain of `size` points. */
export function rootOfUnity(curve: Curve, size: number): bigint {
  return BigInt(curve.Fr.toObject(curve.Fr.w[Math.log2(size)]!) as bigint)
}

type Points = {
  readonly first: bigint
  readonly step: bigint
  readonly tau: bigint
  readonly scale: bigint
  readonly count: number
}

/** `scale * x_i / (tau - x_i)` at `count` points x_i = first * step^i, in Montgomery form. */
export async function lagrange(
  curve: Curve,
  { first, step, tau, scale, count }: Points,
): Promise<Uint8Array> {
  const tasks: Promise<Uint8Array>[] = []
  for (let start = 0; start < count; start += CHUNK) {
    const here = mod(first * power(step, BigInt(start)))
    tasks.push(lagrangeChunk(curve, { first: here, step, tau, scale, count: Math.min(CHUNK, count - start) }))
  }
  return concat(await Promise.all(tasks))
}

function lagrangeChunk(curve: Curve, { first, step, tau, scale, count }: Points): Promise<Uint8Array> {
  const arguments_ = [first, step, tau, scale].map((value) => pack([value], 'montgomery'))
  return run(curve, [
    ...arguments_.map((buff, index) => ({ cmd: 'ALLOCSET' as const, var: index, buff })),
    { cmd: 'ALLOC', var: 4, len: BYTES * count },
    // the inversion works behind the last allocation, and the module leaves it as much room as that one took
    { cmd: 'ALLOC', var: 5, len: BYTES * (count + 2) },
    call('frm_lagrange', ref(0), ref(1), ref(2), ref(3), { val: count }, ref(4)),
    { cmd: 'GET', out: 0, var: 4, len: BYTES * count },
  ])
}

function columnsTask(
  r1cs: R1cs,
  matrix: Matrix,
  index: Int32Array,
  coefficients: Uint8Array,
  weights: Uint8Array,
): Command[] {
  return [
    { cmd: 'ALLOCSET', var: 0, buff: bytesOf(matrix.rowStart) },
    { cmd: 'ALLOCSET', var: 1, buff: bytesOf(matrix.wire) },
    { cmd: 'ALLOCSET', var: 2, buff: bytesOf(index) },
    { cmd: 'ALLOCSET', var: 3, buff: coefficients },
    { cmd: 'ALLOCSET', var: 4, buff: weights },
    { cmd: 'ALLOCSET', var: 5, buff: new Uint8Array(BYTES * r1cs.wires) },
    call('frm_columns', ref(0), { val: r1cs.constraints }, ref(1), ref(2), ref(3), ref(4), ref(5)),
    { cmd: 'GET', out: 0, var: 5, len: BYTES * r1cs.wires },
  ]
}

function addPublicRows(curve: Curve, r1cs: R1cs, a: Uint8Array, weights: Uint8Array): void {
  const element = (bytes: Uint8Array, index: number) => bytes.slice(BYTES * index, BYTES * (index + 1))
  for (let wire = 0; wire <= publicCount(r1cs); wire++) {
    a.set(curve.Fr.add(element(a, wire), element(weights, r1cs.constraints + wire)), BYTES * wire)
  }
}

export class TooLargeError extends BaseError {
  override name = 'Qap.TooLargeError'
  constructor(readonly constraints: number) {
    super(`The circuit has ${constraints} constraints, more than a Groth16 key over BN254 can hold.`, {
      details: [`at most ${MOST_POINTS} with its public signals; the scalar field is of order ${P}`],
      hint: 'use a smaller model or fewer bits',
    })
  }
}
