/** `zkonnx/prove`: our own prover in one thread, where nothing of Node is. */
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { beforeAll, describe, expect, test } from 'vitest'
import * as R1cs from '../../src/artifacts/iden3/r1cs.js'
import * as Wtns from '../../src/artifacts/iden3/wtns.js'
import { NoProofError, openProver } from '../../src/prove.js'
import { makeDevKeys } from '../../src/prover/keys.js'
import type { VerificationKey } from '../../src/prover/proof.js'
import * as Snarkjs from '../../src/prover/snarkjs.js'
import { NO_BROWSER, openBrowser } from '../helpers/browser.js'
import { syntheticSystem } from '../helpers/synthetic.js'

const { r1cs, witness } = syntheticSystem(600)
const wtns = Wtns.encode(witness)
let zkey: Uint8Array
let key: VerificationKey

beforeAll(async () => {
  const made = await makeDevKeys(R1cs.encode(r1cs))
  zkey = made.zkey
  key = made.keys.verificationKey
})

const holds = ({
  publicSignals,
  proof,
}: Awaited<ReturnType<Awaited<ReturnType<typeof openProver>>['prove']>>) =>
  Snarkjs.verify(key, publicSignals, proof)

test('snarkjs accepts its proofs, which differ, and its key is the one that was exported', async () => {
  const prover = await openProver(zkey)
  const [one, other] = [await prover.prove(wtns), await prover.prove(wtns)]
  expect([await holds(one), await holds(other)]).toEqual([true, true])
  expect(one.proof).not.toEqual(other.proof)
  const { zkonnx: _, ...unmarked } = key
  expect(prover.verificationKey).toEqual(unmarked)
})

test('what is no proof, no witness of the circuit, or no key is refused', async () => {
  const prover = await openProver(zkey)
  const values = witness.values.slice()
  values[32]! ^= 1
  await expect(prover.prove(Wtns.encode({ ...witness, values }))).rejects.toThrow(NoProofError)
  const short = { wires: witness.wires - 1, values: witness.values.subarray(0, 32 * (witness.wires - 1)) }
  await expect(prover.prove(Wtns.encode(short))).rejects.toThrow(/values, the proving key/)
  await expect(openProver(zkey.subarray(0, 1000))).rejects.toThrow(/Malformed file .zkey/)
})

describe.skipIf(NO_BROWSER)('in a worker of a browser', () => {
  const ORIGIN = 'http://localhost'
  const WORKER = `import { openProver } from './prove.js'
    onmessage = async ({ data: { zkey, wtns } }) => {
      try { postMessage(await (await openProver(zkey)).prove(wtns)) } catch (error) { postMessage(String(error)) }
    }`
  const PROVE = `({ zkey, wtns }) => new Promise((resolve, reject) => {
      const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0))
      const worker = new Worker('/worker.js', { type: 'module' })
      worker.onmessage = ({ data }) => resolve(data)
      worker.onerror = ({ message }) => reject(new Error(message))
      worker.postMessage({ zkey: bytes(zkey), wtns: bytes(wtns) })
    })`

  test.each([true, false])('in a page that is isolated from others: %s', async (isolated) => {
    const made = await build({
      entryPoints: [fileURLToPath(new URL('../../src/prove.ts', import.meta.url))],
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'browser',
    })
    const files: Readonly<Record<string, [type: string, body: string]>> = {
      '/': ['text/html', '<!doctype html><title>prove</title>'],
      '/prove.js': ['text/javascript', made.outputFiles[0]!.text],
      '/worker.js': ['text/javascript', WORKER],
    }
    const isolation = {
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    }
    const browser = await openBrowser()
    try {
      const page = await browser.newPage()
      await page.route(`${ORIGIN}/**`, (route) => {
        const [type, body] = files[new URL(route.request().url()).pathname] ?? ['text/plain', '']
        return route.fulfill({ body, headers: { 'content-type': type, ...(isolated ? isolation : {}) } })
      })
      await page.goto(`${ORIGIN}/`)
      expect(await page.evaluate('crossOriginIsolated')).toBe(isolated)
      const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
      const given = JSON.stringify({ zkey: base64(zkey), wtns: base64(wtns) })
      const result = (await page.evaluate(`(${PROVE})(${given})`)) as Parameters<typeof holds>[0]
      expect(typeof result === 'string' ? result : await holds(result)).toBe(true)
    } finally {
      await browser.close()
    }
  })
})
