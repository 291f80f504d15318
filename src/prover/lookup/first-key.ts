/**
 * A circuit's first key, from powers of tau: both deltas are 1, so that anyone could forge with it, and it is for
 * contributors. The same files give the same bytes, on any machine.
 *
 * Of the powers of tau are taken Lagrange's polynomials at tau of the domain (times 1, alpha and beta in G1, and in G2); of
 * those of the domain of twice the size, and of the powers themselves, are made what W and H have (hermite.ts).
 * Trap: where the file has just enough powers, those lack their highest coefficient. A product of A and B has none, so that
 * honest sums are the same. A prover could then only prove A w * B w + c / w^i = C w in every row i, for some c; public rows
 * have nothing on B and C, and say that c is 0.
 */
import * as Binfile from '../../artifacts/iden3/binfile.js'
import { withFile } from '../../artifacts/iden3/binfile-file.js'
import { coefficientOf, LARGE, type Matrix } from '../../artifacts/iden3/r1cs.js'
import { encode as encodeLayout } from '../../artifacts/lookups.js'
import { BYTES, toBytesLE } from '../../base/field.js'
import { pause, unlessAborted, type Watch } from '../abort.js'
import { blake2b } from '../challenge.js'
import { type Command, type Curve, withThreads } from '../curve.js'
import { concat } from '../elements.js'
import { PTAU } from '../ptau.js'
import type { Coefficients } from './coefficients.js'
import { encodeCoefficients } from './coefficients.js'
import { flatPoints, steepPoints } from './hermite.js'
import { GENERATOR_2 } from './key.js'
import { type Body, CONTRIBUTIONS_HEAD, encode, type Header } from './key-format.js'
import type { LookupCircuit } from './keys.js'

/** Its bytes. `ptau` is prepared, and of a power that is enough: see `checkPowers`. */
export async function firstKey(
  circuit: LookupCircuit,
  ptau: string,
  { signal, onProgress }: Watch = {},
): Promise<Uint8Array> {
  const { r1cs, layout, shape, digests } = circuit
  const { publicSignals, secondRound, wires, rows, domainSize } = shape
  const powers = readPowers(ptau, Math.log2(domainSize))
  const work = async (curve: Curve) => {
    const told = progressOf(shape, onProgress)
    const publicRows = Array.from({ length: publicSignals + 2 }, (_, wire) => r1cs.constraints + wire)
    const columns = (sides: readonly Side[], group: 'G1' | 'G2', of: Uint32Array) =>
      sumColumns(curve, group, wires, sides, publicRows, of, told, signal)
    const hermite = { lagrange: powers.one, twice: powers.twice, powers: powers.plain }
    onProgress?.('transforming powers of tau')
    const [flat, h] = await Promise.all([
      flatPoints(curve, hermite, rows, (done, of) =>
        onProgress?.(`transforming powers of tau: stage ${done + 1} of ${of}`),
      ),
      steepPoints(curve, hermite, rows),
    ])
    const all = Uint32Array.from({ length: wires }, (_, wire) => wire)
    const [a, b1, b2, k] = await Promise.all([
      columns([side(r1cs, 'a', powers.one, true)], 'G1', shape.inA),
      columns([side(r1cs, 'b', powers.one)], 'G1', shape.inB),
      columns([side(r1cs, 'b', powers.inG2)], 'G2', shape.inB),
      columns(
        [side(r1cs, 'a', powers.beta, true), side(r1cs, 'b', powers.alpha), side(r1cs, 'c', flat)],
        'G1',
        all,
      ),
    ])
    const generator = curve.G1.gAffine
    const header: Header = {
      ...shape,
      ...digests,
      ...{ alpha1: powers.alpha1, beta1: powers.beta1, beta2: powers.beta2 },
      ...{ deltaD1: generator, deltaC1: generator, deltaD2: GENERATOR_2, deltaC2: GENERATOR_2 },
      ic: k.subarray(0, 64 * (publicSignals + 2)),
    }
    const body: Body = {
      coefficients: encodeCoefficients(r1cs),
      layout: encodeLayout(layout),
      ...{ a, b1, b2 },
      d: k.subarray(64 * (publicSignals + 2), 64 * secondRound),
      c: k.subarray(64 * secondRound),
      h,
      contributions: new Uint8Array(CONTRIBUTIONS_HEAD),
    }
    const contributions = new Uint8Array(CONTRIBUTIONS_HEAD)
    contributions.set(blake2b(TAG, encode(header, body)))
    return encode(header, { ...body, contributions })
  }
  return withThreads((curve) => unlessAborted(signal, () => work(curve)))
}

