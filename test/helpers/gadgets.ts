/**
 * Each gadget at small fixed parameters, as a circuit of its own with the plain function that it stands for: what the
 * tests of lies, of uniqueness and of the circom twins run over.
 */

import { type CommitmentShape, commit } from '../../src/artifacts/commitment.js'
import type { R1cs } from '../../src/artifacts/iden3/r1cs.js'
import type { LookupLayout } from '../../src/artifacts/lookups.js'
import { pack, plan } from '../../src/artifacts/statement.js'
import { shiftRound, shiftRoundEven } from '../../src/base/integers.js'
import { poseidon as digestOf } from '../../src/base/poseidon.js'
import type { ConstraintSystem, Layout } from '../../src/circuit/cs/api.js'
import { Builder } from '../../src/circuit/cs/builder.js'
import { type LookupChoice, Lookups } from '../../src/circuit/cs/chunks.js'
import { Counter } from '../../src/circuit/cs/counter.js'
import { Evaluator } from '../../src/circuit/cs/evaluator.js'
import type { BitsHint, WordsHint } from '../../src/circuit/cs/hints.js'
import { assertAtLeast, disclose } from '../../src/circuit/disclose.js'
import type { Bounded } from '../../src/circuit/gadgets/bounded.js'
import { clamp } from '../../src/circuit/gadgets/clamp.js'
import { commitTo } from '../../src/circuit/gadgets/commit.js'
import { tabulateLines } from '../../src/circuit/gadgets/lines.js'
import { argmax, leader, max } from '../../src/circuit/gadgets/max.js'
import { assertPacked } from '../../src/circuit/gadgets/pack.js'
import { type Looked, linesOf, type Pieces, piecewise } from '../../src/circuit/gadgets/piecewise.js'
import { type Pooling, pool, poolApart, poolByTable, tabulateLarger } from '../../src/circuit/gadgets/pool.js'
import { poseidon } from '../../src/circuit/gadgets/poseidon.js'
import { quotient } from '../../src/circuit/gadgets/quotient.js'
import { assertInterval, decompose } from '../../src/circuit/gadgets/range.js'
import { flags, rank } from '../../src/circuit/gadgets/rank.js'
import { rescale, rescaleBy, rescaleRelu } from '../../src/circuit/gadgets/rescale.js'
import { root } from '../../src/circuit/gadgets/root.js'
import { floor, roundEven } from '../../src/circuit/gadgets/round.js'
import { signOf } from '../../src/circuit/gadgets/sign.js'
import { tabulate } from '../../src/circuit/gadgets/tabulate.js'

export type Span = readonly [lo: number, hi: number]

export type GadgetCase = {
  readonly name: string
  /** What each input ranges over: the gadget's assumption, or wider than what it accepts where it assumes nothing. */
  readonly inputs: readonly Span[]
  /** Public output signals; the other outputs are named wires. */
  readonly signals?: number
  readonly build: <V>(cs: ConstraintSystem<V>, inputs: readonly Bounded<V>[]) => readonly V[]
  /** The outputs (and signals, first) that the gadget must give; nothing where no witness may exist. */
  readonly truth: (inputs: readonly number[]) => readonly (number | bigint)[] | undefined
  /** Constraints that these parameters happen not to need, though others of the same gadget do. */
  readonly spare?: readonly number[]
  /** Constraints that are needed, though none of the lies is the one that shows it: the search for witnesses does. */
  readonly unshown?: readonly number[]
}

/** A gadget's constraints, and which wires its inputs and outputs are. */
export type GadgetCircuit = {
  readonly r1cs: R1cs
  readonly inputs: readonly number[]
  readonly outputs: readonly number[]
  /** The constraints that make bits of what hints gave: each bit is one, and their sum is the value. */
  readonly bitRows: readonly number[]
  /** The path of each wire. */
  readonly names: readonly string[]
  /** Where its lookups stand; undefined in the scheme that has none. */
  readonly layout: LookupLayout | undefined
}

