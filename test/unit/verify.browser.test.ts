/** `zkonnx/verify`: says what snarkjs says, reads what was proven, and is small and free of Node. */
import { builtinModules } from 'node:module'
import { fileURLToPath } from 'node:url'
import { runInNewContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { beforeAll, describe, expect, test } from 'vitest'
import * as Wtns from '../../src/artifacts/iden3/wtns.js'
import { digestOf, type Manifest } from '../../src/artifacts/manifest.js'
import { pack, plan } from '../../src/artifacts/statement.js'
import { BaseError } from '../../src/base/errors.js'
import { P } from '../../src/base/field.js'
import { devSetup } from '../../src/prover/dev-setup.js'
import { Q } from '../../src/prover/groth16/group.js'
import { keyDigest, zkeyHeader } from '../../src/prover/keys.js'
import type { Proof, VerificationKey } from '../../src/prover/proof.js'
import * as Snarkjs from '../../src/prover/snarkjs.js'
import { verificationKeyOf } from '../../src/prover/verification-key.js'
import {
  decode,
  FieldError,
  modelId,
  NotManifestError,
  OtherKeyError,
  type Ports,
  ProtocolError,
  SignalCountError,
  SignalError,
  verifyPrediction,
  verifyProof,
} from '../../src/verify.js'
import { NO_BROWSER, openBrowser } from '../helpers/browser.js'
import { examples } from '../helpers/r1cs-examples.js'
import { reportFacts } from '../helpers/report-facts.js'

const CIRCUIT = `sha256:${'0'.repeat(64)}` as const
let manifest: Manifest
let key: VerificationKey
/** Two proofs of one statement. */
let proofs: { proof: Proof; signals: string[] }[]

/** A small circuit of two public signals, said to be a commitment to an output, and a context. */
beforeAll(async () => {
  const { r1cs, witness } = examples[0]!
  const zkey = await devSetup(r1cs)
  key = verificationKeyOf(zkeyHeader(zkey), { setup: 'dev', warning: 'for the test', circuit: CIRCUIT })
  const made = [await proveOnce(zkey, witness), await proveOnce(zkey, witness)]
  proofs = made.map(({ proof, publicSignals }) => ({ proof, signals: [...publicSignals] }))
  const { manifest: some } = reportFacts()
  const hashed = { outputs: [{ visibility: 'hashed', salted: false }], inputs: [] } as const
  const statement = plan([{ name: 'scores', count: 3, lo: 0, hi: 7 }], [], hashed)
  manifest = {
    ...some,
    inputs: [],
    statement: structuredClone(statement) as unknown as Manifest['statement'],
    circuit: { ...some.circuit, sha256: CIRCUIT, publicSignals: 2 },
    setup: { kind: 'dev', zkey: CIRCUIT, verificationKey: keyDigest(key) },
  }
})

function proveOnce(zkey: Uint8Array, witness: Parameters<typeof Wtns.encode>[0]) {
  return Snarkjs.prove(zkey, Wtns.encode(witness), { singleThread: true })
}

/** The first proof's prediction, with some of it changed. */
function prediction(changes: Partial<Parameters<typeof verifyPrediction>[0]> = {}) {
  const { proof, signals } = proofs[0]!
  return { manifest, verificationKey: key, publicSignals: signals, proof, ...changes }
}

describe('proofs', () => {
  test('an honest one holds, and what it says is read', async () => {
    const { valid, says, devKeys } = await verifyPrediction(prediction())
    const [commitment, context] = proofs[0]!.signals
    expect([valid, devKeys]).toEqual([true, true])
    expect(says).toEqual({
      outputs: [{ name: 'scores', shows: 'commitment', commitment }],
      inputs: [],
      context,
    })
  })

  test("snarkjs agrees on honest, tampered and swapped proofs, and on keys' points moved", async () => {
    const [one, other] = proofs as [(typeof proofs)[0], (typeof proofs)[0]]
    const changed = (i: number, value: bigint) => one.signals.with(i, value.toString())
    const cases: [string, VerificationKey, string[], Proof][] = [
      ['honest', key, one.signals, one.proof],
      ['another of the same', key, other.signals, other.proof],
      ['pi_c of the other', key, one.signals, { ...one.proof, pi_c: other.proof.pi_c }],
      ['a signal at the top of the field', key, changed(0, P - 1n), one.proof],
      ['a context', key, changed(one.signals.length - 1, 1n), one.proof],
      ['pi_a mirrored', key, one.signals, { ...one.proof, pi_a: mirrored(one.proof.pi_a) }],
      ['IC at infinity', { ...key, IC: key.IC.map(() => ['0', '1', '0'] as const) }, one.signals, one.proof],
      ['alpha another', { ...key, vk_alpha_1: ['1', '2', '1'] }, one.signals, one.proof],
    ]
    const said = await Promise.all(
      cases.map(async ([name, ...[vk, signals, proof]]) => [
        name,
        await verifyProof(vk, signals, proof),
        await Snarkjs.verify(vk, signals, proof),
      ]),
    )
    expect(said).toEqual(cases.map(([name], i) => [name, i < 2, i < 2]))
  })

  test('A and B mirrored both are the same proof, and hold', async () => {
    const { proof, signals } = proofs[0]!
    const [x, [real, imaginary], one] = proof.pi_b
    const minus = (value: string) => ((Q - BigInt(value)) % Q).toString()
    const pi_b = [x, [minus(real), minus(imaginary)], one] as const
    expect(await verifyProof(key, signals, { ...proof, pi_a: mirrored(proof.pi_a), pi_b })).toBe(true)
  })

  test('what is not in its canonical form is refused before any pairing', async () => {
    const { proof, signals } = proofs[0]!
    const beyond = signals.with(0, (BigInt(signals[0]!) + P).toString())
    const above = { ...proof, pi_a: [(BigInt(proof.pi_a[0]) + Q).toString(), proof.pi_a[1], '1'] }
    const off = { ...proof, pi_c: ['1', '3', '1'] }
    for (const [s, p] of [
      [beyond, proof],
      [signals, above],
      [signals, off],
      [signals.slice(1), proof],
      [null, 1],
    ])
      await expect(verifyProof(key, s, p)).rejects.toThrow(FieldError)
    const unsafe = { ...key, vk_delta_2: key.vk_gamma_2 }
    await expect(verifyProof(unsafe, signals, proof)).rejects.toThrow(/anyone can forge/)
    for (const nothing of [undefined, null, 7, 'x', []])
      await expect(verifyProof(nothing, signals, proof)).rejects.toThrow(BaseError)
  })

  test('another proof system, manifest or key is named as such', async () => {
    const { signals, proof } = proofs[0]!
    const foreign = { ...key, protocol: 'plonk' }
    await expect(verifyProof(foreign, signals, proof)).rejects.toThrow(ProtocolError)
    await expect(verifyProof(key, signals, { ...proof, protocol: 'fflonk' })).rejects.toThrow(ProtocolError)
    await expect(verifyPrediction(prediction({ manifest: {} as Manifest }))).rejects.toThrow(NotManifestError)
    for (const verificationKey of [
      { ...key, zkonnx: undefined },
      { ...key, zkonnx: { ...key.zkonnx, setup: 'ceremony' } },
      { ...key, zkonnx: { ...key.zkonnx, circuit: `sha256:${'1'.repeat(64)}` } },
      { ...key, vk_alpha_1: ['1', '2', '1'] },
    ])
      await expect(verifyPrediction(prediction({ verificationKey }))).rejects.toThrow(OtherKeyError)
  })
})

describe('statements', () => {
  test('claims and commitments read as what they are', () => {
    const outputs = [
      { name: 'scores', count: 3, lo: -10, hi: 10 },
      { name: 'price', count: 1, lo: -100, hi: 100 },
      { name: 'odds', count: 3, lo: 0, hi: 7 },
      { name: 'label', count: 1, lo: 0, hi: 2 },
      { name: 'logits', count: 3, lo: -4, hi: 4 },
    ]
    const input = { name: 'x', count: 4, lo: 0, hi: 15 }
    const visibilities = ['class', 'threshold', 'margin', 'public', 'public'] as const
    const statement = plan(outputs, [input], {
      outputs: visibilities.map((visibility) => ({ visibility, salted: false })),
      inputs: [{ visibility: 'hashed', salted: true }],
    })
    const port = (shape: number[], scale: number, meaning = 'scores') => ({ shape, scale: [scale], meaning })
    const model = {
      statement,
      classes: ['cat', 'dog', 'bird'],
      outputs: [
        port([1, 3], 1),
        port([1], 0.5, 'values'),
        port([1, 3], 0.25),
        port([1], 1, 'label'),
        port([1, 3], 0.5),
      ],
      inputs: [port([4], 1)],
    } as unknown as Ports
    const integers = [[1], [-7], [2], [6], [2], [-4, 4, 3]]
    const signals = statement.outputs.flatMap((part, i) => pack(part, integers[i]!))
    const { outputs: said, inputs, context } = decode(model, [...signals, 12345n, 9n].map(String))
    expect(said).toEqual([
      { name: 'scores', shows: 'class', class: { index: 1, name: 'dog' } },
      { name: 'price', shows: 'threshold', integer: -7, least: -3.5 },
      { name: 'odds', shows: 'class', class: { index: 2, name: 'bird' } },
      { name: 'odds', shows: 'margin', integer: 6, least: 1.5 },
      {
        name: 'label',
        shows: 'values',
        shape: [1],
        integers: [2],
        values: [2],
        class: { index: 2, name: 'bird' },
      },
      {
        ...{ name: 'logits', shows: 'values', shape: [1, 3], integers: [-4, 4, 3], values: [-2, 2, 1.5] },
        class: { index: 1, name: 'dog' },
      },
    ])
    expect(inputs).toEqual([{ name: 'x', shows: 'commitment', commitment: '12345' }])
    expect(context).toBe('9')
    const texts = [...signals, 12345n, 9n].map(String)
    expect(() => decode(model, texts.with(0, (P - 1n).toString()))).toThrow(SignalError)
    expect(() => decode(model, texts.slice(1))).toThrow(SignalCountError)
  })

  test("the model's id is its manifest's digest", () => {
    expect(modelId(manifest)).toBe(digestOf(manifest))
  })

  test('weights of another model are told apart, though the key is the same', async () => {
    const { signals } = proofs[0]!
    const part = { ...manifest.statement.outputs[0]!, name: 'model' }
    const committed = (commitment: string) => ({
      ...manifest,
      statement: { ...manifest.statement, model: part },
      model: { ...manifest.model, commitment },
    })
    const same = await verifyPrediction(prediction({ manifest: committed(signals[0]!) }))
    const other = await verifyPrediction(prediction({ manifest: committed('77') }))
    expect([same.valid, other.valid, other.says]).toEqual([true, false, undefined])
    expect(other.reason).toContain('weights')
  })
})

describe('in one file', () => {
  /** Made as for a page. */
  async function bundle() {
    const made = await build({
      entryPoints: [fileURLToPath(new URL('../../src/verify.ts', import.meta.url))],
      bundle: true,
      minify: true,
      write: false,
      metafile: true,
      format: 'iife',
      globalName: 'bundled',
      platform: 'browser',
    })
    const { contents, text } = made.outputFiles[0]!
    const imported = Object.values(made.metafile.inputs).flatMap(({ imports }) => imports)
    return { size: gzipSync(contents).length, text, imported: imported.map(({ path }) => path) }
  }

  /** A call of it, as JavaScript. */
  function call(given = prediction()): string {
    return `bundled.verifyPrediction(JSON.parse(${JSON.stringify(JSON.stringify(given))})).then(({ valid }) => valid)`
  }

  test('it has under 300 kB gzipped, and runs where nothing of Node is', async () => {
    const { size, text, imported } = await bundle()
    expect(size).toBeLessThan(300_000)
    expect(imported.filter((path) => builtinModules.includes(path.replace(/^node:/, '')))).toEqual([])
    expect(await runInNewContext(`${text};${call()}`, { TextEncoder })).toBe(true)
  })

  test.skipIf(NO_BROWSER)('in a browser it tells an honest proof from a tampered one', async () => {
    const { text } = await bundle()
    const browser = await openBrowser()
    try {
      const page = await browser.newPage()
      const tampered = prediction({ publicSignals: proofs[1]!.signals.with(0, '7') })
      const said = await page.evaluate(`${text};Promise.all([${call()}, ${call(tampered)}])`)
      expect(said).toEqual([true, false])
    } finally {
      await browser.close()
    }
  })
})

function mirrored([x, y, z]: Proof['pi_a']): Proof['pi_a'] {
  return [x, ((Q - BigInt(y)) % Q).toString(), z]
}
