/** A folder of the scheme with lookups, through the stages: keys, proofs, a ceremony, and who checks them. */
import { once } from 'node:events'
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readManifest } from '../../src/artifacts/manifest.js'
import { sha256 } from '../../src/base/digest.js'
import { unlessAborted, type Watch } from '../../src/prover/abort.js'
import { DevKeyError } from '../../src/prover/key-file.js'
import { keyBytesOf } from '../../src/prover/lookup/key-size.js'
import { readCircuit } from '../../src/prover/lookup/keys.js'
import { OnlyOursError } from '../../src/prover/open.js'
import { FieldError } from '../../src/prover/proof.js'
import { accept, applyBeacon, contribute, status } from '../../src/stages/ceremony.js'
import { compile } from '../../src/stages/compile.js'
import { prove } from '../../src/stages/prove.js'
import { beginCeremony, CircuitChangedError, setup } from '../../src/stages/setup.js'
import { verify } from '../../src/stages/verify.js'
import { verifyCeremony } from '../../src/stages/verify-ceremony.js'
import { verifyPrediction } from '../../src/verify.js'
import { devPtau, honestPtau } from '../helpers/ceremony.js'
import { startZkonnx, tempDir } from '../helpers/cli.js'
import { writeSmallNet } from '../helpers/small-net.js'

const deep = process.env.ZKONNX_DEEP !== undefined
const dir = tempDir()
const at = (...parts: string[]) => join(dir, ...parts)
const json = (...parts: string[]) => JSON.parse(readFileSync(at(...parts), 'utf8'))
const model = at('model')

