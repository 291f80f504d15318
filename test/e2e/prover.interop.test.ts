import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as R1cs from '../../src/artifacts/iden3/r1cs.js'
import * as Wtns from '../../src/artifacts/iden3/wtns.js'
import { makeDevKeys } from '../../src/prover/keys.js'
import { parseProof, parsePublicSignals } from '../../src/prover/proof.js'
import { prove, verify } from '../../src/prover/snarkjs.js'
import { syntheticSystem } from '../helpers/synthetic.js'

const CLI = join(dirname(createRequire(import.meta.url).resolve('snarkjs')), 'cli.cjs')
let dir: string
let keys: Awaited<ReturnType<typeof makeDevKeys>>
const { r1cs, witness } = syntheticSystem(1000)

/** Runs the snarkjs program in the folder; a command that fails throws. */
function snarkjs(...args: string[]): string {
  return execFileSync(process.execPath, [CLI, ...args], { cwd: dir, encoding: 'utf8', timeout: 60_000 })
}
const json = (name: string) => JSON.parse(readFileSync(join(dir, name), 'utf8'))

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'zkonnx-interop-'))
  const bytes = R1cs.encode(r1cs)
  keys = await makeDevKeys(bytes)
  writeFileSync(join(dir, 'circuit.r1cs'), bytes)
  writeFileSync(join(dir, 'circuit.zkey'), keys.zkey)
  writeFileSync(join(dir, 'verification_key.json'), JSON.stringify(keys.keys.verificationKey))
  writeFileSync(join(dir, 'witness.wtns'), Wtns.encode(witness))
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

test('the snarkjs program accepts the circuit and the witness', () => {
  expect(snarkjs('r1cs', 'info', 'circuit.r1cs')).toContain('# of Constraints: 1000')
  expect(snarkjs('wtns', 'check', 'circuit.r1cs', 'witness.wtns')).toContain('WITNESS IS CORRECT')
})

test('the snarkjs program exports the verifying key that we wrote', () => {
  snarkjs('zkey', 'export', 'verificationkey', 'circuit.zkey', 'exported.json')
  const { zkonnx: _, ...ours } = keys.keys.verificationKey
  expect(json('exported.json')).toEqual(ours)
})

test('proofs go both ways', async () => {
  snarkjs('groth16', 'prove', 'circuit.zkey', 'witness.wtns', 'proof.json', 'public.json')
  const [proof, signals] = [parseProof(json('proof.json')), parsePublicSignals(json('public.json'), 1)]
  expect(await verify(keys.keys.verificationKey, signals, proof)).toBe(true)
  const own = await prove(join(dir, 'circuit.zkey'), Wtns.encode(witness))
  writeFileSync(join(dir, 'own.json'), JSON.stringify(own.proof))
  writeFileSync(join(dir, 'own-public.json'), JSON.stringify(own.publicSignals))
  expect(snarkjs('groth16', 'verify', 'verification_key.json', 'own-public.json', 'own.json')).toContain(
    'OK!',
  )
  writeFileSync(join(dir, 'own-public.json'), JSON.stringify(['1']))
  expect(() => snarkjs('groth16', 'verify', 'verification_key.json', 'own-public.json', 'own.json')).toThrow()
})