/** With lookups in the tables of the choice, where there is one. */
export function buildGadget(gadget: GadgetCase, choice?: LookupChoice): GadgetCircuit {
  const builder = new Builder(layoutOf(gadget), choice && new Lookups(choice))
  synthesizeGadget(builder, gadget)
  const r1cs = builder.finish()
  const names = Array.from({ length: r1cs.wires }, (_, wire) => builder.paths.wire(wire))
  const signals = gadget.signals ?? 0
  return {
    r1cs,
    names,
    layout: builder.laidOut(),
    inputs: gadget.inputs.map((_, i) => 1 + signals + Number(choice !== undefined) + i),
    outputs: names.flatMap((name, wire) => (/^main\.(signal|output)/.test(name) ? [wire] : [])),
    bitRows: builder.hints.flatMap(({ run, summed }) => {
      const rows = run.count + Number(summed)
      return run.count === 0 ? [] : Array.from({ length: rows }, (_, i) => firstRowOf(r1cs, run.first) + i)
    }),
  }
}

/** The constraint wire * wire = wire. */
function firstRowOf({ a, constraints }: R1cs, wire: number): number {
  const rows = Array.from({ length: constraints }, (_, row) => row)
  return rows.find(
    (row) => a.rowStart[row + 1]! - a.rowStart[row]! === 1 && a.wire[a.rowStart[row]!] === wire,
  )!
}

export function countGadget(gadget: GadgetCase, choice?: LookupChoice): Counter {
  const counter = new Counter(layoutOf(gadget), choice && new Lookups(choice))
  synthesizeGadget(counter, gadget)
  counter.finish()
  return counter
}

export function evaluateGadget(
  gadget: GadgetCase,
  inputs: readonly number[],
  hint?: BitsHint,
  choice?: LookupChoice,
  words?: WordsHint,
): Evaluator {
  const assignment = { publicInputs: [], privateInputs: inputs }
  const evaluator = new Evaluator(layoutOf(gadget), assignment, hint, choice && new Lookups(choice), words)
  synthesizeGadget(evaluator, gadget)
  evaluator.finish()
  return evaluator
}

/** All inputs of a gadget: the product of its spans. */
export function allInputs({ inputs }: GadgetCase): number[][] {
  return inputs.reduce<number[][]>(
    (tuples, [lo, hi]) =>
      tuples.flatMap((tuple) => Array.from({ length: hi - lo + 1 }, (_, i) => [...tuple, lo + i])),
    [[]],
  )
}

export const decomposeCase = (widths: readonly number[], tried: Span): GadgetCase => ({
  name: `decompose to ${widths.join(' + ')} bits`,
  inputs: [tried],
  build: (cs, [x]) => decompose(cs, x!.value, widths, 'range'),
  truth: ([x]) => {
    let rest = x!
    const limbs = widths.map((width) => {
      const limb = ((rest % 2 ** width) + 2 ** width) % 2 ** width
      rest = (rest - limb) / 2 ** width
      return limb
    })
    return rest === 0 ? limbs : undefined
  },
})

export const intervalCase = (lo: number, hi: number, tried: Span): GadgetCase => ({
  name: `assertInterval ${lo} .. ${hi}`,
  inputs: [tried],
  build: (cs, [x]) => {
    assertInterval(cs, x!.value, lo, hi, 'input')
    return []
  },
  truth: ([x]) => (lo <= x! && x! <= hi ? [] : undefined),
})

/** The magnitude is unspecified below zero, so the product of both is what comes out. */
export const signCase = (lo: number, hi: number): GadgetCase => ({
  name: `signOf ${lo} .. ${hi}`,
  inputs: [[lo, hi]],
  build: (cs, [x]) => {
    const { isNonNegative, magnitude } = signOf(cs, x!.value, lo, hi, 'max')
    return [isNonNegative, cs.product(magnitude, isNonNegative, 'positive')]
  },
  truth: ([x]) => [x! >= 0 ? 1 : 0, Math.max(0, x!)],
})

/** Both outputs as they are: below zero, the magnitude is x + 2^k. */
export const signWithMagnitudeCase = (k: number): GadgetCase => ({
  name: `signOf with magnitude, ${k} bits`,
  inputs: [[-(2 ** k), 2 ** k - 1]],
  build: (cs, [x]) => {
    const { isNonNegative, magnitude } = signOf(cs, x!.value, x!.lo, x!.hi, 'max')
    return [isNonNegative, magnitude]
  },
  truth: ([x]) => (x! >= 0 ? [1, x!] : [0, x! + 2 ** k]),
})

