/** Every model of the collection that compiles, with lookups as with bits: `npm run test:deep -- test/conformance/lookups.cases`. */
import { afterAll, describe, expect, test } from 'vitest'
import { attackModel } from '../../src/attack/attack.js'
import { answerChallenge } from '../../src/attack/second-round.js'
import { firstBrokenRow } from '../../src/attack/system.js'
import { count, evaluate } from '../../src/circuit/circuit.js'
import { draft } from '../../src/circuit/synthesize.js'
import { assignmentsOf, victimOf } from '../helpers/attack.js'
import { casesOf, tryToQuantize } from '../helpers/case-models.js'
import { hasCases } from '../helpers/cases.js'
import { CHALLENGE } from '../helpers/lookups.js'

const SEED = 12
const MINUTES = 10
const run = process.env.ZKONNX_DEEP !== undefined && hasCases('models')

/** Beyond so many rows one sample is attacked in place of four. */
const LARGE = 4000

describe.skipIf(!run)('models of the collection, with lookups', () => {
  const skipped: Record<string, number> = {}
  const rows: { folder: string; bits: number; lookups: number }[] = []
  const attacked = { models: 0, samples: 0, unique: 0, lies: 0, edited: 0 }
  /** Where the search for other witnesses did not end. */
  const open: Record<string, number> = {}

  test.each(run ? casesOf() : [])(
    '%s gives equal answers',
    { timeout: MINUTES * 60_000 },
    async (folder, file) => {
      const model = await tryToQuantize(folder, file)
      if (typeof model === 'string') {
        skipped[model] = (skipped[model] ?? 0) + 1
        return
      }
      const plain = draft(model, {})
      const { blueprint, system } = victimOf(model, {}, 'groth16-lookup')
      for (const sample of assignmentsOf(blueprint, SEED, 1)) {
        const [own, other] = [evaluate(blueprint, sample), evaluate(plain, sample)]
        for (let signal = 1; signal <= blueprint.layout.publicOutputs.length; signal++)
          expect(own.wires.get(signal), `signal ${signal}`).toEqual(other.wires.get(signal))
        expect(own.misses).toBe(0)
        const { r1cs, layout } = system.whole!
        expect(firstBrokenRow(r1cs, answerChallenge(r1cs, layout, own.wires, CHALLENGE))).toBeUndefined()
      }
      const tables = (await tryToQuantize(folder, file, 'tables')) as typeof model
      for (const lookups of [blueprint, draft(tables, {}, 'groth16-lookup')])
        rows.push({ folder, bits: count(plain).constraints, lookups: count(lookups).constraints })
    },
  )

  test.each(run ? casesOf() : [])('%s under attack', { timeout: MINUTES * 60_000 }, async (folder, file) => {
    const model = await tryToQuantize(folder, file)
    if (typeof model === 'string') return
    const { blueprint, system } = victimOf(model, {}, 'groth16-lookup')
    const all = assignmentsOf(blueprint, SEED, 1)
    const samples = system.r1cs.constraints > LARGE ? all.slice(-1) : all
    const report = attackModel(blueprint, system, samples, { seed: SEED, lies: 100, groups: 100 })
    expect(report.accepted).toEqual([])
    expect(report.rank.rank).toBe(report.rank.unknowns)
    attacked.models++
    attacked.samples += report.samples
    attacked.unique += report.isolated.unique
    attacked.edited += report.edits.wires
    for (const { lies } of Object.values(report.hints)) attacked.lies += lies
    if (report.isolated.unique < report.samples) open[folder] = report.samples - report.isolated.unique
  })

  test('a good part of the collection was attacked', () => {
    expect(attacked.models).toBeGreaterThan(150)
  })

  test('a good part of the collection compiles, and none to more rows, whatever functions become', () => {
    expect(rows.length).toBeGreaterThan(300)
    expect(rows.filter(({ bits, lookups }) => lookups > bits)).toEqual([])
  })

  afterAll(() => {
    const large = rows.filter(({ bits }) => bits > 2000).sort((a, b) => b.bits - a.bits)
    console.log(`${rows.length} models`, large, 'not compiled:', skipped)
    console.log('attacked:', attacked, 'witnesses left open:', open)
  })
})
