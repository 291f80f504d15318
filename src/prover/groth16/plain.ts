/**
 * The tier that runs wherever WebAssembly does: integer arithmetic of ffjavascript's module, as snarkjs has it, but called
 * a phase at a time, on scalars that were split by their width. Points stay as the key has them.
 */
import type { Command } from 'ffjavascript'
import { BYTES, inverse, mod } from '../../base/field.js'
import { pack } from '../elements.js'
import { loadIden3 } from '../iden3.js'
import { openRunner, type Runner } from '../runner.js'
import { COEFFICIENT_BYTES } from '../zkey.js'
import { type Affine, G1, G2, GENERATOR_1, GENERATOR_2, type Group } from './group.js'
import type { AffineOf, GroupName, Machine, Points, Share, Tier } from './machine.js'
import { rootOfUnity, stretchOf } from './reference.js'
import { pick, splitScalars } from './split.js'

export const plain: Tier = {
  name: 'plain',
  async open(shared) {
    const module = (shared as WebAssembly.Module | undefined) ?? (await compile())
    return machineOver(openRunner(module), module)
  },
}

function machineOver(run: Runner, module: WebAssembly.Module): Machine {
  const multiplyOnce = <Name extends GroupName>(group: Name, points: Uint8Array, scalars: Uint8Array) =>
    (group === 'g1'
      ? multiply(run, 'g1m', G1, points, scalars)
      : multiply(run, 'g2m', G2, points, scalars)) as AffineOf<Name>
  return {
    tier: 'plain',
    shared: module,
    loadPoints: (group, bytes, count) => ({ group, count, place: bytes }),
    multiply<Name extends GroupName>(
      { group, place, count }: Points<Name>,
      scalars: Uint8Array,
      share?: Share,
    ) {
      const size = group === 'g1' ? G1.bytes : G2.bytes
      const [from, to] = stretchOf(share, count)
      const points = (place as Uint8Array).subarray(size * from, size * to)
      return multiplyOnce(group, points, scalars.subarray(BYTES * from, BYTES * to))
    },
    multiplyOnce,
    multiplesOf: (group, scalars) =>
      group === 'g1'
        ? multiples(run, 'g1m', G1, GENERATOR_1, scalars)
        : multiples(run, 'g2m', G2, GENERATOR_2, scalars),
    butterflies: (a, b, scalars) => butterflies(run, a, b, scalars),
    loadRows: (coefficients, rows) => ({ rows, place: coefficients }),
    quotientOf: ({ rows, place }, witness) => quotient(run, place as Uint8Array, rows, witness),
    loadDomain: (points) => ({ points, place: weightsOf(points) }),
    slopesOf: ({ points, place }, a, b) => slopes(run, points, place as Weights, a, b),
    multiplyClasses: ({ place }, classes, scalars) =>
      multiply(run, 'g1m', G1, place as Uint8Array, pick(scalars, classes, BYTES)),
  }
}

/** Only here: threads are handed the module. */
async function compile(): Promise<WebAssembly.Module> {
  const { ffjavascript } = await loadIden3()
  const { tm } = await ffjavascript.buildBn128(true)
  return WebAssembly.compile(tm.code)
}

function multiply<T>(
  run: Runner,
  prefix: 'g1m' | 'g2m',
  group: Group<T>,
  points: Uint8Array,
  scalars: Uint8Array,
): Affine<T> {
  let sum: Affine<T>
  for (const part of splitScalars(scalars)) {
    const count = part.indices.length
    const chosen = 32 * count === scalars.length ? points : pick(points, part.indices, group.bytes)
    const [bytes] = run([
      { cmd: 'ALLOCSET', var: 0, buff: chosen },
      { cmd: 'ALLOCSET', var: 1, buff: part.scalars },
      { cmd: 'ALLOC', var: 2, len: 1.5 * group.bytes },
      call(`${prefix}_multiexpAffine`, ref(0), ref(1), { val: part.width }, { val: count }, ref(2)),
      call(`${prefix}_toAffine`, ref(2), ref(2)),
      { cmd: 'GET', out: 0, var: 2, len: group.bytes },
    ])
    sum = group.add(sum, group.read(bytes!, 0))
  }
  return sum
}

function multiples<T>(
  run: Runner,
  prefix: 'g1m' | 'g2m',
  group: Group<T>,
  generator: Affine<T>,
  scalars: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const count = scalars.length / BYTES
  const base = new Uint8Array(group.bytes)
  group.write(generator, base, 0)
  const jacobian = 1.5 * group.bytes
  const [all] = run([
    { cmd: 'ALLOCSET', var: 0, buff: base },
    { cmd: 'ALLOCSET', var: 1, buff: scalars },
    { cmd: 'ALLOC', var: 2, len: jacobian * count },
    { cmd: 'ALLOC', var: 3, len: group.bytes * count },
    ...Array.from({ length: count }, (_, i) =>
      call(
        `${prefix}_timesScalarAffine`,
        ref(0),
        { var: 1, offset: BYTES * i },
        { val: BYTES },
        { var: 2, offset: jacobian * i },
      ),
    ),
    call(`${prefix}_batchToAffine`, ref(2), { val: count }, ref(3)),
    { cmd: 'GET', out: 0, var: 3, len: group.bytes * count },
  ])
  return all!
}

