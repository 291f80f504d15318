/** Every gadget against provers that lie: the constraints refuse what follows from each lie. */
import { describe, expect, test } from 'vitest'
import { firstUnsatisfied } from '../../src/artifacts/iden3/check.js'
import {
  allZero,
  carried,
  claimedSign,
  flipped,
  type Lie,
  lieAt,
  liesFor,
  offBy,
} from '../../src/attack/lies.js'
import { mod, toSigned } from '../../src/base/field.js'
import type { HintName } from '../../src/circuit/cs/api.js'
import type { Evaluator } from '../../src/circuit/cs/evaluator.js'
import type { Felt } from '../../src/circuit/cs/felt.js'
import { type BitsHint, honestBits } from '../../src/circuit/cs/hints.js'
import { isSatisfied, toBigInts, witnessOf } from '../helpers/circuits.js'
import {
  allInputs,
  argmaxCase,
  atLeastCase,
  buildGadget,
  COMPOSED,
  clampCase,
  evaluateGadget,
  type GadgetCase,
  intervalCase,
  leaderCase,
  marginCase,
  maxCase,
  piecewiseCase,
  quotientCase,
  rescaleCase,
  rescaleReluCase,
  rootCase,
  roundEvenCase,
  type Span,
  TINY,
} from '../helpers/gadgets.js'
import { Random } from '../helpers/random.js'
import { without } from '../helpers/solve.js'

const SEED = 15
const WORD: Span = [-(2 ** 15), 2 ** 15 - 1]

const WIDE: readonly GadgetCase[] = [
  intervalCase(-1000, 99000, [-70000, 270000]),
  rescaleCase([-(2 ** 24), 2 ** 23], 12),
  rescaleReluCase([-(2 ** 24), 2 ** 23], 12),
  roundEvenCase([-(2 ** 24), 2 ** 23], 12),
  maxCase(WORD, WORD, WORD),
  argmaxCase(WORD, WORD, WORD),
  leaderCase(WORD, WORD, WORD),
  atLeastCase(...WORD, [-(2 ** 17), 2 ** 17]),
  marginCase(3, WORD, [-(2 ** 17), 2 ** 17]),
  clampCase([-65000, 65000], -128, 127),
  piecewiseCase(WORD, {
    start: [-20000, -300, 0, 450, 9000],
    slope: [0, 3, -17, 200, 1, 0],
    offset: [-90, 60000, 4, 4, -777, 32000],
  }),
  quotientCase([-(2 ** 30), 2 ** 31], [3, 2 ** 12]),
  rootCase([0, 2 ** 40]),
]

describe.each([...TINY, ...COMPOSED, ...WIDE].filter(asksForBits))('$name', (gadget) => {
  const { r1cs, outputs } = buildGadget(gadget)

  test('every lie that changes the witness is refused', () => {
    const seen = { lies: 0, falsehoods: 0 }
    for (const inputs of samples(gadget)) {
      const honest = toBigInts(evaluateGadget(gadget, inputs))
      for (const { evaluator, name } of lyingEvaluators(gadget, inputs)) {
        const values = toBigInts(evaluator)
        const acceptable = gadget.truth(inputs) !== undefined
        if (acceptable && values.every((value, wire) => value === honest[wire])) continue
        expect(isSatisfied(r1cs, evaluator), `seed ${SEED}, inputs ${inputs}, ${name}`).toBe(false)
        seen.lies++
        if (!acceptable || outputs.some((wire) => values[wire] !== honest[wire])) seen.falsehoods++
      }
    }
    expect(seen.lies).toBeGreaterThan(0)
    // a lie that could prove nothing false would test nothing
    expect(seen.falsehoods).toBeGreaterThan(0)
  })
})

describe.each(TINY.filter(asksForBits))('$name, a constraint on its bits dropped', (gadget) => {
  test('lets one of the lies through', () => {
    const { r1cs, bitRows } = buildGadget(gadget)
    const missed = new Set(bitRows)
    for (const inputs of samples(gadget)) {
      const honest = toBigInts(evaluateGadget(gadget, inputs))
      for (const { evaluator } of lyingEvaluators(gadget, inputs)) {
        if (toBigInts(evaluator).every((value, wire) => value === honest[wire])) continue
        const witness = witnessOf(evaluator)
        for (const row of missed) {
          if (firstUnsatisfied(without(r1cs, row), witness) === undefined) missed.delete(row)
        }
      }
    }
    const known = [...(gadget.spare ?? []), ...(gadget.unshown ?? [])]
    expect([...missed].filter((row) => !known.includes(row))).toEqual([])
  })
})

/** The sum is off, and so is the lowest "bit": what a negative limb would take. */
const lowest = (delta: bigint): Lie => ({
  name: `lowest bit off by ${delta}`,
  bits: (value, count) => {
    const [bit, ...rest] = Array.from(honestBits(value, count, 'root', 0), BigInt)
    return [mod(bit! + delta), ...rest]
  },
})

const RELU = { start: [0], slope: [0, 1], offset: [0, 0] }
/** Named, and by halving. */
const KINKED = { start: [-1, 3], slope: [0, 3, -2], offset: [0, 0, 0] }
const HALVED = { start: [0, 4], slope: [0, 3, -2], offset: [0, 0, 0] }