export const rescaleCase = (span: Span, shift: number): GadgetCase => ({
  name: `rescale ${span.join(' .. ')} by ${shift} bits`,
  inputs: [span],
  build: (cs, [x]) => [rescale(cs, x!, shift)],
  truth: ([x]) => [shiftRound(x!, shift)],
})

/** The carry's bits hold a quotient of one bit to its range as well. */
export const roundEvenCase = (span: Span, shift: number, spare: readonly number[] = []): GadgetCase => ({
  spare,
  name: `roundEven ${span.join(' .. ')} by ${shift} bits`,
  inputs: [span],
  build: (cs, [x]) => [roundEven(cs, x!, shift)],
  truth: ([x]) => [shiftRoundEven(x!, shift)],
})

export const floorCase = (span: Span, shift: number): GadgetCase => ({
  name: `floor ${span.join(' .. ')} by ${shift} bits`,
  inputs: [span],
  build: (cs, [x]) => [floor(cs, x!, shift)],
  truth: ([x]) => [Math.floor(x! / 2 ** shift)],
})

export const rescaleReluCase = (span: Span, shift: number): GadgetCase => ({
  name: `rescaleRelu ${span.join(' .. ')} by ${shift} bits`,
  inputs: [span],
  build: (cs, [x]) => [rescaleRelu(cs, x!, shift)],
  truth: ([x]) => [Math.max(0, shiftRound(x!, shift))],
})

export const maxCase = (...inputs: readonly Span[]): GadgetCase => ({
  name: `max of ${spell(inputs)}`,
  inputs,
  build: (cs, members) => [max(cs, members).value],
  truth: (members) => [Math.max(...members)],
})

export const argmaxCase = (...inputs: readonly Span[]): GadgetCase => ({
  name: `argmax of ${spell(inputs)}`,
  inputs,
  build: (cs, members) => [argmax(cs, members)],
  truth: (members) => [members.indexOf(Math.max(...members))],
})

/** The place of the largest, and by how much it leads. */
export const leaderCase = (...inputs: readonly Span[]): GadgetCase => ({
  name: `leader of ${spell(inputs)}`,
  inputs,
  build: (cs, members) => {
    const { place, lead } = leader(cs, members)
    return [place, lead]
  },
  truth: (members) => [members.indexOf(Math.max(...members)), leadOf(members)],
})

/** A value of [lo, hi], and the limit that a prover claims it to reach. */
export const atLeastCase = (lo: number, hi: number, tried: Span): GadgetCase => {
  const packing = plan([{ name: 'y', count: 1, lo, hi }], []).outputs[0]!
  return {
    name: `assertAtLeast ${lo} .. ${hi}`,
    inputs: [[lo, hi], tried],
    signals: 1,
    build: (cs, [value, limit]) => {
      assertAtLeast(cs, packing, value!.value, limit!.value)
      return []
    },
    truth: ([value, limit]) => (lo <= limit! && limit! <= value! ? [limit! - lo] : undefined),
  }
}

/** Scores of one span, and the margin that a prover claims: the statement's class and margin. */
export const marginCase = (scores: number, [lo, hi]: Span, tried: Span): GadgetCase => {
  const shown = { outputs: [{ visibility: 'margin', salted: false }], inputs: [] } as const
  const statement = plan([{ name: 'y', count: scores, lo, hi }], [], shown)
  return {
    name: `margin of ${scores} scores of ${lo} .. ${hi}`,
    inputs: [...new Array<Span>(scores).fill([lo, hi]), tried],
    signals: 2,
    build: (cs, values) => {
      disclose(cs, statement, [values.slice(0, scores)], [], [values[scores]!.value])
      return []
    },
    truth: (values) => {
      const [members, claim] = [values.slice(0, scores), values[scores]!]
      const place = members.indexOf(Math.max(...members))
      return 0 <= claim && claim <= leadOf(members) ? [place, claim] : undefined
    },
  }
}

export const poseidonCase = (...inputs: readonly Span[]): GadgetCase => ({
  name: `Poseidon of ${inputs.length} elements`,
  inputs,
  build: (cs, values) => [
    poseidon(
      cs,
      values.map(({ value }) => value),
    ),
  ],
  truth: (values) => [digestOf(values.map(BigInt))],
})

