/** With the same r and s there is one proof: ours must be snarkjs's, bit for bit, on every tier. */
import { expect, test } from 'vitest'
import * as R1cs from '../../src/artifacts/iden3/r1cs.js'
import * as Wtns from '../../src/artifacts/iden3/wtns.js'
import { P } from '../../src/base/field.js'
import { Random } from '../../src/base/random.js'
import { openSingle } from '../../src/prover/groth16/engine.js'
import { readKey } from '../../src/prover/groth16/key.js'
import { plain } from '../../src/prover/groth16/plain.js'
import { reference } from '../../src/prover/groth16/reference.js'
import { makeDevKeys } from '../../src/prover/keys.js'
import { proveWith } from '../helpers/blinding.js'
import { syntheticSystem } from '../helpers/synthetic.js'

const random = new Random(8)
const BLINDINGS = [
  { r: 0n, s: 0n },
  { r: 1n, s: P - 1n },
  { r: random.element(), s: random.element() },
]

test.each([1, 2, 7, 16, 60])('the reference proves %i constraints as snarkjs does', async (constraints) => {
  const { r1cs, witness } = syntheticSystem(constraints)
  const { zkey } = await makeDevKeys(R1cs.encode(r1cs))
  const key = readKey(zkey)
  for (const machine of [reference, await plain.open()]) {
    const engine = openSingle(machine, key)
    for (const blinding of BLINDINGS) {
      const { proof } = await proveWith(zkey, Wtns.encode(witness), blinding)
      expect(await engine.prove(witness.values, blinding)).toEqual(proof)
    }
  }
})
