/** Builds of models that others exported are derived alike, from the ONNX file and from what the folder keeps of it. */
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readInputs } from '../../src/onnx/load.js'
import { compile } from '../../src/stages/compile.js'
import { verifyBuild } from '../../src/stages/verify-build.js'
import { casePath, hasCases } from '../helpers/cases.js'
import { tempDir } from '../helpers/cli.js'

const out = tempDir()
afterAll(() => rmSync(out, { recursive: true, force: true }))

/** What is derived before keys. */
const LINKS = ['model as it is run', 'imported graph', 'integer program', 'statement', 'circuit']

async function expectDerived(dir: string, sources: { model: string; data?: string }): Promise<void> {
  for (const options of [{}, sources]) {
    const { links } = await verifyBuild({ dir, ...options })
    expect(links.filter(({ state }) => state === 'differs')).toEqual([])
    const equal = links.flatMap(({ name, state }) => (state === 'equal' ? [name] : []))
    expect(equal).toEqual(expect.arrayContaining(LINKS))
  }
}

const DEEP = process.env.ZKONNX_DEEP !== undefined
/** A tree, a pipeline, a ZipMap, a tanh, and an export with its weights beside it. */
const FEW = /^(cancer_pipe_scaler_logreg|iris_dtree|iris_logreg|wine_|digits_cnn)/

describe.skipIf(!hasCases('sklearn') || !hasCases('torch'))('exported models', () => {
  const nets = ['sklearn', 'torch'].flatMap((kind) => readdirSync(casePath(kind)).map((net) => [kind, net]))
  test.each(nets.filter(([, net]) => DEEP || FEW.test(net!)))('%s/%s', async (kind, net) => {
    const data = casePath(kind!, net!, 'test.npz')
    const files = readdirSync(casePath(kind!, net!)).filter((file) => file.endsWith('.onnx'))
    const [file] = files.filter((name) => !/^legacy/.test(name) || files.length === 1)
    const model = casePath(kind!, net!, file!)
    const dir = join(out, `${kind}-${net}`)
    await compile({ model, data, out: dir, bits: {} })
    await expectDerived(dir, { model, data })
  })
})

/** Whose operators are left out, or whose input has no name to declare a domain by. */
const OTHERS = new Set([
  'marabou-zoo-constant',
  'marabou-zoo-dropout_training_mode_true',
  'skltest-SklearnMclNuSVCPT',
  'tract-qtdnn_10x5_101_i32_biases',
])

// a minute and a half: all real models of the collection, on random inputs
describe.skipIf(!DEEP || !hasCases('models'))('real models', () => {
  const folders = DEEP && hasCases('models') ? readdirSync(casePath('models'), { withFileTypes: true }) : []
  const models = folders.flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
  test.each(models.filter((name) => !OTHERS.has(name)))('%s', async (name) => {
    const model = casePath('models', name, 'model.onnx')
    const domains = Object.fromEntries(
      (await readInputs(model)).map((input) => [input.name, { lo: input.isWhole ? 0 : -1, hi: 1 }]),
    )
    const dir = join(out, name)
    await compile({ model, out: dir, bits: {}, domains })
    await expectDerived(dir, { model })
    rmSync(dir, { recursive: true })
  })
})