/** A salt, then the integers that are committed to. */
export const commitCase = (shape: CommitmentShape, salts: Span, integers: Span): GadgetCase => ({
  name: `commitment to ${shape.count} integers of ${shape.width} bits`,
  inputs: [salts, ...new Array<Span>(shape.count).fill(integers)],
  build: (cs, [salt, ...values]) => [
    commitTo(
      cs,
      shape,
      values.map(({ value }) => value),
      salt!.value,
    ),
  ],
  truth: ([salt, ...values]) => [commit(shape, values, BigInt(salt!))],
})

export const clampCase = (span: Span, lo: number, hi: number): GadgetCase => ({
  name: `clamp ${span.join(' .. ')} to ${lo} .. ${hi}`,
  inputs: [span],
  build: (cs, [x]) => [clamp(cs, x!, lo, hi)],
  truth: ([x]) => [Math.min(Math.max(x!, lo), hi)],
})

/** A number that names no interval, or a bit that is none, can miss every range by the sizes of the gaps alone. */
export const rankCase = (
  span: Span,
  thresholds: readonly number[],
  { spare = [], unshown = [] }: Pick<GadgetCase, 'spare' | 'unshown'> = {},
): GadgetCase => ({
  spare,
  unshown,
  name: `rank of ${span.join(' .. ')} among ${thresholds.join(', ')}`,
  inputs: [span],
  build: (cs, [x]) => flags(cs, x!, thresholds),
  truth: ([x]) => thresholds.map((threshold) => (x! >= threshold ? 1 : 0)),
})

export const piecewiseCase = (span: Span, pieces: Pieces, spare: readonly number[] = []): GadgetCase => ({
  spare,
  name: `${pieces.slope.length} lines from ${span.join(' .. ')}`,
  inputs: [span],
  build: (cs, [x]) => [piecewise(cs, x!, pieces)],
  truth: ([x]) => {
    const piece = Array.from(pieces.start).filter((start) => x! >= start).length
    return [pieces.slope[piece]! * x! + pieces.offset[piece]!]
  },
})

/** The bounds are those that a model has: of the quotients of all dividends and divisors. */
export const quotientCase = (dividend: Span, divisor: Span, spare: readonly number[] = []): GadgetCase => {
  const ends = dividend.flatMap((a) => divisor.map((b) => nearestQuotient(a, b)))
  const range = [Math.min(...ends), Math.max(...ends)] as const
  return {
    spare,
    name: `quotient of ${dividend.join(' .. ')} by ${divisor.join(' .. ')}`,
    inputs: [dividend, divisor],
    build: (cs, [a, b]) => [quotient(cs, a!, b!, range)],
    truth: ([a, b]) => [nearestQuotient(a!, b!)],
  }
}

export const rootCase = (span: Span): GadgetCase => ({
  name: `root of ${span.join(' .. ')}`,
  inputs: [span],
  build: (cs, [x]) => [root(cs, x!)],
  truth: ([x]) => {
    // of the two whole numbers around what float64 says
    const near = BigInt(Math.round(Math.sqrt(x!)))
    return [Number(near * near <= BigInt(x!) ? near : near - 1n)]
  },
})

/** The same of an input that nothing else has bounded. */
export const domainRankCase = (
  lo: number,
  hi: number,
  thresholds: readonly number[],
  tried: Span,
  { spare = [], unshown = [] }: Pick<GadgetCase, 'spare' | 'unshown'> = {},
): GadgetCase => ({
  spare,
  unshown,
  name: `rank of anything to ${lo} .. ${hi} among ${thresholds.join(', ')}`,
  inputs: [tried],
  build: (cs, [x]) => rank(cs, { value: x!.value, lo, hi }, thresholds),
  truth: ([x]) =>
    lo <= x! && x! <= hi ? thresholds.map((threshold) => (x! >= threshold ? 1 : 0)) : undefined,
})

export const packCase = (...inputs: readonly Span[]): GadgetCase => {
  const [lo, hi] = [Math.min(...inputs.map(([lo]) => lo)), Math.max(...inputs.map(([, hi]) => hi))]
  const packing = plan([{ name: 'y', count: inputs.length, lo, hi }], []).outputs[0]!
  return {
    name: `pack of ${spell(inputs)}`,
    inputs,
    signals: packing.signals,
    build: (cs, values) => {
      assertPacked(
        cs,
        packing,
        values.map(({ value }) => value),
      )
      return []
    },
    truth: (values) => pack(packing, values).map(Number),
  }
}

