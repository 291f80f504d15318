/**
 * The tier that runs wherever WebAssembly does: integer arithmetic of ffjavascript's module, as snarkjs has it, but called
 * a phase at a time, on scalars that were split by their width. Points stay as the key has them.
 */
import type { Command } from 'ffjavascript'
import { BYTES } from '../../base/field.js'
import { withoutThreads } from '../curve.js'
import { pack } from '../elements.js'
import { openRunner, type Runner } from '../runner.js'
import { COEFFICIENT_BYTES } from '../zkey.js'
import { type Affine, G1, G2, type Group } from './group.js'
import type { AffineOf, Evaluated, GroupName, Machine, Points, Tier } from './machine.js'
import { rootOfUnity } from './reference.js'
import { pick, splitScalars } from './split.js'

export const plain: Tier = {
  name: 'plain',
  async open(shared) {
    const module = (shared as WebAssembly.Module | undefined) ?? (await compile())
    return machineOver(openRunner(module), module)
  },
}

function machineOver(run: Runner, module: WebAssembly.Module): Machine {
  return {
    tier: 'plain',
    shared: module,
    loadPoints: (group, bytes, count) => ({ group, count, place: bytes }),
    multiply: <Name extends GroupName>({ group, place }: Points<Name>, scalars: Uint8Array) =>
      (group === 'g1'
        ? multiply(run, 'g1m', G1, place as Uint8Array, scalars)
        : multiply(run, 'g2m', G2, place as Uint8Array, scalars)) as AffineOf<Name>,
    quotient: (a, b) => quotient(run, a, b),
    evaluate: (coefficients, rows, witness) => evaluate(run, coefficients, rows, witness),
  }
}

function compile(): Promise<WebAssembly.Module> {
  return withoutThreads(async ({ tm }) => WebAssembly.compile(tm.code))
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

function quotient(run: Runner, a: Uint8Array, b: Uint8Array): Uint8Array {
  const n = { val: a.length / BYTES }
  const toOdd = (variable: number) => [
    call('frm_ifft', ref(variable), n),
    call('frm_batchApplyKey', ref(variable), n, ref(3), ref(4), ref(variable)),
    call('frm_fft', ref(variable), n),
  ]
  const root = rootOfUnity(2 * n.val)
  return run([
    { cmd: 'ALLOCSET', var: 0, buff: a },
    { cmd: 'ALLOCSET', var: 1, buff: b },
    { cmd: 'ALLOCSET', var: 2, buff: new Uint8Array(a.length) },
    { cmd: 'ALLOCSET', var: 3, buff: pack([1n], 'montgomery') },
    { cmd: 'ALLOCSET', var: 4, buff: pack([root], 'montgomery') },
    // a b - 0
    call('qap_joinABC', ref(0), ref(1), ref(2), n, ref(2)),
    ...[0, 1, 2].flatMap(toOdd),
    call('qap_joinABC', ref(0), ref(1), ref(2), n, ref(0)),
    call('frm_batchFromMontgomery', ref(0), n, ref(0)),
    { cmd: 'GET', out: 0, var: 0, len: a.length },
  ])[0]!
}

function evaluate(run: Runner, coefficients: Uint8Array, rows: number, witness: Uint8Array): Evaluated {
  const entries = { val: coefficients.length / COEFFICIENT_BYTES }
  const [none, all, wires] = [{ val: 0 }, { val: rows }, { val: witness.length / BYTES }]
  const [a, b] = run([
    { cmd: 'ALLOCSET', var: 0, buff: coefficients },
    { cmd: 'ALLOCSET', var: 1, buff: witness },
    { cmd: 'ALLOC', var: 2, len: BYTES * rows },
    { cmd: 'ALLOC', var: 3, len: BYTES * rows },
    { cmd: 'ALLOC', var: 4, len: BYTES * rows },
    call('qap_buildABC', ref(0), entries, ref(1), ref(2), ref(3), ref(4), none, all, none, wires),
    { cmd: 'GET', out: 0, var: 2, len: BYTES * rows },
    { cmd: 'GET', out: 1, var: 3, len: BYTES * rows },
  ])
  return { a: a!, b: b! }
}

const ref = (variable: number) => ({ var: variable })
const call = (fnName: string, ...params: ({ var: number } | { val: number })[]): Command => ({
  cmd: 'CALL',
  fnName,
  params,
})
