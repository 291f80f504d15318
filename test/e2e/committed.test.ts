/** Two sets of weights under one key: real keys, proofs, contracts; and neither model's proof passes for the other's. */
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readManifest } from '../../src/artifacts/manifest.js'
import { commitModel } from '../../src/artifacts/model-commitment.js'
import { readModelOpening } from '../../src/artifacts/model-opening.js'
import { readProgram } from '../../src/artifacts/program-file.js'
import { encodeNpz } from '../../src/artifacts/samples/npz.js'
import { factsOf } from '../../src/chain/solidity/model-facts.js'
import { contextFor, deployModel, readDeployment } from '../../src/stages/chain.js'
import { compile } from '../../src/stages/compile.js'
import { withChain } from '../../src/stages/open-chain.js'
import { prove } from '../../src/stages/prove.js'
import { setup } from '../../src/stages/setup.js'
import { submitProof } from '../../src/stages/submit.js'
import { verify } from '../../src/stages/verify.js'
import { tempDir, zkonnx } from '../helpers/cli.js'
import { buildBytes, floats, seeded, Type } from '../helpers/onnx-model.js'

const dir = tempDir()
const at = (...parts: string[]) => join(dir, ...parts)
const [A, B] = [at('a'), at('b')]
const bytes = (folder: string, file: string) => readFileSync(join(folder, file))

/** A 4-5-3 perceptron; `names` are those of its nodes and initializers, which are no part of the architecture. */
function writeMlp(path: string, seed: number, names: string, hidden = 5): void {
  const random = seeded(seed)
  const draw = (name: string, dims: readonly number[]) =>
    floats(
      `${names}.${name}`,
      dims,
      Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => Math.fround(random() - 0.5)),
    )
  const gemm = (x: string, layer: string, y: string) => ({
    op: 'Gemm',
    in: [x, `${names}.w${layer}`, `${names}.b${layer}`],
    out: [y],
    name: `${names}/${layer}`,
  })
  writeFileSync(
    path,
    buildBytes({
      opset: 17,
      inputs: { x: { shape: [1, 4] } },
      outputs: { y: Type.FLOAT },
      initializers: [draw('w1', [4, hidden]), draw('b1', [hidden]), draw('w2', [hidden, 3]), draw('b2', [3])],
      nodes: [
        gemm('x', '1', `${names}.h`),
        { op: 'Relu', in: [`${names}.h`], out: [`${names}.r`] },
        gemm(`${names}.r`, '2', 'y'),
      ],
    }),
  )
}

