/** Our gadgets and their circom twins accept and refuse the same inputs and outputs. */
import { beforeAll, describe, expect, test } from 'vitest'
import { firstUnsatisfied } from '../../src/artifacts/iden3/check.js'
import type { R1cs } from '../../src/artifacts/iden3/r1cs.js'
import { fromValues } from '../../src/artifacts/iden3/wtns.js'
import { inverse, mod, P } from '../../src/base/field.js'
import { toBigInts } from '../helpers/circuits.js'
import {
  allInputs,
  argmaxCase,
  atLeastCase,
  buildGadget,
  clampCase,
  decomposeCase,
  domainRankCase,
  evaluateGadget,
  type GadgetCase,
  intervalCase,
  leaderCase,
  marginCase,
  maxCase,
  packCase,
  piecewiseCase,
  quotientCase,
  rankCase,
  rescaleCase,
  rescaleReluCase,
  rootCase,
  roundEvenCase,
  type Span,
  signWithMagnitudeCase,
} from '../helpers/gadgets.js'
import { Random } from '../helpers/random.js'
import { quadraticCount, solve } from '../helpers/solve.js'
import { compileTwin, type Twin } from './twins.js'

type TwinCase = {
  readonly file: string
  readonly main: string
  readonly gadget: GadgetCase
  /** How the gadget's inputs are divided among the twin's input signals, in their order; all are `x` without it. */
  readonly signals?: Readonly<Record<string, number>>
}

const SEED = 20

/** Whose witnesses take longest to list. */
const LONG = ['Root(4)', 'Quotient(4, 3, -4)']

