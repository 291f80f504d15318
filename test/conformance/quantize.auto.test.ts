/** Nets and ensembles trained on real data, compiled as they come: the bars for default options, on held-out samples. */
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { UnsupportedOperatorError } from '../../src/onnx/unsupported.js'
import { type Compiled, compile } from '../../src/stages/compile.js'
import { casePath, hasCases } from '../helpers/cases.js'
import { tempDir } from '../helpers/cli.js'

const out = tempDir()
afterAll(() => rmSync(out, { recursive: true, force: true }))

const models = (part: string, file: string): [string, string, string][] =>
  existsSync(casePath(part))
    ? readdirSync(casePath(part)).map((name) => [
        name,
        casePath(part, name, file),
        casePath(part, name, 'test.npz'),
      ])
    : []

// LeNet-5 is searched for in the deep run of e2e/pipeline.cases.test.ts
const CASES = [...models('torch', 'legacy.onnx'), ...models('sklearn', 'model.onnx')].filter(
  ([name]) => name !== 'mnist_lenet',
)

describe.runIf(process.env.ZKONNX_DEEP && hasCases('torch'))('default options', () => {
  const rates: number[] = []

  test.each(CASES)('%s', { timeout: 120_000 }, async (name, model, data) => {
    const compiled = await attempt(name, model, data)
    if (compiled === undefined) return
    const { fidelity, manifest } = compiled
    expect(manifest.quantization).toMatchObject({ choice: 'auto', met: true })
    if (fidelity!.labels !== undefined) {
      rates.push(fidelity!.labels.rate)
      expect(fidelity!.labels.rate).toBeLessThanOrEqual(0.03)
    } else {
      for (const { relative } of fidelity!.outputs) expect(relative).toBeLessThanOrEqual(0.01)
    }
  })

  test('half of the classifiers flip at most one label of a hundred', () => {
    expect(rates.length).toBeGreaterThan(8)
    expect(rates.toSorted((a, b) => a - b)[Math.floor(rates.length / 2)]!).toBeLessThanOrEqual(0.01)
  })
})

/** Undefined, and said, for a model whose operators are not all supported. */
async function attempt(name: string, model: string, data: string): Promise<Compiled | undefined> {
  try {
    return await compile({ model, data, out: join(out, name) })
  } catch (error) {
    if (!(error instanceof UnsupportedOperatorError)) throw error
    console.warn(`SKIPPED: ${name} has operators that are not supported.`)
    return undefined
  }
}
