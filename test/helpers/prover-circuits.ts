/** Circuits of all kinds and sizes for provers: what their keys hold reaches the corners of every multiplication. */
import * as R1cs from '../../src/artifacts/iden3/r1cs.js'
import * as Wtns from '../../src/artifacts/iden3/wtns.js'
import { mod } from '../../src/base/field.js'
import { Random } from '../../src/base/random.js'
import { makeDevKeys } from '../../src/prover/keys.js'
import { type Row, system, witnessOf } from './r1cs.js'
import { syntheticSystem } from './synthetic.js'

export type Circuit = { readonly name: string; readonly r1cs: R1cs.R1cs; readonly witness: Wtns.Witness }

const bits = (constraints: number, density?: number): Circuit => ({
  name: `${constraints} constraints, nearly all bits`,
  ...syntheticSystem(constraints, 16, density),
})

/** x, x^2, x^4, ...: every value is full. */
export function chain(length: number): Circuit {
  const values = [new Random(length).element()]
  for (let i = 0; i < length; i++) values.push(mod(values[i]! * values[i]!))
  // the last is public, and comes first
  const wire = (i: number) => (i === length ? 1 : i + 2)
  const rows = Array.from({ length }, (_, i): [Row, Row, Row] => [
    { [wire(i)]: 1n },
    { [wire(i)]: 1n },
    { [wire(i + 1)]: 1n },
  ])
  return {
    name: `a chain of ${length} squarings`,
    r1cs: system(length + 2, { outputs: 1, inputs: 0, privateInputs: 1 }, rows),
    witness: witnessOf(values[length]!, ...values.slice(0, length)),
  }
}

/** Squares of public values. */
function statement(signals: number): Circuit {
  const random = new Random(signals)
  const values = Array.from({ length: signals }, (_, i) => (i === 0 ? 0n : random.element()))
  const rows = values.map((_, i): [Row, Row, Row] => [
    { [1 + i]: 1n },
    { [1 + i]: 1n },
    { [1 + signals + i]: 1n },
  ])
  return {
    name: `${signals} public signals`,
    r1cs: system(1 + 2 * signals, { outputs: 0, inputs: signals, privateInputs: 0 }, rows),
    witness: witnessOf(...values, ...values.map((value) => value * value)),
  }
}

/** Wires that always stand together make equal points, with opposite signs opposite ones, and alone nowhere infinity. */
function twins(pairs: number): Circuit {
  const random = new Random(pairs)
  const values = Array.from({ length: 4 * pairs }, () => random.element())
  const side = (from: number, sign: bigint): Row =>
    Object.fromEntries(Array.from({ length: pairs }, (_, i) => [2 + from + i, i % 2 === 0 ? 1n : sign]))
  const [left, right] = [side(0, 1n), side(pairs, -1n)]
  const sum = (row: Row) =>
    Object.entries(row).reduce((total, [wire, factor]) => total + factor * values[Number(wire) - 2]!, 0n)
  return {
    name: `${pairs} equal, ${pairs} equal or opposite and ${2 * pairs} unused wires`,
    r1cs: system(2 + 4 * pairs, { outputs: 1, inputs: 0, privateInputs: 0 }, [[left, right, { 1: 1n }]]),
    witness: witnessOf(mod(sum(left) * sum(right)), ...values),
  }
}

/** Sizes around powers of two: with the row of the constant and of the one signal the domain is full, or one over. */
export const CIRCUITS: readonly Circuit[] = [
  bits(1),
  bits(2),
  bits(6),
  bits(7),
  statement(2),
  statement(40),
  twins(9),
  chain(3),
  chain(126),
  chain(700),
  bits(1022, 20),
  bits(6000),
]

/** Larger ones, for long runs. */
export const LARGE_CIRCUITS: readonly Circuit[] = [chain(5000), bits(16383), bits(60_000), bits(140_000)]

export async function keysOf({ r1cs, witness }: Circuit) {
  const { keys, zkey } = await makeDevKeys(R1cs.encode(r1cs))
  return { zkey, verificationKey: keys.verificationKey, wtns: Wtns.encode(witness), values: witness.values }
}
