/** Every model of the collection that compiles, attacked: `npm run test:deep -- test/conformance/attack.cases`. */
import { afterAll, describe, expect, test } from 'vitest'
import { attackModel } from '../../src/attack/attack.js'
import { assignmentsOf, victimOf } from '../helpers/attack.js'
import { casesOf, tryToQuantize } from '../helpers/case-models.js'
import { hasCases } from '../helpers/cases.js'

const SEED = 11
const MINUTES = 10
const run = process.env.ZKONNX_DEEP !== undefined && hasCases('models')

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