/** A function by its table, in circuits that have some; in others by what it is made of. */
const tabled = (
  name: string,
  span: Span,
  shift: number,
  f: (x: number) => number,
  plain: <V>(cs: ConstraintSystem<V>, x: Bounded<V>) => V,
): GadgetCase => ({
  name,
  inputs: [span],
  build: (cs, [x]) => {
    if (cs.lookups === undefined) return [plain(cs, x!)]
    const [lo, hi] = span.map((end) => shiftRound(end, shift)) as [number, number]
    return [rescaleBy(cs, x!, shift, tabulate(name, lo, hi, f)!, 'relu')]
  },
  truth: ([x]) => [f(shiftRound(x!, shift))],
})

/** A broken line by its pieces, in circuits that look them up; in others by finding the piece. */
export const linesCase = (span: Span, lines: Pieces): GadgetCase => ({
  name: `${lines.slope.length} looked-up lines of ${span.join(' .. ')}`,
  inputs: [span],
  build: (cs, [x]) => [piecewise(cs, x!, lines, linesIn(cs.lookups, span, lines))],
  truth: ([x]) => {
    const piece = Array.from(lines.start).filter((start) => x! >= start).length
    return [lines.slope[piece]! * x! + lines.offset[piece]! + 0]
  },
})

function linesIn(lookups: Lookups | undefined, [lo, hi]: Span, lines: Pieces): Looked | undefined {
  const made = lookups && tabulateLines(lookups, 'lines', linesOf(lines, lo, hi))
  return made && { lines: made }
}

/** The largest and its quotient: one gadget in circuits with lookups, two in others. */
export const poolCase = (op: Pooling, ...inputs: readonly Span[]): GadgetCase => ({
  name: `${op.relu ? 'Relu of ' : ''}the largest of ${spell(inputs)} by ${op.shift} bits`,
  inputs,
  build: (cs, members) => [cs.lookups === undefined ? poolApart(cs, members, op) : pool(cs, members, op)],
  truth: (members) => [Math.max(op.relu ? 0 : -Infinity, shiftRound(Math.max(...members), op.shift))],
})

/** The same by a table of differences. */
export const poolByTableCase = (op: Pooling, ...inputs: readonly Span[]): GadgetCase => {
  const [lo, hi] = [Math.min(...inputs.map(([lo]) => lo)), Math.max(...inputs.map(([, hi]) => hi))]
  const larger = tabulateLarger({ lo, hi }, inputs.length, op)!
  const plain = poolCase(op, ...inputs)
  return {
    ...plain,
    name: `${plain.name}, by a table`,
    build: (cs, members) => [
      cs.lookups === undefined ? poolApart(cs, members, op) : poolByTable(cs, members, op, larger),
    ],
  }
}

