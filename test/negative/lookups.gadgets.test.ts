/** Every gadget over lookups, at small widths: its witnesses listed over the whole field, lies to every word, every check taken away. */
import { describe, expect, test } from 'vitest'
import { lieInWordsAt, liesForWords } from '../../src/attack/lies.js'
import { roundOne } from '../../src/attack/round-one.js'
import { firstBroken, openLookups, wiresOf } from '../../src/attack/system.js'
import { mod } from '../../src/base/field.js'
import type { LookupChoice } from '../../src/circuit/cs/chunks.js'
import { honestWords, type WordsHint } from '../../src/circuit/cs/hints.js'
import { toBigInts } from '../helpers/circuits.js'
import {
  allInputs,
  buildGadget,
  COMPOSED,
  countGadget,
  evaluateGadget,
  type GadgetCase,
  TABLED,
  TINY,
} from '../helpers/gadgets.js'
import { provable, SMALL } from '../helpers/lookups.js'
import { domainsOf, solve, without } from '../helpers/solve.js'

const ALL = [...TINY, ...TABLED, ...COMPOSED]

/**
 * Rows that these parameters happen not to need, though others of the same gadget do, as in circuits of bits: a bit that
 * names no interval can miss every range by the sizes of the gaps alone. No lookup is among them.
 */
const SPARE: readonly (readonly [name: string, rows: readonly number[]])[] = [
  ['roundEven 0 .. 9 by 3 bits', [0]],
  ['roundEven 5 .. 12 by 3 bits', [0]],
  ['rank of -3 .. 4 among -1, 2', [1, 3]],
  ['rank of -5 .. 6 among -4, -1, 0, 3, 6', [2, 4]],
  ['rank of 0 .. 20 among 1, 4, 6, 11, 12, 15, 20', [2]],
  ['rank of -8 .. 7 among -4, -2, 0', [1]],
  ['rank of -7 .. 9 among -4, -2, 0, 4', [2, 4, 7]],
  ['rank of -3 .. 12 among 1, 2, 3, 4, 8', [4]],
  ['5 lines from -8 .. 9', [2, 4, 7]],
  ['4 lines from -8 .. 9', [1]],
  ['5 lines from -8 .. 9', [1, 3]],
  ['rank of anything to -5 .. 6 among -4, -1, 0, 3, 6', [4]],
  ['rank of anything to 0 .. 30 among 24, 25', [3]],
]

/** Lookups whose absence is used by a value that two rows together give, which this search does not solve for. */
const SOLVED_ELSEWHERE: readonly (readonly [name: string, lookup: number])[] = [
  // its slope: lookups.pitfalls.test.ts
  ['4 looked-up lines of -9 .. 8', 2],
]

/** By default some of the gadgets, over the tables where each check is needed for whole inputs alone. */
const deep = process.env.ZKONNX_DEEP !== undefined
const tried = ALL.map((gadget, place) => ({ ...gadget, place })).filter(
  ({ place }) => deep || place % 4 === 0,
)

let seenLies = 0

