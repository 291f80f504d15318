/** Hand-made constraint systems with a witness each: one for every shape that a file or a key could stumble over. */

import type { R1cs } from '../../src/artifacts/iden3/r1cs.js'
import type { Witness } from '../../src/artifacts/iden3/wtns.js'
import { P } from '../../src/base/field.js'
import { type Row, system, witnessOf } from './r1cs.js'

export type Example = { readonly name: string; readonly r1cs: R1cs; readonly witness: Witness }

const BIG = 2n ** 200n + 12345n

export const examples: readonly Example[] = [
  {
    name: 'cubic: out = x^3 + 5',
    r1cs: system(5, { outputs: 1, inputs: 1, privateInputs: 0 }, [
      [{ 2: 1n }, { 2: 1n }, { 3: 1n }],
      [{ 3: 1n }, { 2: 1n }, { 4: 1n }],
      [{ 0: 5n, 4: 1n }, { 0: 1n }, { 1: 1n }],
    ]),
    witness: witnessOf(32n, 3n, 9n, 27n),
  },
  {
    name: 'large and negative coefficients',
    r1cs: system(5, { outputs: 1, inputs: 1, privateInputs: 1 }, [
      [{ 2: BIG, 3: -7n }, { 0: P - BIG, 3: 2n ** 30n - 1n }, { 4: 1n }],
      [{ 4: -(2n ** 30n - 1n) }, { 0: -1n }, { 1: 2n ** 30n }],
    ]),
    witness: solveLarge(),
  },
  {
    name: 'empty rows and unused wires',
    r1cs: system(6, { outputs: 1, inputs: 0, privateInputs: 1 }, [
      [{}, {}, {}],
      [{ 2: 1n }, { 2: 1n }, { 1: 1n }],
      [{ 1: 1n }, {}, {}],
    ]),
    witness: witnessOf(49n, 7n, 99n, 98n, 97n),
  },
  {
    name: 'a statement wider than the circuit',
    r1cs: system(41, { outputs: 20, inputs: 19, privateInputs: 1 }, [[{ 40: 1n }, { 40: 1n }, sumOf(1, 39)]]),
    witness: witnessOf(...Array.from({ length: 38 }, (_, i) => BigInt(i)), 10_000n - 703n, 100n),
  },
  {
    name: 'no public outputs',
    r1cs: system(3, { outputs: 0, inputs: 1, privateInputs: 1 }, [[{ 2: 1n }, { 2: 1n }, { 1: 1n }]]),
    witness: witnessOf(144n, -12n),
  },
  {
    name: 'no public signals at all',
    r1cs: system(3, { outputs: 0, inputs: 0, privateInputs: 1 }, [
      [{ 1: 1n }, { 1: 1n }, { 2: 1n }],
      [{ 1: 1n, 2: 1n }, { 0: 1n }, { 0: 6n }],
    ]),
    witness: witnessOf(2n, 4n),
  },
]

function sumOf(first: number, last: number): Row {
  return Object.fromEntries(Array.from({ length: last - first + 1 }, (_, i) => [first + i, 1n]))
}

/** wire 4 = (BIG x - 7 y)(-BIG + (2^30 - 1) y), wire 1 = (2^30 - 1) wire 4 / 2^30. */
function solveLarge(): Witness {
  const [x, y] = [11n, -5n]
  const product = (BIG * x - 7n * y) * (-BIG + (2n ** 30n - 1n) * y)
  const half = (P + 1n) / 2n
  let out = (2n ** 30n - 1n) * product
  for (let i = 0; i < 30; i++) out = (out * half) % P
  return witnessOf(out, x, y, product)
}
