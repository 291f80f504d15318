/** The search for other witnesses, held to the list of all of them: what it calls unique is. */
import { describe, expect, test } from 'vitest'
import type { R1cs } from '../../src/artifacts/iden3/r1cs.js'
import { determine } from '../../src/attack/determine.js'
import { openLookups, openSystem, type System, wiresOf } from '../../src/attack/system.js'
import { requestsOf } from '../../src/attack/target.js'
import { assignmentsOf, victimOf } from '../helpers/attack.js'
import {
  buildGadget,
  COMPOSED,
  evaluateGadget,
  type GadgetCase,
  maxCase,
  piecewiseCase,
  quotientCase,
  rankCase,
  rescaleReluCase,
  rootCase,
  roundEvenCase,
  TABLED,
  TINY,
} from '../helpers/gadgets.js'
import { ModelBuilder } from '../helpers/integer-models.js'
import { SMALL, withoutLookup, withoutRow } from '../helpers/lookups.js'
import { Random } from '../helpers/random.js'
import { type Domains, domainsOf, solve, without } from '../helpers/solve.js'

const SEED = 23

test('tiny gadgets, whole and with any constraint dropped', () => {
  const seen = { unique: 0, several: 0, unsettled: 0 }
  for (const gadget of TINY) {
    const { r1cs, inputs } = buildGadget(gadget)
    const mutants = Array.from({ length: r1cs.constraints }, (_, row) => without(r1cs, row))
    for (const values of samples(gadget, 2)) {
      const known = new Map(inputs.map((wire, i) => [wire, BigInt(values[i]!)]))
      for (const system of [r1cs, ...mutants]) {
        const { unique } = search(gadget, system, values)
        const solutions = [...solve(system, known)]
        // where the list had to guess it may be incomplete, and intervals say more
        const isUnique = solutions.length === 1
        const message = `${gadget.name}, inputs ${values}, seed ${SEED}`
        if (unique) expect(isUnique, message).toBe(true)
        if (system === r1cs) expect(unique, message).toBe(true)
        seen[unique ? 'unique' : isUnique ? 'unsettled' : 'several']++
      }
    }
  }
  expect(seen.unique).toBeGreaterThan(100)
  expect(seen.several).toBeGreaterThan(400)
  expect(seen.unsettled).toBeLessThan(seen.unique / 4)
})

/** By default few of the gadgets: the search is the same for all, and lists over the whole field take their time. */
const deep = process.env.ZKONNX_DEEP !== undefined
const tabled = [...TINY, ...TABLED, ...COMPOSED].filter((_, place) => deep || place % 12 === 0)

test.each(deep ? SMALL : SMALL.slice(0, 1))('the same with lookups in tables of $ranges bits', (choice) => {
  const seen = { unique: 0, several: 0, unsettled: 0 }
  for (const gadget of tabled) {
    const { r1cs: whole, layout, inputs, names } = buildGadget(gadget, choice)
    const system = openLookups(whole, layout!, (wire) => names[wire]!)
    const { slots, r1cs } = system
    const round = { r1cs, slots: slots! }
    const rows = Array.from({ length: slots!.firstRow }, (_, row) => row)
    const mutants: [System, Domains][] = [
      [system, domainsOf(round)],
      ...rows.map((row): [System, Domains] => [withoutRow(system, row), domainsOf(round)]),
      ...Array.from(slots!.tableOf.keys(), (lookup): [System, Domains] => [
        withoutLookup(system, lookup),
        domainsOf(round, [lookup]),
      ]),
    ]
    for (const values of samples(gadget, 2)) {
      const known = new Map([
        [layout!.beta, 0n],
        ...inputs.map((wire, i): [number, bigint] => [wire, BigInt(values[i]!)]),
      ])
      const honest = evaluateGadget(gadget, values, undefined, choice).wires
      for (const [mutant, domains] of mutants) {
        const { unique } = determine(mutant, wiresOf(mutant, honest))
        const isUnique = few(solve(mutant.r1cs, known, domains)) === 1
        const message = `${gadget.name}, inputs ${values}, seed ${SEED}`
        if (unique) expect(isUnique, message).toBe(true)
        if (mutant === system) expect(unique, message).toBe(true)
        seen[unique ? 'unique' : isUnique ? 'unsettled' : 'several']++
      }
    }
  }
  expect(seen.unique).toBeGreaterThan(20)
  expect(seen.several).toBeGreaterThan(40)
  expect(seen.unsettled).toBeLessThan(seen.unique / 4)
})