/** Every witness is listed. */
const SMALL: readonly TwinCase[] = [
  { file: 'decompose.circom', main: 'Decompose(5)', gadget: decomposeCase([1, 1, 1, 1, 1], [-3, 35]) },
  { file: 'assert-interval.circom', main: 'AssertInterval(-3, 4)', gadget: intervalCase(-3, 4, [-9, 12]) },
  { file: 'assert-interval.circom', main: 'AssertInterval(0, 16)', gadget: intervalCase(0, 16, [-2, 34]) },
  { file: 'assert-interval.circom', main: 'AssertInterval(-5, 81)', gadget: intervalCase(-5, 81, [-8, 130]) },
  { file: 'sign.circom', main: 'Sign(3)', gadget: signWithMagnitudeCase(3) },
  { file: 'rescale.circom', main: 'Rescale(2, 4, -5)', gadget: rescaleCase([-20, 20], 2) },
  { file: 'round-even.circom', main: 'RoundEven(2, 4, -6)', gadget: roundEvenCase([-20, 20], 2) },
  { file: 'round-even.circom', main: 'RoundEven(1, 3, -4)', gadget: roundEvenCase([-6, 7], 1) },
  { file: 'rescale-relu.circom', main: 'RescaleRelu(2, 3)', gadget: rescaleReluCase([-20, 20], 2) },
  { file: 'rescale-relu.circom', main: 'RescaleRelu(0, 3)', gadget: rescaleReluCase([-6, 5], 0) },
  { file: 'max.circom', main: 'Max(2, 3)', gadget: maxCase([-3, 4], [-2, 5]) },
  { file: 'max.circom', main: 'Max(3, 2)', gadget: maxCase([0, 3], [0, 3], [0, 3]) },
  { file: 'argmax.circom', main: 'ArgMax(2, 2)', gadget: argmaxCase([0, 3], [0, 3]) },
  { file: 'argmax.circom', main: 'ArgMax(3, 2)', gadget: argmaxCase([0, 3], [0, 3], [0, 3]) },
  { file: 'leader.circom', main: 'Leader(2, 3)', gadget: leaderCase([-3, 4], [-3, 4]) },
  { file: 'leader.circom', main: 'Leader(3, 1)', gadget: leaderCase([0, 1], [0, 1], [0, 1]) },
  {
    file: 'claims.circom',
    main: 'AtLeast(-5, 4)',
    gadget: atLeastCase(-5, 6, [-22, 24]),
    signals: { value: 1, limit: 1 },
  },
  {
    file: 'claims.circom',
    main: 'Margin(2, 2, 2)',
    gadget: marginCase(2, [0, 3], [-1, 4]),
    signals: { x: 2, limit: 1 },
  },
  { file: 'clamp.circom', main: 'Clamp(-3, 4, 4, 3)', gadget: clampCase([-8, 8], -3, 4) },
  {
    file: 'rank.circom',
    main: 'Rank(2, 2, 2, -3, 4, [-1, 2])',
    gadget: domainRankCase(-3, 4, [-1, 2], [-9, 10]),
  },
  {
    file: 'rank.circom',
    main: 'Rank(5, 3, 2, -5, 6, [-4, -1, 0, 3, 6])',
    gadget: domainRankCase(-5, 6, [-4, -1, 0, 3, 6], [-14, 15]),
  },
  {
    file: 'rank.circom',
    main: 'Rank(3, 2, 3, 0, 9, [1, 2, 7])',
    gadget: domainRankCase(0, 9, [1, 2, 7], [-9, 19]),
  },
  {
    file: 'halve.circom',
    main: 'Halve(3, 4, 2, -8, -8, 7, [-4, -2, 0])',
    gadget: rankCase([-8, 7], [-4, -2, 0]),
  },
  {
    file: 'halve.circom',
    main: 'Halve(4, 5, 4, -16, -7, 9, [-4, -2, 0, 4])',
    gadget: rankCase([-7, 9], [-4, -2, 0, 4]),
  },
  {
    file: 'halve.circom',
    main: 'Halve(3, 4, 4, 2, 3, 17, [8, 10, 12])',
    gadget: rankCase([3, 17], [8, 10, 12]),
  },
  {
    file: 'piecewise.circom',
    main: 'Piecewise(3, 2, 3, -8, 9, [-3, 1, 4], [0, 2, -1, 0], [-6, 1, 5, 2])',
    gadget: piecewiseCase([-8, 9], { start: [-3, 1, 4], slope: [0, 2, -1, 0], offset: [-6, 1, 5, 2] }),
  },
  {
    file: 'quotient.circom',
    main: 'Quotient(4, 3, -4)',
    gadget: quotientCase([-9, 9], [2, 4]),
    signals: { a: 1, b: 1 },
  },
  {
    file: 'quotient.circom',
    main: 'Quotient(4, 3, 0)',
    gadget: quotientCase([0, 12], [1, 3]),
    signals: { a: 1, b: 1 },
  },
  { file: 'root.circom', main: 'Root(4)', gadget: rootCase([0, 30]) },
  { file: 'root.circom', main: 'Root(3)', gadget: rootCase([3, 9]) },
  { file: 'pack.circom', main: 'Pack(3, 3, -4)', gadget: packCase([-4, 3], [-4, 3], [-4, 3]) },
]

const BYTE: Span = [-128, 127]
const WORD: Span = [-(2 ** 15), 2 ** 15 - 1]

const BROKEN = {
  start: [-20000, -300, 0, 450, 9000],
  slope: [0, 3, -17, 200, 1, 0],
  offset: [-90, 60000, 4, 4, -777, 32000],
}

/** The same with the two widest pieces cut, as the gadget does. */
const CUT = {
  start: [-20000, -20000 + 2 ** 14, -300, 0, 450, 9000, 9000 + 2 ** 14],
  slope: [0, 3, 3, -17, 200, 1, 0, 0],
  offset: [-90, 60000, 60000, 4, 4, -777, 32000, 32000],
}