beforeAll(async () => {
  const random = seeded(1)
  const data = Float64Array.from({ length: 30 * 4 }, () => 2 * random() - 1)
  writeFileSync(at('samples.npz'), encodeNpz({ x: { shape: [30, 4], data } }))
  writeMlp(at('a.onnx'), 2, 'first')
  writeMlp(at('b.onnx'), 3, 'second')
  const bits = { weight: 6, activation: 6, input: 5 }
  await compile({ model: at('a.onnx'), data: at('samples.npz'), out: A, weights: 'committed', bits })
  await setup({ dir: A, kind: 'dev' })
  await compile({ model: at('b.onnx'), data: at('samples.npz'), out: B, like: A })
  for (const folder of [A, B]) {
    const [made] = await prove({ dir: folder, input: at('samples.npz'), out: join(folder, 'p'), limit: 1 })
    expect(made).toMatchObject({ folder: join(folder, 'p/000000') })
  }
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

describe('two models', () => {
  test('share circuit and keys, byte for byte, and nothing else', async () => {
    for (const file of ['circuit.r1cs', 'circuit.zkey', 'verification_key.json'])
      expect(bytes(A, file).equals(bytes(B, file)), file).toBe(true)
    const [a, b] = [await readManifest(A), await readManifest(B)]
    expect(a.model.commitment).not.toBe(b.model.commitment)
    expect(factsOf(a).modelId).not.toBe(factsOf(b).modelId)
    for (const [folder, { model }] of [
      [A, a],
      [B, b],
    ] as const) {
      const { salt } = await readModelOpening(folder)
      expect(commitModel(await readProgram(folder), BigInt(salt!)).toString()).toBe(model.commitment)
      expect(model).toMatchObject({ weights: 'committed', files: [] })
    }
  })

  test('are proven under one key, and verify', async () => {
    for (const folder of [A, B]) {
      expect(await verify(folder, join(folder, 'p/000000'))).toMatchObject({ valid: true })
      const signals = JSON.parse(String(bytes(folder, 'p/000000/public.json')))
      const { statement, model } = await readManifest(folder)
      expect(signals[statement.model!.first]).toBe(model.commitment)
    }
  })

  test('keep their salt when they are compiled again', async () => {
    const before = await readManifest(B)
    const again = await compile({ model: at('b.onnx'), data: at('samples.npz'), out: B, like: A })
    expect(again.manifest).toEqual(before)
    expect(existsSync(join(B, 'circuit.zkey'))).toBe(true)
  })
})

describe('a proof of the other weights', () => {
  test('is refused by the library, with both commitments in the reason', async () => {
    const [a, b] = [await readManifest(A), await readManifest(B)]
    const verdict = await verify(A, join(B, 'p/000000'))
    expect(verdict.valid).toBe(false)
    expect(verdict.reason).toContain('other weights')
    expect(verdict.reason).toContain(a.model.commitment!)
    expect(verdict.reason).toContain(b.model.commitment!)
  })

  test('is refused by the command line', async () => {
    const own = await zkonnx(dir, 'verify', 'a', 'a/p/000000')
    expect(own).toMatchObject({ code: 0 })
    const other = await zkonnx(dir, 'verify', 'a', 'b/p/000000')
    expect(other).toMatchObject({ code: 1 })
    expect(other.stdout + other.stderr).toContain('other weights')
  })

  test('is no proof under the commitment of the first', async () => {
    const { statement, model } = await readManifest(A)
    for (const file of ['proof.json', 'prediction.json', 'public.json'])
      copyFileSync(join(B, 'p/000000', file), at(file))
    const signals = JSON.parse(readFileSync(at('public.json'), 'utf8'))
    signals[statement.model!.first] = model.commitment
    writeFileSync(at('public.json'), JSON.stringify(signals))
    expect(await verify(A, dir)).toMatchObject({ valid: false, reason: 'the proof does not hold' })
  })

  test('is refused by the record, which takes its own', async () => {
    await withChain(A, undefined, async (chain) => {
      await deployModel(A, chain)
      const deployment = await readDeployment(A)
      const terms = { beneficiary: await (await chain.signer()).getAddress(), nonce: 1n, deadline: 2n ** 40n }
      const context = () => contextFor(deployment, terms)
      for (const folder of [A, B])
        await prove({ dir: folder, input: at('samples.npz'), out: join(folder, 'c'), limit: 1, context })
      const [a, b] = [await readManifest(A), await readManifest(B)]
      await expect(submitProof(A, join(B, 'c/000000'), chain)).rejects.toMatchObject({
        contractError: 'OtherWeights',
        args: { expected: a.model.commitment, given: b.model.commitment },
      })
      const { onChain } = await submitProof(A, join(A, 'c/000000'), chain)
      expect(onChain.output.length).toBe(3)
    })
  })
})

describe('what does not belong together is refused', () => {
  test('another architecture, by the name of its layer', async () => {
    writeMlp(at('wide.onnx'), 4, 'wide', 6)
    await expect(
      compile({ model: at('wide.onnx'), data: at('samples.npz'), out: at('w'), like: A }),
    ).rejects.toMatchObject({
      name: 'Quantize.ArchitectureError',
      layer: 'wide/1',
    })
    expect(existsSync(at('w/manifest.json'))).toBe(false)
  })

  test('another statement', async () => {
    const other = { model: at('b.onnx'), data: at('samples.npz'), out: at('w'), like: A }
    await expect(compile({ ...other, disclose: { inputs: 'private' } })).rejects.toMatchObject({
      name: 'Like.OtherCircuitError',
      layer: 'the statement',
    })
    await expect(compile({ ...other, bits: { weight: 4 } })).rejects.toMatchObject({
      name: 'Like.LikeOptionError',
    })
    expect(existsSync(at('w/manifest.json'))).toBe(false)
  })

  test('a model whose weights are fixed', async () => {
    await compile({ model: at('a.onnx'), data: at('samples.npz'), out: at('fixed') })
    expect((await readManifest(at('fixed'))).model.weights).toBe('fixed')
    await expect(
      compile({ model: at('b.onnx'), data: at('samples.npz'), out: at('w'), like: at('fixed') }),
    ).rejects.toMatchObject({ name: 'Like.NotCommittedError' })
  })

  test('weights that are not those of the commitment are not proven with', async () => {
    await compile({ model: at('b.onnx'), data: at('samples.npz'), out: at('swapped'), like: A })
    copyFileSync(join(A, 'quantized.npz'), at('swapped/quantized.npz'))
    const [result] = await prove({ dir: at('swapped'), input: at('samples.npz'), limit: 1 })
    expect(result).toMatchObject({ error: { failure: { name: 'Prove.CommitmentMismatchError' } } })
  })
})