/** How many there are, or that there are two at least. */
function few(solutions: Iterable<unknown>): number {
  let count = 0
  for (const _ of solutions) if (++count === 2) break
  return count
}

describe.each([
  quotientCase([-(2 ** 30), 2 ** 31], [3, 2 ** 12]),
  quotientCase([0, 2 ** 50], [2 ** 20, 2 ** 30]),
  rootCase([0, 2 ** 20]),
  rootCase([0, 2 ** 40]),
  rootCase([2 ** 40, 2 ** 52]),
  roundEvenCase([-(2 ** 24), 2 ** 23], 12),
  rescaleReluCase([-(2 ** 40), 2 ** 38], 15),
  maxCase([0, 2 ** 30], [-5, 2 ** 31], [-(2 ** 29), 2 ** 30]),
  rankCase(
    [-(2 ** 30), 2 ** 30],
    Array.from({ length: 30 }, (_, i) => (i - 15) ** 3 * 8000),
  ),
  piecewiseCase([-(2 ** 20), 2 ** 20], {
    start: Array.from({ length: 30 }, (_, i) => (i - 15) * 11111),
    slope: Array.from({ length: 31 }, (_, i) => i - 10),
    offset: Array.from({ length: 31 }, (_, i) => i ** 3),
  }),
])('$name', (gadget) => {
  test('is unique at its real width', () => {
    const { r1cs } = buildGadget(gadget)
    for (const values of samples(gadget, 12)) {
      const { unique, unresolved, assumed, accepted } = search(gadget, r1cs, values)
      const found = { unique, unresolved, assumed, accepted: accepted.length }
      const message = `inputs ${values}, seed ${SEED}`
      expect(found, message).toEqual({ unique: true, unresolved: 0, assumed: 0, accepted: 0 })
    }
  })
})

test('many elements on many pieces each are settled one by one', () => {
  const builder = new ModelBuilder()
  const x = builder.input('x', [30], -1000, 1000)
  const start = Float64Array.from({ length: 14 }, (_, i) => (i - 7) * 91)
  const line = (of: (i: number) => number) => Float64Array.from({ length: 15 }, (_, i) => of(i))
  const op = { kind: 'piecewise' as const, start, slope: line((i) => i), offset: line((i) => i ** 2) }
  const { blueprint, system } = victimOf(builder.finish([builder.node(op, [x], [30])]), { inputs: 'private' })
  for (const assignment of assignmentsOf(blueprint, SEED, 2)) {
    const { unique, unresolved } = determine(system, requestsOf({ blueprint }, assignment).evaluator.wires)
    expect({ unique, unresolved }).toEqual({ unique: true, unresolved: 0 })
  }
})

function search(gadget: GadgetCase, r1cs: R1cs, values: readonly number[]) {
  const system = openSystem(r1cs, (wire) => `${wire}`)
  return determine(system, evaluateGadget(gadget, values).wires)
}

/** Inputs that the gadget accepts. */
function samples(gadget: GadgetCase, count: number): number[][] {
  const random = new Random(SEED)
  const tried = Array.from({ length: 10 * count }, () =>
    gadget.inputs.map(([lo, hi]) => random.pick([lo, hi, random.int(lo, hi), random.int(lo, hi)])),
  )
  return tried.filter((values) => gadget.truth(values) !== undefined).slice(0, count)
}
