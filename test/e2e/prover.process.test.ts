import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'

/** Imports of the built package: what is tested is a process of its own, without a test runner around it. */
const built = (path: string) => JSON.stringify(new URL(`../../dist/${path}`, import.meta.url).href)

const PROGRAM = `
  const { makeDevKeys } = await import(${built('prover/keys.js')})
  const { prove, verify } = await import(${built('prover/snarkjs.js')})
  const R1cs = await import(${built('artifacts/iden3/r1cs.js')})
  const Wtns = await import(${built('artifacts/iden3/wtns.js')})
  const row = (wire) => ({ rowStart: Int32Array.of(0, 1), wire: Int32Array.of(wire), coefficient: Int32Array.of(1) })
  const circuit = { wires: 3, publicOutputs: 1, publicInputs: 0, privateInputs: 1, constraints: 1, large: [] }
  const { keys, zkey } = await makeDevKeys(R1cs.encode({ ...circuit, a: row(2), b: row(2), c: row(1) }))
  for (const singleThread of [false, true]) {
    const witness = Wtns.encode(Wtns.fromValues([1n, 49n, 7n]))
    const { proof, publicSignals } = await prove(zkey, witness, { singleThread })
    console.log(publicSignals[0], await verify(keys.verificationKey, publicSignals, proof))
  }
`

test('a process that sets up, proves and verifies ends by itself', () => {
  const args = ['--input-type=module', '--eval', PROGRAM]
  const output = execFileSync(process.execPath, args, { encoding: 'utf8', timeout: 30_000 })
  expect(output).toBe('49 true\n49 true\n')
})