beforeAll(async () => {
  await writeSmallNet(dir)
  const { manifest } = await compile({
    ...{ model: at('model.onnx'), data: at('samples.npz'), out: model },
    ...{ bits: { activation: 6, weight: 6 }, scheme: 'groth16-lookup' },
  })
  expect(manifest.circuit.lookups!.lookups).toBeGreaterThan(0)
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const proven = (out: string, options = {}) =>
  prove({ dir: model, input: at('samples.npz'), limit: 1, out: at(out), threads: 1, ...options })

describe('with dev keys', () => {
  beforeAll(async () => {
    await setup({ dir: model, kind: 'dev' })
    const [r1cs, lookups, lkey] = ['circuit.r1cs', 'circuit.lookups', 'circuit.lkey'].map((name) =>
      readFileSync(join(model, name)),
    )
    const { r1cs: rows, layout } = readCircuit(r1cs!, lookups!)
    expect(keyBytesOf(rows, layout)).toBe(lkey!.length)
    expect(await proven('proofs')).toMatchObject([{ outcome: { kind: 'prove' } }])
  })

  test('its proofs verify, here and in a browser, and tampered ones do not', async () => {
    expect(await verify(model, at('proofs', '000000'))).toMatchObject({ valid: true })
    const prediction = {
      manifest: json('model', 'manifest.json'),
      verificationKey: json('model', 'verification_key.json'),
      publicSignals: json('proofs', '000000', 'public.json'),
      proof: json('proofs', '000000', 'proof.json'),
    }
    expect(await verifyPrediction(prediction)).toMatchObject({ valid: true, devKeys: true })
    const { pi_a, commitment } = prediction.proof
    const swapped = { ...prediction.proof, pi_a: commitment, commitment: pi_a }
    expect(await verifyPrediction({ ...prediction, proof: swapped })).toMatchObject({ valid: false })
    const { commitment: _, ...without } = prediction.proof
    await expect(verifyPrediction({ ...prediction, proof: without })).rejects.toThrow(FieldError)
  })

  test('what knows plain Groth16 alone says so', async () => {
    await expect(proven('other', { backend: { name: 'snarkjs' } })).rejects.toThrow(OnlyOursError)
    expect(existsSync(at('other'))).toBe(false)
  })

  test('lookups that are not the build’s are refused', async () => {
    cpSync(model, at('changed'), { recursive: true })
    const file = at('changed', 'circuit.lookups')
    const bytes = readFileSync(file)
    bytes[bytes.length - 8]! ^= 1
    writeFileSync(file, bytes)
    await expect(setup({ dir: at('changed'), kind: 'dev' })).rejects.toThrow(CircuitChangedError)
    await expect(status(at('changed', 'circuit.lkey'))).rejects.toThrow(DevKeyError)
  })
})

describe('a step of a ceremony that is interrupted', () => {
  const folder = at('interrupted')
  const powers = { ptau: at('dev.ptau'), dev: true }
  const beacon = { at: folder, name: 'beacon', value: 'ab'.repeat(32) }
  beforeAll(async () => {
    const { circuit } = await readManifest(model)
    writeFileSync(at('dev.ptau'), await devPtau(circuit.power))
    cpSync(model, folder, { recursive: true })
    await beginCeremony({ dir: folder, ...powers })
    await contribute({ at: folder, name: 'Ada', entropy: 'a' })
  })

  const print = () => readdirSync(folder).map((name) => [name, sha256(readFileSync(join(folder, name)))])

  type Interrupted = [what: string, heard: number, step: (watch: Watch) => Promise<unknown>]
  const steps: Interrupted[] = [
    ['a contribution', 1, (watch) => contribute({ at: folder, name: 'Bo', entropy: 'b', ...watch })],
    // to hash 2^24 times takes longer than a test may
    ['a beacon', 0, (watch) => applyBeacon({ ...beacon, iterations: 24, ...watch })],
  ]
  const more: Interrupted[] = [
    ['the last of a contribution', 3, steps[0]![2]],
    ['the first key', 1, (watch) => beginCeremony({ dir: folder, ...powers, ...watch })],
    ['the verification', 1, (watch) => verifyCeremony({ dir: folder, ...powers, ...watch })],
    ['its last link', 6, (watch) => verifyCeremony({ dir: folder, ...powers, ...watch })],
  ]

  test.each(deep ? [...steps, ...more] : steps)(
    '%s leaves the folder as it was, and nothing beside it',
    async (_, heard, step) => {
      const before = print()
      const [stop, reason] = [new AbortController(), new Error('Ctrl-C')]
      let told = 0
      const onProgress = () => void (++told === heard && stop.abort(reason))
      if (heard === 0) setTimeout(() => stop.abort(reason), 50)
      await expect(step({ onProgress, signal: stop.signal })).rejects.toBe(reason)
      expect(print()).toEqual(before)
    },
  )

  test.runIf(deep)('.. by Ctrl-C, at the command line', async () => {
    const before = print()
    const args = ['contribute', 'interrupted', '--name', 'Eve', '--entropy', 'e']
    const child = startZkonnx(dir, 'ceremony', ...args)
    const ended = once(child, 'close')
    child.stdout!.resume()
    child.stderr!.once('data', () => child.kill('SIGINT'))
    expect((await ended)[0]).toBe(130)
    expect(print()).toEqual(before)
  })

  test('what threads do is not waited for', async () => {
    const stop = new AbortController()
    const never = unlessAborted(stop.signal, () => new Promise(() => {}))
    stop.abort()
    await expect(never).rejects.toBe(stop.signal.reason)
  })
})

test.runIf(deep)('in a ceremony, with a key that goes to a contributor and comes back', async () => {
  const { circuit } = await readManifest(model)
  writeFileSync(at('ptau'), await honestPtau(circuit.power))
  await beginCeremony({ dir: model, ptau: at('ptau') })
  await expect(proven('early')).rejects.toThrow(/nobody has contributed/)
  await contribute({ at: model, name: 'Ada', entropy: 'a' })
  const away = { at: join(model, 'circuit.lkey'), out: at('bo.lkey') }
  await contribute({ ...away, name: 'Bo', entropy: 'b' })
  expect((await accept(model, at('bo.lkey'))).map(({ name }) => name)).toEqual(['Bo'])
  await contribute({ at: model, name: 'Cy', entropy: 'c' })
  await applyBeacon({ at: model, name: 'beacon', value: 'ab'.repeat(32), iterations: 10 })
  expect((await status(model)).contributions.map(({ name }) => name)).toEqual(['Ada', 'Bo', 'Cy', 'beacon'])
  const { links, holds } = await verifyCeremony({ dir: model, ptau: at('ptau') })
  expect(links.map(({ outcome }) => outcome)).toEqual(links.map(() => 'holds'))
  expect([links.length, holds]).toEqual([6, true])
  await proven('final')
  expect(await verify(model, at('final', '000000'))).toMatchObject({ valid: true })
  // a transcript without one of them
  const transcript = json('model', 'ceremony.json')
  transcript.contributions.splice(1, 1)
  writeFileSync(join(model, 'ceremony.json'), JSON.stringify(transcript))
  await expect(proven('late')).rejects.toThrow(/ceremony\.json is not what/)
})
