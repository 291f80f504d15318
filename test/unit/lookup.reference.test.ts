/** The scheme in plain arithmetic, and keys: what everything faster is compared with. */
import { expect, test } from 'vitest'
import { firstUnsatisfied } from '../../src/artifacts/iden3/check.js'
import * as R1cs from '../../src/artifacts/iden3/r1cs.js'
import * as Wtns from '../../src/artifacts/iden3/wtns.js'
import { P } from '../../src/base/field.js'
import { challengeOf } from '../../src/prover/lookup/challenge.js'
import { readKey } from '../../src/prover/lookup/key.js'
import { makeDevKeys } from '../../src/prover/lookup/keys.js'
import { prove, setup } from '../../src/prover/lookup/reference.js'
import { completeWitness } from '../../src/prover/lookup/rounds.js'
import { verifyLookup } from '../../src/prover/lookup/verify.js'
import { filesOf, LOOKUP_CIRCUITS } from '../helpers/lookup-circuits.js'
import { DRAWN, digestsOf, randomOf } from '../helpers/lookup-keys.js'

const deep = process.env.ZKONNX_DEEP !== undefined
const SOME = deep ? LOOKUP_CIRCUITS : LOOKUP_CIRCUITS.slice(1, 3)

test.each(SOME)('$name: setup, proof and verifier agree', async (circuit) => {
  const { r1cs, lookups } = filesOf(circuit)
  const secrets = { tau: DRAWN[0]!, alpha: DRAWN[1]!, beta: DRAWN[2]!, deltaD: DRAWN[3]!, deltaC: DRAWN[4]! }
  const slow = setup(circuit.r1cs, circuit.layout, secrets, digestsOf(circuit))
  const { lkey, keys } = await makeDevKeys(r1cs, lookups, { random: randomOf(DRAWN) })
  expect(Buffer.compare(slow, lkey)).toBe(0)
  const made = prove(readKey(slow), circuit.witness.values, { kappa: 3n, r: P - 1n, s: 5n })
  expect(challengeOf(made.proof.commitment, made.publicSignals)).toBe(made.challenge)
  expect(verifyLookup(keys.verificationKey, made.publicSignals, made.proof)).toBe(true)
  const other = made.publicSignals.map((signal) => ((BigInt(signal) + 1n) % P).toString())
  if (other.length > 0) expect(verifyLookup(keys.verificationKey, other, made.proof)).toBe(false)
})

test.each(LOOKUP_CIRCUITS)(
  '$name: the completed witness satisfies at any challenge',
  ({ r1cs, layout, witness }) => {
    for (const beta of [P - 77n, 2n ** 250n, 12345678901234567890n]) {
      const full = completeWitness(r1cs, layout, witness, beta)
      expect(full.wires).toBe(r1cs.wires)
      expect(firstUnsatisfied(R1cs.decode(R1cs.encode(r1cs)), Wtns.decode(Wtns.encode(full)))).toBe(undefined)
    }
  },
)
