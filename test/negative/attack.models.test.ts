/** The whole attack on every operator's circuit and on random models: nothing is accepted, each witness is the only one. */
import { describe, expect, test } from 'vitest'
import type { DisclosureOptions } from '../../src/artifacts/disclosure.js'
import { attackModel, DEFAULTS, type Report } from '../../src/attack/attack.js'
import type { QuantizedModel } from '../../src/model/quantized.js'
import { assignmentsOf, CLAIMS, scores, victimOf } from '../helpers/attack.js'
import { randomModel } from '../helpers/integer-models.js'
import { OPERATORS } from '../helpers/operator-models.js'
import { Random } from '../helpers/random.js'

const SEED = 3
const deep = process.env.ZKONNX_DEEP !== undefined
const RANDOM_MODELS = deep ? 2000 : 40

const lies: Record<string, number> = {}

describe('nothing that a prover tries is accepted', () => {
  describe.each(['public', 'hashed', 'private'] as const)('%s inputs', (inputs) => {
    // the hash is the same in all, and most of the work
    const some = deep || inputs !== 'hashed' ? OPERATORS : OPERATORS.filter((_, i) => i % 3 === 0)
    test.each(some)('$name', ({ model }) => {
      expectSound(attack(model, { inputs }, SEED, 3), `seed ${SEED}`)
    })
  })

  test.each(CLAIMS)('$name', ({ model, disclose }) => {
    expectSound(attack(model, disclose, SEED, 12), `seed ${SEED}`)
  })

  test('outputs that show a commitment only', () => {
    expectSound(attack(scores(3), { inputs: 'private', outputs: 'hashed' }, SEED, 3), `seed ${SEED}`)
  })

  test(`${RANDOM_MODELS} random models`, () => {
    for (let seed = 1; seed <= RANDOM_MODELS; seed++) {
      const model = randomModel(new Random(seed))
      expectSound(attack(model, { inputs: seed % 2 === 0 ? 'public' : 'private' }, seed, 1), `seed ${seed}`)
    }
  })

  test('every kind of hint was lied to a thousand times', () => {
    expect(Object.keys(lies).sort()).toEqual([
      'argmax',
      'claim',
      'clamp',
      'input',
      'max',
      'quotient',
      'rank',
      'relu',
      'rescale',
      'root',
      'round',
    ])
    for (const [hint, told] of Object.entries(lies)) expect(told, hint).toBeGreaterThanOrEqual(1000)
  })
})

function attack(model: QuantizedModel, disclose: DisclosureOptions, seed: number, samples: number): Report {
  const { blueprint, system } = victimOf(model, disclose)
  const options = { ...DEFAULTS, seed, groups: 200 }
  const report = attackModel(blueprint, system, assignmentsOf(blueprint, seed, samples), options)
  for (const [hint, count] of Object.entries(report.hints)) lies[hint] = (lies[hint] ?? 0) + count.lies
  return report
}

function expectSound(report: Report, message: string): void {
  expect(report.accepted, message).toEqual([])
  expect(report.rank.rank, message).toBe(report.rank.unknowns)
  expect(report.isolated, message).toMatchObject({
    unique: report.samples,
    assumed: 0,
    unresolved: 0,
    wide: [],
  })
}