describe('answers that a prover would like to give', () => {
  test.each<[string, GadgetCase, number[], Lie | readonly Lie[], number | number[]]>([
    ['a quotient plus one', rescaleCase([-100, 100], 3), [44], carried(3, 1n), 7],
    ['a quotient minus one', rescaleCase([-100, 100], 3), [44], carried(3, -1n), 5],
    ['Relu of 5 is 0', rescaleReluCase([-8, 7], 0), [5], claimedSign(0n), 0],
    ['Relu of 5 is 0, by a flipped sign', rescaleReluCase([-8, 7], 0), [5], flipped(3), 0],
    ['Relu of -3 is 5', rescaleReluCase([-8, 7], 0), [-3], flipped(3), 5],
    ['the second largest as maximum', maxCase([0, 7], [0, 7]), [5, 3], flipped(3), 3],
    ['the later of two equal ones as argmax', argmaxCase([0, 7], [0, 7]), [4, 4], offBy(-1n), 1],
    ['the second largest as argmax', argmaxCase([0, 7], [0, 7]), [6, 2], flipped(3), 1],
    ['a value above the clamp', clampCase([0, 7], 0, 3), [6], flipped(3), 6],
    ['a clamp by one too low', clampCase([0, 7], 0, 3), [6], offBy(1n), 2],
    ['the second largest as leader', leaderCase([0, 7], [0, 7]), [6, 2], flipped(3), [1, -4]],
    ['a lead where there is a tie', leaderCase([0, 7], [0, 7]), [4, 4], offBy(2n), [0, 4]],
    ['a rescaled value out of nothing', rescaleCase([-100, 100], 3), [44], allZero, -12],
    ['a quotient by one too high', quotientCase([-20, 20], [1, 5]), [13, 4], offBy(1n), 4],
    ['a quotient by one too low', quotientCase([-20, 20], [1, 5]), [13, 4], offBy(-1n), 2],
    ['a half rounded down', quotientCase([-20, 20], [1, 5]), [14, 4], offBy(-1n), 3],
    ['the least quotient of all', quotientCase([-20, 20], [1, 5]), [13, 4], allZero, -20],
    ['a root by one too low', rootCase([0, 100]), [30], [offBy(9n), lowest(-11n)], 4],
    ['a root by one too high', rootCase([0, 100]), [30], [lowest(-11n), offBy(13n)], 6],
    ['the root of a square less one', rootCase([0, 100]), [24], [lowest(-9n), offBy(11n)], 5],
    ['the root of nothing', rootCase([0, 100]), [30], [allZero, allZero], 0],
    ['the line of the piece above', piecewiseCase([-8, 8], KINKED), [1], offBy(1n), -2],
    ['the line of the piece below', piecewiseCase([-8, 8], KINKED), [5], offBy(-1n), 15],
    ['the line of the half above', piecewiseCase([-8, 8], HALVED), [1], flipped(2), -2],
    ['the line of the half below', piecewiseCase([-8, 8], HALVED), [5], flipped(2), 15],
    ['the other of two lines', piecewiseCase([-8, 8], RELU), [-3], flipped(4), -3],
  ])('%s: %#', (_, gadget, inputs, lie, answer) => {
    const { r1cs, outputs } = buildGadget(gadget)
    const lies = [lie].flat()
    const evaluator = evaluateGadget(gadget, inputs, (value, count, hint, serial) => {
      const told = lies[serial]
      return told === undefined
        ? honestBits(value, count, hint, serial)
        : (told.bits(value, count) as readonly Felt[])
    })
    const answers = [answer].flat()
    expect(gadget.truth(inputs)).not.toEqual(answers)
    expect(outputs.map((wire) => Number(toSigned(BigInt(evaluator.wires.get(wire)))))).toEqual(answers)
    expect(isSatisfied(r1cs, evaluator)).toBe(false)
  })
})

/** One evaluator for each lie at each place where the gadget asks for bits. */
function lyingEvaluators(gadget: GadgetCase, inputs: readonly number[]) {
  const lying: { evaluator: Evaluator; name: string }[] = []
  requestsOf(gadget).forEach(({ hint, count }, serial) => {
    for (const lie of liesFor(hint, count)) {
      const evaluator = evaluateGadget(gadget, inputs, lieAt(serial, lie))
      lying.push({ evaluator, name: `${hint} ${serial}: ${lie.name}` })
    }
  })
  return lying
}

/** What bits the gadget asks for: the same for all inputs. */
function requestsOf(gadget: GadgetCase): { hint: HintName; count: number }[] {
  const requests: { hint: HintName; count: number }[] = []
  const record: BitsHint = (value, count, hint, serial) => {
    requests.push({ hint, count })
    return honestBits(value, count, hint, serial)
  }
  evaluateGadget(
    gadget,
    gadget.inputs.map(([lo]) => lo),
    record,
  )
  return requests
}

function asksForBits(gadget: GadgetCase): boolean {
  return requestsOf(gadget).some(({ count }) => count > 0)
}

/** All inputs where they are few; else the ends, zero and seeded ones. */
function samples(gadget: GadgetCase): number[][] {
  const random = new Random(SEED)
  if (gadget.inputs.length === 1 && gadget.inputs[0]![1] - gadget.inputs[0]![0] < 50) return allInputs(gadget)
  return Array.from({ length: 24 }, () =>
    gadget.inputs.map(([lo, hi]) =>
      random.pick([lo, hi, Math.min(hi, lo + 1), random.int(lo, hi), random.int(lo, hi)]),
    ),
  )
}
