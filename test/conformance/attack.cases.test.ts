/** Every model of the collection that compiles, attacked: `npm run test:deep -- test/conformance/attack.cases`. */
import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { attackModel } from '../../src/attack/attack.js'
import { BaseError } from '../../src/base/errors.js'
import type { Values } from '../../src/model/execute.js'
import type { QuantizedModel } from '../../src/model/quantized.js'
import { loadModel } from '../../src/onnx/load.js'
import { quantize } from '../../src/quantize/quantize.js'
import { assignmentsOf, victimOf } from '../helpers/attack.js'
import { casePath, hasCases } from '../helpers/cases.js'

const SEED = 11
const MINUTES = 10
const run = process.env.ZKONNX_DEEP !== undefined && hasCases('models')

type Port = { readonly name: string; readonly data: readonly number[] }
type Case = { readonly sets: readonly { readonly inputs: readonly Port[] }[] }

describe.skipIf(!run)('models of the collection accept nothing that they should not', () => {
  const lies: Record<string, number> = {}
  /** Models that do not compile, by reason. */
  const skipped: Record<string, number> = {}
  let attacked = 0

  test.each(run ? casesOf() : [])('%s', { timeout: MINUTES * 60_000 }, async (folder, file) => {
    const model = await tryToQuantize(folder, file)
    if (typeof model === 'string') {
      skipped[model] = (skipped[model] ?? 0) + 1
      return
    }
    const { blueprint, system } = victimOf(model, {})
    const options = { seed: SEED, lies: 250, groups: 300 }
    const report = attackModel(blueprint, system, assignmentsOf(blueprint, SEED, 1), options)
    expect(report.accepted).toEqual([])
    expect(report.rank.rank).toBe(report.rank.unknowns)
    expect(report.isolated.assumed).toBe(0)
    // a rank among many thresholds leaves more ways than the search follows; each ends in a contradiction or nowhere
    if (report.hints.rank === undefined) {
      expect(report.isolated).toMatchObject({ unique: report.samples, unresolved: 0 })
    }
    for (const [hint, { lies: told }] of Object.entries(report.hints)) lies[hint] = (lies[hint] ?? 0) + told
    attacked++
  })

  test('a good part of the collection compiles', () => {
    expect(attacked).toBeGreaterThan(150)
  })

  test('every kind of hint in use was lied to a thousand times', () => {
    for (const [hint, told] of Object.entries(lies)) expect(told, hint).toBeGreaterThanOrEqual(1000)
  })

  afterAll(() => {
    console.log(`${attacked} models attacked`, lies, 'not compiled:', skipped)
  })
})

function casesOf(): (readonly [string, string])[] {
  const folders = (group: string) =>
    readdirSync(casePath(group), { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return ['torch', 'sklearn', 'models', 'onnx-node'].flatMap((group) =>
    folders(group).map(
      ({ name }) => [`${group}/${name}`, group === 'torch' ? 'legacy.onnx' : 'model.onnx'] as const,
    ),
  )
}

/** The integer program, or why there is none. */
async function tryToQuantize(folder: string, file: string): Promise<QuantizedModel | string> {
  try {
    const { graph, softmaxOutputs } = await loadModel(casePath(folder, file))
    const names = graph.inputs.map(({ name }) => name)
    return quantize(graph, samplesOf(folder, names), { softmaxOutputs }).model
  } catch (error) {
    if (error instanceof BaseError && error.fault !== 'internal') return error.name
    throw error
  }
}

function samplesOf(folder: string, names: readonly string[]): Values[] {
  const read = (file: string) => JSON.parse(readFileSync(casePath(folder, file), 'utf8'))
  if (/^(torch|sklearn)/.test(folder)) {
    const { x } = read('test.json') as { x: unknown[] }
    return x.map((sample) => [Float64Array.from([sample].flat(Infinity) as number[])])
  }
  return (read('io.json') as Case).sets.map(({ inputs }) =>
    names.map((name) => Float64Array.from(inputs.find((input) => input.name === name)?.data ?? [])),
  )
}
