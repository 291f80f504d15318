/** Models that others exported: three forms of a net (in the deep run six) compile to the same predictions; LeNet-5 is proven. */
import { copyFileSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { compile } from '../../src/stages/compile.js'
import { prove, witness } from '../../src/stages/prove.js'
import { setup } from '../../src/stages/setup.js'
import { verify } from '../../src/stages/verify.js'
import { casePath, hasCases } from '../helpers/cases.js'
import { tempDir } from '../helpers/cli.js'

/** Both exporters; the others differ from these in their opset and open axes. */
const FEW = ['legacy', 'dynamo', 'dynamo_single']
const FORMS = process.env.ZKONNX_DEEP ? [...FEW, 'legacy_dyn', 'legacy_op11', 'dynamo_dyn'] : FEW
const out = tempDir()
afterAll(() => rmSync(out, { recursive: true, force: true }))

describe.skipIf(!hasCases('torch'))('nets that PyTorch exported', () => {
  test.each(['digits_cnn', 'digits_mlp'])(`%s: ${FORMS.length} export forms, one answer`, async (net) => {
    const data = casePath('torch', net, 'test.npz')
    const digests: Record<string, string> = {}
    const answers = []
    for (const form of FORMS) {
      const dir = join(out, `${net}-${form}`)
      const { manifest } = await compile({
        model: casePath('torch', net, `${form}.onnx`),
        data,
        out: dir,
        maxFlip: 0.01,
        bits: {},
      })
      digests[form] = manifest.circuit.sha256
      answers.push(await predictions(dir, data))
    }
    for (const other of answers) expect(other).toEqual(answers[0])
    // the same net with its weights in a file beside it and inside
    expect(digests.dynamo).toBe(digests.dynamo_single)
  })

  test('a net moves with its weights beside it, and says so when they are left behind', async () => {
    const [moved, data] = [join(out, 'moved'), casePath('torch', 'digits_mlp', 'test.npz')]
    mkdirSync(moved)
    copyFileSync(casePath('torch', 'digits_mlp', 'dynamo.onnx'), join(moved, 'dynamo.onnx'))
    const options = { model: join(moved, 'dynamo.onnx'), data, out: join(out, 'moved-model') }
    await expect(compile(options)).rejects.toMatchObject({ fault: 'input', message: /dynamo\.onnx\.data/ })
  })

  const lenet = { dir: join(out, 'lenet'), data: casePath('torch', 'mnist_lenet', 'test.npz') }

  const model = casePath('torch', 'mnist_lenet', 'legacy.onnx')

  test('LeNet-5 on MNIST: small enough, true to its labels', async () => {
    const { dir, data } = lenet
    const bits = { activation: 6, weight: 6 }
    const { manifest } = await compile({ model, data, holdout: data, out: dir, maxFlip: 0.005, bits })
    expect(manifest.circuit.constraints).toBeLessThanOrEqual(131_000)
  }, 60_000)

  // some twenty trials, each of them a net and two hundred images
  test.runIf(process.env.ZKONNX_DEEP)(
    'LeNet-5 on MNIST: the search makes it fit 2^17',
    async () => {
      const { manifest, fidelity } = await compile({ model, data: lenet.data, out: join(out, 'lenet-auto') })
      expect(manifest.circuit.constraints).toBeLessThanOrEqual(131_000)
      expect(fidelity!.labels!.rate).toBeLessThanOrEqual(0.005)
    },
    180_000,
  )

  // half a minute for keys and one proof, of which snarkjs takes most
  test.runIf(process.env.ZKONNX_DEEP)(
    'LeNet-5 on MNIST: proven and verified',
    async () => {
      const { dir, data } = lenet
      await setup({ dir, kind: 'dev' })
      const [result] = await prove({ dir, input: data, limit: 1, out: join(out, 'lenet-proofs') })
      expect(result).not.toHaveProperty('error')
      expect((await verify(dir, join(out, 'lenet-proofs/000000'))).valid).toBe(true)
    },
    180_000,
  )
})

/** The integers that the model answers to the first samples. */
async function predictions(dir: string, input: string): Promise<unknown[]> {
  const results = await witness({ dir, input, limit: 8 })
  return results.map((result) => {
    if ('error' in result) throw result.error
    return result.outcome.prediction.integer[0]!.integers
  })
}