/** Called for so many points that are made. */
function progressOf({ inA, inB, wires }: LookupCircuit['shape'], onProgress: Watch['onProgress']) {
  const all = inA.length + 2 * inB.length + wires
  let done = 0
  return (points: number) => {
    done += points
    onProgress?.(`${Math.floor((100 * done) / all)} %`)
  }
}

const TAG = new TextEncoder().encode('zkonnx.groth16-lookup.first-key.v2')

/** Points of the powers of tau; those of a domain stand one after another. */
function readPowers(path: string, power: number) {
  return withFile(path, (source) => {
    const extents = Binfile.directory(source, PTAU)
    const size = 2 ** power
    const read = (id: number, first: number, count: number, bytes: number) =>
      source.read(extents.get(id)!.offset + bytes * first, bytes * count)
    return {
      one: read(12, size - 1, size, 64),
      inG2: read(13, size - 1, size, 128),
      alpha: read(14, size - 1, size, 64),
      beta: read(15, size - 1, size, 64),
      twice: read(12, 2 * size - 1, 2 * size, 64),
      plain: read(2, 0, 2 * size - 1, 64),
      alpha1: read(4, 0, 1, 64),
      beta1: read(5, 0, 1, 64),
      beta2: read(6, 0, 1, 128),
    }
  })
}

/** A matrix, by wires, over the points of its rows. */
type Side = {
  readonly rows: Coefficients
  readonly matrix: Matrix
  readonly points: Uint8Array
  readonly publicRows: boolean
}

function side(
  r1cs: LookupCircuit['r1cs'],
  name: 'a' | 'b' | 'c',
  points: Uint8Array,
  publicRows = false,
): Side {
  return { rows: r1cs, matrix: r1cs[name], points, publicRows }
}

/** The sum of coefficient times point over the rows of each wire: affine points, one after another. */
async function sumColumns(
  curve: Curve,
  group: 'G1' | 'G2',
  wires: number,
  sides: readonly Side[],
  publicRows: readonly number[],
  of: Uint32Array,
  told: (points: number) => void,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const columns: Column[] = []
  for (const one of sides) {
    await pause(signal)
    columns.push({ ...one, ...transpose(one, wires) })
  }
  const tasks: Promise<Uint8Array[]>[] = []
  for (let start = 0; start < of.length; start += AT_ONCE) {
    const terms = Array.from(of.subarray(start, start + AT_ONCE), (wire) =>
      termsOf(columns, publicRows, wire, group),
    )
    const task = curve.tm.queueAction(sumTask(group, terms))
    // where one fails before all are waited for
    task.then(
      () => told(terms.length),
      () => {},
    )
    tasks.push(task)
    await pause(signal)
  }
  return concat((await Promise.all(tasks)).map(([points]) => points!))
}

/** Wires to a task. */
const AT_ONCE = 256

function transpose({ matrix, rows }: Side, wires: number) {
  const starts = new Uint32Array(wires + 1)
  for (const wire of matrix.wire) starts[wire + 1]!++
  for (let wire = 0; wire < wires; wire++) starts[wire + 1]! += starts[wire]!
  const [row, code] = [new Uint32Array(matrix.wire.length), new Int32Array(matrix.wire.length)]
  const next = starts.slice()
  for (let k = 0; k < rows.constraints; k++)
    for (let entry = matrix.rowStart[k]!; entry < matrix.rowStart[k + 1]!; entry++) {
      const at = next[matrix.wire[entry]!]!++
      row[at] = k
      code[at] = matrix.coefficient[entry]!
    }
  return { starts, row, code }
}