/** Only in circuits with lookups: functions as tables, lines by their pieces, and pools. */
export const TABLED: readonly GadgetCase[] = [
  tabled(
    'Relu by table',
    [-6, 9],
    0,
    (x) => Math.max(0, x),
    (cs, x) => rescaleRelu(cs, x, 0),
  ),
  tabled(
    'rescale and Relu by table',
    [-20, 23],
    2,
    (x) => Math.max(0, x),
    (cs, x) => rescaleRelu(cs, x, 2),
  ),
  tabled(
    'rescale by 3 and clamp by table',
    [-40, 51],
    3,
    (x) => Math.min(Math.max(x, -1), 2),
    (cs, x) => clamp(cs, { value: rescale(cs, x, 3), lo: -5, hi: 6 }, -1, 2),
  ),
  tabled(
    'any function by table',
    [-3, 4],
    0,
    (x) => [5, -2, 7, 7, 0, 1, -9, 3][x + 3]!,
    (cs, x) =>
      piecewise(cs, x, {
        start: [-2, -1, 0, 1, 2, 3, 4],
        slope: new Array(8).fill(0),
        offset: [5, -2, 7, 7, 0, 1, -9, 3],
      }),
  ),
  // all as long
  linesCase([-6, 8], { start: [-1, 4], slope: [2, -1, 0], offset: [1, 0, 3] }),
  linesCase([-6, 9], { start: [-2, 3], slope: [0, 0, 0], offset: [4, -1, 2] }),
  linesCase([-9, 8], { start: [-4, 1, 5], slope: [0, 2, -1, 3], offset: [1, 9, 4, -2] }),
  linesCase([-5, 7], { start: [-3, 0, 4], slope: [1, 1, 1, 1], offset: [0, 2, -3, 5] }),
  poolCase({ shift: 1, relu: true }, [-5, 3], [-4, 6]),
  poolCase({ shift: 2, relu: false }, [-9, 6], [-6, 9]),
  poolCase({ shift: 1, relu: true }, [-3, 2], [-2, 2], [-2, 3]),
  poolCase({ shift: 0, relu: true }, [-5, 3], [-2, 6]),
  poolByTableCase({ shift: 1, relu: true }, [-5, 3], [-4, 6]),
  poolByTableCase({ shift: 2, relu: false }, [-9, 6], [-6, 9]),
  poolByTableCase({ shift: 1, relu: true }, [-3, 2], [-2, 2], [-2, 3]),
  poolByTableCase({ shift: 1, relu: true }, [-3, 9], [2, 7]),
  poolByTableCase({ shift: 0, relu: true }, [-5, 3], [-2, 6]),
  poolByTableCase({ shift: 1, relu: true }, [-6, 5]),
  // a Relu of what is never negative; a member that cannot win; one that a Relu hides
  poolCase({ shift: 1, relu: true }, [-3, 9], [2, 7]),
  poolCase({ shift: 1, relu: false }, [-3, 4], [1, 6], [-5, 1]),
  poolCase({ shift: 1, relu: true }, [-4, 3], [-3, 5], [-6, 0]),
]

/** Small enough to list every witness of every input. */
export const TINY: readonly GadgetCase[] = [
  decomposeCase([5], [-3, 35]),
  decomposeCase([2, 3], [-3, 35]),
  decomposeCase([0], [-2, 2]),
  intervalCase(-3, 4, [-9, 12]),
  intervalCase(2, 2, [-1, 4]),
  intervalCase(0, 16, [-2, 34]),
  intervalCase(-5, 6, [-22, 28]),
  intervalCase(0, 0b1010110, [-2, 130]),
  intervalCase(-7, 0b101101 - 7, [-10, 60]),
  signCase(-4, 3),
  signCase(-5, 3),
  signCase(-1, 6),
  signCase(-1, 0),
  rescaleCase([-20, 20], 2),
  rescaleCase([-7, 9], 1),
  rescaleCase([0, 30], 3),
  rescaleCase([-9, 9], 4),
  rescaleCase([-3, 3], 4),
  rescaleCase([-3, 3], 0),
  roundEvenCase([-20, 20], 2),
  roundEvenCase([-6, 7], 1),
  roundEvenCase([0, 9], 3, [3]),
  roundEvenCase([5, 12], 3, [3]),
  roundEvenCase([-3, 3], 3),
  roundEvenCase([-3, 3], 0),
  floorCase([-20, 20], 2),
  floorCase([-7, 9], 1),
  rescaleReluCase([-20, 20], 2),
  rescaleReluCase([-6, 5], 0),
  rescaleReluCase([-2, 30], 2),
  rescaleReluCase([0, 30], 2),
  rescaleReluCase([-9, 1], 2),
  maxCase([-3, 4], [-2, 6]),
  maxCase([0, 3], [0, 3], [0, 3]),
  maxCase([-9, -5], [2, 4], [0, 6], [-3, 2]),
  rankCase([-3, 4], [1]),
  rankCase([-3, 4], [-1, 2], { unshown: [1, 3] }),
  rankCase([0, 9], [1, 2, 7]),
  rankCase([-5, 6], [-4, -1, 0, 3, 6], { unshown: [2, 4] }),
  rankCase([0, 20], [1, 4, 6, 11, 12, 15, 20], { spare: [2] }),
  // by halving
  rankCase([-8, 7], [-4, -2, 0]),
  rankCase([-7, 9], [-4, -2, 0, 4]),
  rankCase([3, 17], [8, 10, 12]),
  rankCase([-3, 12], [1, 2, 3, 4, 8]),
  piecewiseCase([-8, 9], { start: [-6, -4, 0, 4], slope: [0, 3, 3, -1, 0], offset: [2, -1, 4, 0, 1] }),
  piecewiseCase([-8, 9], { start: [0], slope: [0, 3], offset: [2, -1] }),
  piecewiseCase([-8, 9], { start: [-3, 1, 4], slope: [0, 2, -1, 0], offset: [-6, 1, 5, 2] }, [1]),
  piecewiseCase([-8, 9], { start: [-9, -3, 1, 12], slope: [4, 1, 1, 1, 0], offset: [-6, 1, 5, 2, 3] }, [1]),
  quotientCase([-9, 9], [2, 4]),
  quotientCase([0, 12], [1, 3]),
  quotientCase([-3, 30], [5, 5]),
  rootCase([0, 30]),
  rootCase([3, 9]),
  domainRankCase(-3, 4, [1], [-12, 13], { unshown: [0] }),
  domainRankCase(-3, 4, [2], [-12, 13], { unshown: [0] }),
  domainRankCase(0, 9, [1, 2, 7], [-11, 20]),
  domainRankCase(-5, 6, [-4, -1, 0, 3, 6], [-14, 15], { spare: [4] }),
  domainRankCase(0, 3, [1, 2, 3], [-6, 9]),
  // cut at 8 and 16
  domainRankCase(0, 30, [24, 25], [-33, 64], { unshown: [0, 1] }),
  argmaxCase([-2, 2], [-2, 2]),
  argmaxCase([0, 3], [0, 3], [0, 3]),
  argmaxCase([0, 3], [-4, -1], [2, 6], [7, 8], [5, 8]),
  argmaxCase([0, 0], [0, 1], [0, 1]),
  leaderCase([-2, 2], [-2, 2]),
  leaderCase([0, 3], [0, 3], [0, 3]),
  leaderCase([-3, 0], [-1, 1], [0, 2]),
  leaderCase([0, 1], [0, 1], [0, 1], [0, 1]),
  atLeastCase(-4, 3, [-9, 9]),
  atLeastCase(-5, 6, [-20, 20]),
  atLeastCase(2, 2, [-1, 5]),
  clampCase([-8, 8], -3, 4),
  clampCase([-8, 8], -Infinity, 4),
  clampCase([-8, 8], -3, Infinity),
  clampCase([-8, 8], -8, 8),
  clampCase([-8, 8], 8, 9),
  packCase([-4, 3], [-4, 3], [-4, 3]),
]

