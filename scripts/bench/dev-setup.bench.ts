/**
 * Time of dev keys and proofs by number of constraints:
 * `npx vitest run --config scripts/bench/vitest.config.ts dev-setup`.
 *
 * The circuits are shaped like those of quantized nets: bits, and dense rows in C. Before anything is timed, a key of each
 * size must give a proof that verifies, and that does not verify for another statement.
 */
import { expect, test } from 'vitest'
import * as Check from '../../src/artifacts/iden3/check.js'
import * as R1cs from '../../src/artifacts/iden3/r1cs.js'
import * as Wtns from '../../src/artifacts/iden3/wtns.js'
import { makeDevKeys } from '../../src/prover/keys.js'
import { prove, verify } from '../../src/prover/snarkjs.js'
import { syntheticSystem } from '../../test/helpers/synthetic.js'

const ROUNDS = 3

test.each([13, 15, 17])('2^%i constraints', async (power) => {
  const { r1cs, witness } = syntheticSystem(2 ** power - 2)
  const [circuit, wtns] = [R1cs.encode(r1cs), Wtns.encode(witness)]
  const { keys, zkey } = await makeDevKeys(circuit)
  const { proof, publicSignals } = await prove(zkey, wtns)
  expect(Check.firstUnsatisfied(r1cs, witness)).toBeUndefined()
  expect(await verify(keys.verificationKey, publicSignals, proof)).toBe(true)
  expect(await verify(keys.verificationKey, ['1'], proof)).toBe(false)
  const peers: Record<string, () => unknown> = {
    'encode the circuit': () => R1cs.encode(r1cs),
    'decode the circuit': () => R1cs.decode(circuit),
    'check the witness': () => Check.firstUnsatisfied(r1cs, witness),
    'dev keys, all cores': () => makeDevKeys(circuit),
    'proof, all cores': () => prove(zkey, wtns),
    'proof, one thread': () => prove(zkey, wtns, { singleThread: true }),
    verification: () => verify(keys.verificationKey, publicSignals, proof),
  }
  const entries = r1cs.a.wire.length + r1cs.b.wire.length + r1cs.c.wire.length
  console.log(
    `${r1cs.constraints} constraints, ${entries} entries, key of ${(zkey.length / 1e6).toFixed(0)} MB`,
  )
  for (const [name, run] of Object.entries(peers)) {
    console.log(`  ${name.padEnd(20)} ${(await medianOf(run)).toFixed(0).padStart(6)} ms`)
  }
})

async function medianOf(run: () => unknown): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now()
    await run()
    times.push(performance.now() - start)
  }
  return times.sort((a, b) => a - b)[ROUNDS >> 1]!
}
