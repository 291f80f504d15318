/** The whole attack on circuits whose weights are secret: a prover can neither leave their ranges nor choose others. */
import { describe, expect, test } from 'vitest'
import { attackModel, DEFAULTS } from '../../src/attack/attack.js'
import type { draft } from '../../src/circuit/synthesize.js'
import { assignmentsOf, victimOf } from '../helpers/attack.js'
import { Random } from '../helpers/random.js'
import { secretCnn, secretMlp } from '../helpers/secret-models.js'

const SEED = 5
const MORE = process.env.ZKONNX_DEEP ? 60 : 1

let lies = 0

describe('nothing that a prover tries is accepted', () => {
  test.each([
    ['MLP', secretMlp, { salt: true }],
    ['MLP without a salt', secretMlp, { salt: false }],
    ['CNN, private inputs', secretCnn, { inputs: 'private' }],
    ['CNN, hashed inputs and a claim', secretCnn, { inputs: 'hashed', outputs: 'margin' }],
  ] as const)('%s', (_, make, disclose) => {
    attack(make(new Random(SEED)), disclose, SEED)
  })

  test(`${MORE} more`, () => {
    for (let seed = 1; seed <= MORE; seed++) {
      for (const make of process.env.ZKONNX_DEEP ? [secretMlp, secretCnn] : [secretMlp])
        attack(make(new Random(seed)), { inputs: 'private' }, seed)
    }
  })

  test('the bits of weights were lied about a thousand times', () => {
    expect(lies).toBeGreaterThanOrEqual(1000)
  })
})

function attack(
  model: Parameters<typeof draft>[0],
  disclose: Parameters<typeof victimOf>[1],
  seed: number,
): void {
  const { blueprint, system } = victimOf(model, disclose)
  const options = { ...DEFAULTS, seed, groups: 100 }
  const report = attackModel(blueprint, system, assignmentsOf(blueprint, seed, 1), options)
  expect(report.accepted, `seed ${seed}`).toEqual([])
  expect(report.rank.rank, `seed ${seed}`).toBe(report.rank.unknowns)
  expect(report.isolated, `seed ${seed}`).toMatchObject({ unique: report.samples, assumed: 0, unresolved: 0 })
  lies += report.hints.weights?.lies ?? 0
}