type Column = Side & ReturnType<typeof transpose>

/** Points and scalars whose products add up to a wire's; those of another width or sign apart. */
type Terms = readonly {
  readonly negative: boolean
  readonly points: Uint8Array
  readonly scalars: Uint8Array
  readonly width: number
}[]

function termsOf(
  columns: readonly Column[],
  publicRows: readonly number[],
  wire: number,
  group: 'G1' | 'G2',
): Terms {
  const size = group === 'G1' ? 64 : 128
  const found = new Map<string, { points: Uint8Array[]; scalars: Uint8Array[] }>()
  const add = (points: Uint8Array, row: number, value: bigint) => {
    const negative = value < 0n
    const magnitude = negative ? -value : value
    const width = magnitude < 2n ** 16n ? 2 : magnitude < 2n ** 32n ? 4 : BYTES
    const scalar = new Uint8Array(BYTES)
    toBytesLE(magnitude, scalar)
    const kind = `${width}${negative ? '-' : ''}`
    const own = found.get(kind) ?? { points: [], scalars: [] }
    found.set(kind, own)
    own.points.push(points.subarray(size * row, size * (row + 1)))
    own.scalars.push(scalar.subarray(0, width))
  }
  for (const { starts, row, code, points, rows, publicRows: hasPublic } of columns) {
    for (let at = starts[wire]!; at < starts[wire + 1]!; at++) {
      const own = code[at]!
      add(points, row[at]!, own < LARGE ? BigInt(own) : coefficientOf(rows, own))
    }
    if (hasPublic && wire < publicRows.length) add(points, publicRows[wire]!, 1n)
  }
  return [...found].map(([kind, { points, scalars }]) => ({
    negative: kind.endsWith('-'),
    width: parseInt(kind, 10),
    points: concat(points),
    scalars: concat(scalars),
  }))
}

function sumTask(group: 'G1' | 'G2', wires: readonly Terms[]): Command[] {
  const [name, affine] = group === 'G1' ? (['g1m', 64] as const) : (['g2m', 128] as const)
  const jacobian = 1.5 * affine
  const call = (
    fnName: string,
    ...params: ({ var: number; offset?: number } | { val: number })[]
  ): Command => ({
    cmd: 'CALL',
    fnName: `${name}_${fnName}`,
    params,
  })
  const [sums, part, result, scratch] = [0, 1, 2, 3]
  const held: Command[] = [
    { cmd: 'ALLOCSET', var: sums, buff: new Uint8Array(jacobian * wires.length) },
    { cmd: 'ALLOC', var: part, len: jacobian },
    { cmd: 'ALLOC', var: result, len: affine * wires.length },
  ]
  const calls: Command[] = []
  let next = 4
  wires.forEach((terms, i) => {
    const sum = { var: sums, offset: jacobian * i }
    calls.push(call('zero', sum))
    for (const { negative, points, scalars, width } of terms) {
      const [bases, factors] = [next++, next++]
      held.push(
        { cmd: 'ALLOCSET', var: bases, buff: points },
        { cmd: 'ALLOCSET', var: factors, buff: scalars },
      )
      const count = { val: scalars.length / width }
      calls.push(
        call('multiexpAffine', { var: bases }, { var: factors }, { val: width }, count, { var: part }),
      )
      if (negative) calls.push(call('neg', { var: part }, { var: part }))
      calls.push(call('add', sum, { var: part }, sum))
    }
  })
  // a multiplication has its buckets behind what was allocated last, where as much again is free
  held.push({ cmd: 'ALLOC', var: scratch, len: BUCKETS })
  calls.push(call('batchToAffine', { var: sums }, { val: wires.length }, { var: result }))
  const task = [...held, ...calls, { cmd: 'GET' as const, out: 0, var: result, len: affine * wires.length }]
  return task
}

/** 2^15 points of G2, beyond what ffjavascript takes for as many points as there are rows. */
const BUCKETS = 2 ** 15 * 192