/** Boundaries and seeded inputs. */
const LARGE: readonly TwinCase[] = [
  {
    file: 'assert-interval.circom',
    main: 'AssertInterval(-1000, 99000)',
    gadget: intervalCase(-1000, 99000, [-70000, 270000]),
  },
  {
    file: 'rescale.circom',
    main: 'Rescale(12, 17, -65536)',
    gadget: rescaleCase([-(2 ** 28), 2 ** 28 - 2049], 12),
  },
  {
    file: 'round-even.circom',
    main: 'RoundEven(12, 17, -65536)',
    gadget: roundEvenCase([-(2 ** 28), 2 ** 28 - 1], 12),
  },
  {
    file: 'rescale-relu.circom',
    main: 'RescaleRelu(15, 25)',
    gadget: rescaleReluCase([-(2 ** 40), 2 ** 38], 15),
  },
  { file: 'max.circom', main: 'Max(4, 16)', gadget: maxCase(WORD, WORD, WORD, WORD) },
  { file: 'argmax.circom', main: 'ArgMax(4, 8)', gadget: argmaxCase(BYTE, BYTE, BYTE, BYTE) },
  { file: 'leader.circom', main: 'Leader(4, 16)', gadget: leaderCase(WORD, WORD, WORD, WORD) },
  {
    file: 'claims.circom',
    main: 'AtLeast(-32768, 16)',
    gadget: atLeastCase(...WORD, [-(2 ** 17), 2 ** 17]),
    signals: { value: 1, limit: 1 },
  },
  {
    file: 'claims.circom',
    main: 'Margin(3, 8, 8)',
    gadget: marginCase(3, BYTE, [-20, 300]),
    signals: { x: 3, limit: 1 },
  },
  { file: 'clamp.circom', main: 'Clamp(-128, 127, 16, 16)', gadget: clampCase([-65000, 65000], -128, 127) },
  {
    file: 'rank.circom',
    main: 'Rank(6, 3, 15, -32768, 32767, [-30000, -4, 0, 1, 5000, 32767])',
    gadget: rankCase(WORD, [-30000, -4, 0, 1, 5000, 32767]),
  },
  {
    file: 'halve.circom',
    main: 'Halve(6, 16, 10, -32768, -30000, 31000, [-16384, -4096, -1024, 0, 1024, 8192])',
    gadget: rankCase([-30000, 31000], [-16384, -4096, -1024, 0, 1024, 8192]),
  },
  {
    file: 'piecewise.circom',
    main: `Piecewise(7, 3, 14, -32768, 32767, [${CUT.start}], [${CUT.slope}], [${CUT.offset}])`,
    gadget: piecewiseCase(WORD, BROKEN),
  },
  {
    file: 'quotient.circom',
    main: 'Quotient(16, 13, -32768)',
    gadget: quotientCase(WORD, [1, 4096]),
    signals: { a: 1, b: 1 },
  },
  { file: 'root.circom', main: 'Root(21)', gadget: rootCase([0, 2 ** 40 - 1]) },
  { file: 'pack.circom', main: 'Pack(3, 16, -32768)', gadget: packCase(WORD, WORD, WORD) },
]

describe.each([...SMALL, ...LARGE])('$main', (twinCase) => {
  const { file, main, gadget } = twinCase
  const toSignals = (inputs: readonly number[]) => signalsOf(inputs, twinCase.signals)
  const ours = buildGadget(gadget)
  let twin: Twin
  beforeAll(async () => {
    twin = await compileTwin(file, main, Object.keys(twinCase.signals ?? { x: 0 }))
  })

  test('has as many quadratic constraints', () => {
    expect(quadraticCount(twin.r1cs)).toBe(quadraticCount(ours.r1cs))
  })

  test('its witnesses, our evaluator and the plain function agree; what one refuses, all refuse', () => {
    let accepted = 0
    for (const inputs of samples(gadget)) {
      const truth = gadget.truth(inputs)
      const evaluated = toBigInts(evaluateGadget(gadget, inputs))
      expect(holds(ours.r1cs, evaluated), `inputs ${inputs}`).toBe(truth !== undefined)
      if (truth === undefined) {
        expect(() => twin.witness(toSignals(inputs)), `inputs ${inputs}`).toThrow('gave up')
        continue
      }
      const witness = twin.witness(toSignals(inputs))
      const expected = truth.map((value) => mod(BigInt(value)))
      expect(holds(twin.r1cs, witness), `inputs ${inputs}`).toBe(true)
      expect(witness.slice(1, 1 + truth.length), `inputs ${inputs}`).toEqual(expected)
      expect(
        ours.outputs.map((wire) => evaluated[wire]),
        `inputs ${inputs}`,
      ).toEqual(expected)
      accepted++
    }
    expect(accepted).toBeGreaterThan(0)
  })

  if (ours.outputs.length > 0) {
    test('an edited output is refused by both', () => {
      const random = new Random(SEED)
      const honest = samples(gadget).filter((inputs) => gadget.truth(inputs) !== undefined)
      for (const inputs of honest.slice(0, 20)) {
        const witness = twin.witness(toSignals(inputs))
        const evaluated = toBigInts(evaluateGadget(gadget, inputs))
        ours.outputs.forEach((wire, i) => {
          for (const lie of liesAbout(evaluated[wire]!, random)) {
            const message = `seed ${SEED}, inputs ${inputs}, output ${lie}`
            expect(holds(twin.r1cs, witness.with(1 + i, mod(lie))), message).toBe(false)
            expect(holds(ours.r1cs, evaluated.with(wire, mod(lie))), message).toBe(false)
          }
        })
      }
    })
  }

  if (SMALL.includes(twinCase) && (process.env.ZKONNX_DEEP || !LONG.includes(main))) {
    test('both accept the same inputs and outputs over the whole field', () => {
      const theirs = {
        r1cs: twin.r1cs,
        outputs: ours.outputs.map((_, i) => 1 + i),
        inputs: ours.inputs.map((_, i) => 1 + ours.outputs.length + i),
      }
      for (const inputs of [...integersAround(gadget), ...farFromIntegers(gadget)]) {
        expect(accepted(theirs, inputs), `inputs ${inputs}`).toEqual(accepted(ours, inputs))
      }
      for (const inputs of allInputs(gadget)) {
        const truth = gadget.truth(inputs)
        const expected = truth === undefined ? [] : [truth.map((value) => mod(BigInt(value)))]
        expect(accepted(ours, inputs.map(BigInt)), `inputs ${inputs}`).toEqual(expected)
      }
    })
  }
})