describe.each(
  (deep ? SMALL : SMALL.slice(0, 1)).map((choice) => [`tables of ${choice.ranges} bits`, choice] as const),
)('%s', (_, choice) => {
  describe.each(tried)('$name', (gadget) => {
    const { r1cs: whole, layout, inputs, outputs, names } = buildGadget(gadget, choice)
    const round = roundOne(whole, layout!)
    const { r1cs, slots } = round
    const system = openLookups(whole, layout!, (wire) => names[wire]!)
    const samples = allInputs(gadget)

    // the challenge is in no row of round 1
    const given = (values: readonly number[]) =>
      new Map([[layout!.beta, 0n], ...inputs.map((wire, i): [number, bigint] => [wire, BigInt(values[i]!)])])

    test('has exactly one witness where the gadget accepts, and none elsewhere', () => {
      for (const values of samples) {
        const solutions = [...solve(r1cs, given(values), domainsOf(round))]
        const truth = truthOf(gadget, values)
        expect(solutions.length, `inputs ${values}`).toBe(truth === undefined ? 0 : 1)
        if (truth === undefined) continue
        const [solution] = solutions
        expect(solution!.guessed).toBe(false)
        expect(
          outputs.map((wire) => solution!.values[wire]!),
          `inputs ${values}`,
        ).toEqual(truth)
        const honest = toBigInts(evaluateGadget(gadget, values, undefined, choice))
        const own = slots.firstWire
        expect(solution!.values.slice(0, own), `inputs ${values}`).toEqual(honest.slice(0, own))
      }
    })

    // that a chunk is looked up both as it is and shifted only shows in fractions (lookups.pitfalls.test.ts)
    test.runIf(choice === SMALL[0])('needs each of its constraints and lookups', () => {
      const rows = Array.from({ length: slots.firstRow }, (_, row) => row)
      const lookups = Array.from(slots.tableOf.keys())
      const domains = domainsOf(round)
      const needless = rows.filter((row) => !admitsLie((known) => solve(without(r1cs, row), known, domains)))
      const spare = SPARE.filter(([name]) => name === gadget.name).map(([, rows]) => rows)
      if (spare.length === 0) expect(needless).toEqual([])
      else expect(spare).toContainEqual(needless)
      const idle = lookups.filter((i) => !admitsLie((known) => solve(r1cs, known, domainsOf(round, [i]))))
      const known = SOLVED_ELSEWHERE.flatMap(([name, lookup]) => (name === gadget.name ? [lookup] : []))
      expect(idle).toEqual(known)
    })

    test('round 2 follows from an honest round 1, and from none with a lie to some word', () => {
      for (const values of few(samples)) {
        const honest = evaluateGadget(gadget, values, undefined, choice)
        const accepts = gadget.truth(values) !== undefined
        const truth = toBigInts(honest)
        expect(provable(whole, layout!, honest.wires), `inputs ${values}`).toBe(accepts)
        requestsOf(gadget, values, choice).forEach((count, serial) => {
          for (const lie of count === 0 ? [] : liesForWords(count)) {
            const hint = lieInWordsAt(serial, lie)
            const liar = evaluateGadget(gadget, values, undefined, choice, hint)
            if (accepts && toBigInts(liar).every((value, wire) => value === truth[wire])) continue
            const message = `inputs ${values}, request ${serial}: ${lie.name}`
            expect(firstBroken(system, wiresOf(system, liar.wires)), message).toBeDefined()
            expect(provable(whole, layout!, liar.wires), message).toBe(false)
            seenLies++
          }
        })
      }
    })

    test('is counted as it is written', () => {
      const counter = countGadget(gadget, choice)
      expect([counter.constraints, counter.wires]).toEqual([whole.constraints, whole.wires])
    })

    function admitsLie(
      witnesses: (known: Map<number, bigint>) => Iterable<{ values: readonly bigint[] }>,
    ): boolean {
      return samples.some((values) => {
        const expected = truthOf(gadget, values)
        for (const solution of witnesses(given(values))) {
          if (expected === undefined) return true
          if (outputs.some((wire, i) => solution.values[wire] !== expected[i])) return true
        }
        return false
      })
    }
  })
})

test('words were lied about a thousand times', () => {
  expect(seenLies).toBeGreaterThan(deep ? 10_000 : 1000)
})

function truthOf(gadget: GadgetCase, values: readonly number[]): bigint[] | undefined {
  return gadget.truth(values)?.map((value) => mod(BigInt(value)))
}

/** The words of each request, 0 of those for bits. */
function requestsOf(gadget: GadgetCase, values: readonly number[], choice: LookupChoice): number[] {
  const counts: number[] = []
  const record: WordsHint = (honest, hint, serial) => {
    while (counts.length < serial) counts.push(0)
    counts.push(honest.length)
    return honestWords(honest, hint, serial)
  }
  evaluateGadget(gadget, values, undefined, choice, record)
  return counts
}

/** The ends, and a few between. */
function few<T>(all: readonly T[]): T[] {
  const step = Math.max(1, Math.floor(all.length / 5))
  return all.filter((_, i) => i % step === 0 || i === all.length - 1)
}
