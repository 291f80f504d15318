/** The whole attack on every operator's circuit with lookups: nothing is accepted, each witness is the only one. */
import { describe, expect, test } from 'vitest'
import type { DisclosureOptions } from '../../src/artifacts/disclosure.js'
import { attackModel, DEFAULTS, type Report } from '../../src/attack/attack.js'
import type { LookupChoice } from '../../src/circuit/cs/chunks.js'
import type { QuantizedModel } from '../../src/model/quantized.js'
import { assignmentsOf, CLAIMS, victimOf } from '../helpers/attack.js'
import { randomModel } from '../helpers/integer-models.js'
import { SMALL, withoutLookup } from '../helpers/lookups.js'
import { OPERATORS } from '../helpers/operator-models.js'
import { Random } from '../helpers/random.js'

const SEED = 3
const deep = process.env.ZKONNX_DEEP !== undefined
const lies: Record<string, number> = {}

/** Wide enough for scores. */
const WIDE: LookupChoice = { ranges: [5], intervals: [], entryWorth: Infinity }

describe('nothing that a prover tries is accepted', () => {
  describe.each(deep ? SMALL : SMALL.slice(0, 1))('tables of $ranges bits', (choice) => {
    // quick ones of each kind; lookups.gadgets.test.ts lists the witnesses of them all
    const some = deep ? OPERATORS : OPERATORS.filter((_, i) => i % 3 === 0)
    test.each(some)('$name', ({ model }) => {
      expectSound(attack(model, { inputs: 'public' }, choice, deep ? 3 : 1))
    })
  })

  test.each(deep ? CLAIMS : CLAIMS.slice(2))('$name', ({ model, disclose }) => {
    expectSound(attack(model, disclose, WIDE, deep ? 12 : 1))
  })

  test.runIf(deep)('random models, with the tables that are chosen for them', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const model = randomModel(new Random(seed))
      const report = attack(model, { inputs: 'public' }, 'groth16-lookup', 1, seed)
      expect(report.accepted, `seed ${seed}`).toEqual([])
      expect(report.rank.rank, `seed ${seed}`).toBe(report.rank.unknowns)
    }
  })

  test('every kind of hint was lied to', () => {
    const all = [
      'argmax',
      'claim',
      'clamp',
      'input',
      'max',
      'pool',
      'quotient',
      'rank',
      'relu',
      'rescale',
      'root',
      'round',
    ]
    if (deep) expect(Object.keys(lies).sort()).toEqual(all)
    else expect(Object.keys(lies).length).toBeGreaterThan(3)
    for (const [hint, told] of Object.entries(lies)) expect(told, hint).toBeGreaterThan(50)
  })
})

/** Rows of bits are covered by attack.mutants.test.ts: here each lookup, and each row of a gadget that lookups rest on. */
describe('a circuit with a lookup less', () => {
  const some = deep ? OPERATORS : OPERATORS.filter(({ name }) => name === 'rearrange')
  test.each(some)('$name: whichever is missing is found, or redundant', ({ name, model }) => {
    const { blueprint, system } = victimOf(model, { inputs: 'public' }, SMALL[0])
    const samples = assignmentsOf(blueprint, SEED, 2)
    const escaped = Array.from(system.slots!.tableOf.keys()).filter((lookup) => {
      const mutant = withoutLookup(system, lookup)
      return (
        attackModel(blueprint, mutant, samples, { seed: SEED, lies: 60, groups: 0 }).accepted.length === 0
      )
    })
    const names = escaped.map((lookup) => system.nameOf(system.slots!.firstWire + lookup))
    expect(names).toEqual(REDUNDANT[name] ?? [])
  })
})

/**
 * Redundant in these models; lookups.gadgets.test.ts shows each needed by its gadget.
 *
 * That a divisor b is not below 1 its quotients show: a remainder r = 2a + b - 2by and 2b - 1 - r are integers from 0 on,
 * so 2b is one from 1 on; and y is an integer, so that b, which is r less 2a - 2by, is one too.
 *
 * That what comes out of a pool is an integer the comparison of scores shows: three times the one and twice the other are
 * integers there. The steps leave it off the largest by a sum of digits over powers of F, less than a half, which is 0 or
 * has neither 3 nor 2 for its denominator; and where it is 0, each step is as it should be.
 */
const REDUNDANT: Readonly<Record<string, readonly string[]>> = {
  quotient: ['main.input/x[2].inverse'],
  'a convolutional net': ['main.pool/group[0].inverse', 'main.pool/group[1].inverse'],
}

function attack(
  model: QuantizedModel,
  disclose: DisclosureOptions,
  scheme: LookupChoice | 'groth16-lookup',
  samples: number,
  seed = SEED,
): Report {
  const { blueprint, system } = victimOf(model, disclose, scheme)
  const options = { ...DEFAULTS, seed, lies: deep ? 250 : 60, groups: deep ? 200 : 50 }
  const report = attackModel(blueprint, system, assignmentsOf(blueprint, seed, samples), options)
  for (const [hint, count] of Object.entries(report.hints)) lies[hint] = (lies[hint] ?? 0) + count.lies
  return report
}

function expectSound(report: Report): void {
  const message = `seed ${SEED}`
  expect(report.accepted, message).toEqual([])
  expect(report.rank.rank, message).toBe(report.rank.unknowns)
  expect(report.isolated, message).toMatchObject({
    unique: report.samples,
    assumed: 0,
    unresolved: 0,
    wide: [],
  })
}