type Relation = {
  readonly r1cs: R1cs
  readonly inputs: readonly number[]
  readonly outputs: readonly number[]
}

/** The outputs of all witnesses that the inputs have. */
function accepted({ r1cs, inputs, outputs }: Relation, values: readonly bigint[]): bigint[][] {
  const solutions = [...solve(r1cs, new Map(inputs.map((wire, i) => [wire, values[i]!])))]
  expect(solutions.some(({ guessed }) => guessed)).toBe(false)
  return solutions.map((solution) => outputs.map((wire) => solution.values[wire]!))
}

function holds(r1cs: R1cs, values: readonly bigint[]): boolean {
  return firstUnsatisfied(r1cs, fromValues(values)) === undefined
}

function liesAbout(honest: bigint, random: Random): bigint[] {
  return [honest + 1n, honest - 1n, -honest - 1n, honest + BigInt(random.bits() + 1), P >> 1n]
}

function signalsOf(
  inputs: readonly number[],
  sizes: NonNullable<TwinCase['signals']> = { x: inputs.length },
): Record<string, bigint[]> {
  const rest = inputs.map(BigInt)
  return Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, rest.splice(0, size)]))
}

/** All inputs where they are few; else the ends, the places around them and around zero, and seeded ones between. */
function samples(gadget: GadgetCase): number[][] {
  if (gadget.inputs.every(([lo, hi]) => hi - lo < 256) && gadget.inputs.length === 1) return allInputs(gadget)
  const random = new Random(SEED)
  return Array.from({ length: 60 }, () =>
    gadget.inputs.map(([lo, hi]) =>
      random.pick(within([lo, lo + 1, hi - 1, hi, 0, 1, random.int(lo, hi), random.int(lo, hi)], lo, hi)),
    ),
  )
}

function within(values: readonly number[], lo: number, hi: number): number[] {
  return values.filter((value) => lo <= value && value <= hi)
}

function integersAround(gadget: GadgetCase): bigint[][] {
  const inputs = gadget.inputs.map(([lo, hi]): Span => [lo - 2, hi + 2])
  return allInputs({ ...gadget, inputs }).map((tuple) => tuple.map(BigInt))
}

function farFromIntegers({ inputs }: GadgetCase): bigint[][] {
  const honest = inputs.map(([lo]) => BigInt(lo))
  const far = [inverse(2n), inverse(8n), 1n << 40n, 1n << 252n, P >> 1n, P - (1n << 40n)]
  return inputs.flatMap((_, i) => far.map((value) => honest.with(i, value)))
}