/** Gadgets made of gadgets: a lie to one of them is caught by another, so that none alone shows what each is for. */
export const COMPOSED: readonly GadgetCase[] = [
  marginCase(2, [-4, 3], [-9, 9]),
  marginCase(3, [-2, 1], [-2, 4]),
]

/** Nothing but field arithmetic: few inputs show as much as many. */
export const HASHES: readonly GadgetCase[] = [
  poseidonCase([0, 1]),
  poseidonCase([-1, -1], [7, 7]),
  commitCase({ kind: 'output', width: 3, count: 2, lo: -4, salted: true }, [5, 5], [-4, -4]),
]

/** floor((2a + b) / (2b)), in integers of any size: float64 rounds a quotient. */
function nearestQuotient(a: number, b: number): number {
  const [dividend, divisor] = [2n * BigInt(a) + BigInt(b), 2n * BigInt(b)]
  const towardsZero = dividend / divisor
  return Number(dividend % divisor < 0n ? towardsZero - 1n : towardsZero)
}

function leadOf(members: readonly number[]): number {
  const [first, second] = members.toSorted((a, b) => b - a)
  return first! - second!
}

function spell(spans: readonly Span[]): string {
  const words = spans.map((span) => span.join(' .. '))
  const same = words.length > 3 && words.every((word) => word === words[0])
  return same ? `${words.length} members of ${words[0]}` : words.join(', ')
}

function layoutOf({ inputs, signals = 0 }: GadgetCase): Layout {
  return {
    publicOutputs: Array.from({ length: signals }, (_, i) => `signal[${i}]`),
    publicInputs: [],
    privateInputs: [{ name: 'x', size: inputs.length }],
  }
}

function synthesizeGadget<V>(cs: ConstraintSystem<V>, { inputs, build }: GadgetCase): void {
  const outputs = cs.scope('gadget', undefined, () =>
    build(
      cs,
      inputs.map(([lo, hi], i) => ({ value: cs.privateInput(i), lo, hi })),
    ),
  )
  outputs.forEach((value, i) => {
    cs.output('y', i, value)
  })
}