function butterflies(run: Runner, a: Uint8Array, b: Uint8Array, scalars: Uint8Array): Uint8Array {
  const count = scalars.length / BYTES
  const jacobian = 1.5 * G1.bytes
  const at = (variable: number, offset: number) => ({ var: variable, offset })
  const calls = Array.from({ length: count }, (_, i) => {
    const [left, right] = [at(0, G1.bytes * i), at(1, G1.bytes * i)]
    const [sum, difference] = [at(3, jacobian * i), at(3, jacobian * (count + i))]
    return [
      call('g1m_timesScalarAffine', right, at(2, BYTES * i), { val: BYTES }, sum),
      call('g1m_neg', sum, difference),
      call('g1m_addMixed', difference, left, difference),
      call('g1m_addMixed', sum, left, sum),
    ]
  })
  return run([
    ...[a, b, scalars].map((buff, variable) => ({ cmd: 'ALLOCSET' as const, var: variable, buff })),
    { cmd: 'ALLOC', var: 3, len: 2 * jacobian * count },
    { cmd: 'ALLOC', var: 4, len: 2 * G1.bytes * count },
    ...calls.flat(),
    call('g1m_batchToAffine', ref(3), { val: 2 * count }, ref(4)),
    { cmd: 'GET', out: 0, var: 4, len: 2 * G1.bytes * count },
  ])[0]!
}

function quotient(run: Runner, coefficients: Uint8Array, rows: number, witness: Uint8Array): Uint8Array {
  const entries = { val: coefficients.length / COEFFICIENT_BYTES }
  const [none, n, wires] = [{ val: 0 }, { val: rows }, { val: witness.length / BYTES }]
  const [a, b, c] = [2, 3, 4].map(ref)
  const toOdd = (values: typeof a) => carry(values!, n)
  return run([
    { cmd: 'ALLOCSET', var: 0, buff: coefficients },
    { cmd: 'ALLOCSET', var: 1, buff: witness },
    ...[2, 3, 4].map((variable) => ({ cmd: 'ALLOC' as const, var: variable, len: BYTES * rows })),
    ...shifts(rows),
    call('qap_buildABC', ref(0), entries, ref(1), a!, b!, c!, none, n, none, wires),
    ...[a, b, c].flatMap(toOdd),
    call('qap_joinABC', a!, b!, c!, n, a!),
    call('frm_batchFromMontgomery', a!, n, a!),
    { cmd: 'GET', out: 0, var: 2, len: BYTES * rows },
  ])[0]!
}

type Operand = { readonly var: number }

/** The degrees times 2 / n, and their opposites; Montgomery form. */
type Weights = { readonly rises: Uint8Array; readonly falls: Uint8Array }

function weightsOf(points: number): Weights {
  const unit = mod(2n * inverse(BigInt(points)))
  const rises = Array.from({ length: points }, (_, degree) => mod(BigInt(degree) * unit))
  const falls = rises.map((value) => mod(-value))
  return { rises: pack(rises, 'montgomery'), falls: pack(falls, 'montgomery') }
}

/** Kernels subtract a product: with B's slopes negated, the sum of both is a difference. */
function slopes(run: Runner, points: number, weights: Weights, a: Uint8Array, b: Uint8Array): Uint8Array {
  const n = { val: points }
  const [left, right, none, rises, falls, ofLeft, ofRight] = [0, 1, 2, 3, 4, 5, 6].map(ref) as Operand[]
  const padded = (values: Uint8Array) => {
    const all = new Uint8Array(BYTES * points)
    all.set(values)
    return all
  }
  const slope = (values: Operand, factors: Operand, out: Operand): Command[] => [
    { cmd: 'ALLOC', var: out.var, len: BYTES * points },
    call('frm_batchToMontgomery', values, n, out),
    call('frm_batchToMontgomery', values, n, values),
    call('frm_ifft', out, n),
    call('qap_joinABC', out, factors, none!, n, out),
    call('frm_fft', out, n),
  ]
  return run([
    ...[padded(a), padded(b), new Uint8Array(BYTES * points), weights.rises, weights.falls].map(
      (buff, variable) => ({ cmd: 'ALLOCSET' as const, var: variable, buff }),
    ),
    ...slope(left!, rises!, ofLeft!),
    ...slope(right!, falls!, ofRight!),
    call('qap_joinABC', left!, ofRight!, none!, n, ofRight!),
    call('qap_joinABC', ofLeft!, right!, ofRight!, n, left!),
    call('frm_batchFromMontgomery', left!, n, left!),
    { cmd: 'GET', out: 0, var: left!.var, len: a.length },
  ])[0]!
}

/** What `carry` multiplies with: 1 and the root of the domain of twice the size. */
const shifts = (rows: number): Command[] => [
  { cmd: 'ALLOCSET', var: 5, buff: pack([1n], 'montgomery') },
  { cmd: 'ALLOCSET', var: 6, buff: pack([rootOfUnity(2 * rows)], 'montgomery') },
]

/** From the domain to the odd points. */
const carry = (values: { var: number }, n: { val: number }): Command[] => [
  call('frm_ifft', values, n),
  call('frm_batchApplyKey', values, n, ref(5), ref(6), values),
  call('frm_fft', values, n),
]

const ref = (variable: number) => ({ var: variable })
const call = (
  fnName: string,
  ...params: ({ var: number; offset?: number } | { val: number })[]
): Command => ({
  cmd: 'CALL',
  fnName,
  params,
})
