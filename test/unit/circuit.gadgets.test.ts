/** Gadgets at full width: the ends of the exact integers, and every boundary of their intervals. */
import { describe, expect, test } from 'vitest'
import { describe as explain, firstUnsatisfied } from '../../src/artifacts/iden3/check.js'
import { toSigned } from '../../src/base/field.js'
import { EXACT_LIMIT } from '../../src/base/integers.js'
import { toBigInts, witnessOf } from '../helpers/circuits.js'
import {
  argmaxCase,
  atLeastCase,
  buildGadget,
  COMPOSED,
  clampCase,
  countGadget,
  evaluateGadget,
  type GadgetCase,
  HASHES,
  intervalCase,
  leaderCase,
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
  signCase,
  TINY,
} from '../helpers/gadgets.js'

const FULL: Span = [-EXACT_LIMIT, EXACT_LIMIT]
const POSITIVE: Span = [0, EXACT_LIMIT]

const WIDE: readonly GadgetCase[] = [
  signCase(...FULL),
  rescaleCase(FULL, 1),
  rescaleCase(FULL, 30),
  rescaleCase(FULL, 52),
  rescaleCase(FULL, 60),
  roundEvenCase(FULL, 1),
  roundEvenCase(FULL, 30),
  roundEvenCase(FULL, 52),
  roundEvenCase(FULL, 60),
  rescaleReluCase(FULL, 0),
  rescaleReluCase(FULL, 17),
  rescaleReluCase(FULL, 52),
  maxCase(FULL, FULL, FULL),
  argmaxCase(FULL, FULL, FULL),
  clampCase(FULL, -1, 1),
  clampCase(FULL, -EXACT_LIMIT, 0),
  clampCase(FULL, 1 - EXACT_LIMIT, EXACT_LIMIT - 1),
  rankCase(FULL, [1 - EXACT_LIMIT, -1, 0, 2, EXACT_LIMIT]),
  rankCase(FULL, [-(2 ** 50), 0, 2 ** 40, 2 ** 51]),
  piecewiseCase(FULL, { start: [0], slope: [-1, 1], offset: [0, 0] }),
  piecewiseCase(FULL, {
    start: [2 - EXACT_LIMIT, -1, 1, EXACT_LIMIT - 1],
    slope: [0, 1, 2 ** 40, -1, 0],
    offset: [-3, 1, 7, EXACT_LIMIT, EXACT_LIMIT],
  }),
  // as far as 2a + b is exact
  quotientCase([-(EXACT_LIMIT / 4), EXACT_LIMIT / 4], [1, EXACT_LIMIT / 2]),
  quotientCase([2 - EXACT_LIMIT / 2, EXACT_LIMIT / 2 - 2], [3, 4]),
  quotientCase([1 - EXACT_LIMIT / 2, EXACT_LIMIT / 2 - 1], [1, 2]),
  rootCase(POSITIVE),
  rootCase([EXACT_LIMIT / 2 - 1, EXACT_LIMIT]),
]

describe.each(WIDE)('$name', (gadget) => {
  const circuit = buildGadget(gadget)

  test('is exact up to the last integers', () => {
    for (const inputs of tuples(gadget.inputs.map(edgesOf))) {
      const evaluator = evaluateGadget(gadget, inputs)
      const bad = firstUnsatisfied(circuit.r1cs, witnessOf(evaluator))
      expect(bad === undefined ? '' : explain(circuit.r1cs, bad, witnessOf(evaluator))).toBe('')
      const outputs = circuit.outputs.map((wire) => Number(toSigned(toBigInts(evaluator)[wire]!)))
      expect(outputs, `inputs ${inputs}`).toEqual(gadget.truth(inputs))
    }
  })
})

test('assertInterval refuses exactly what lies outside, for every limit of up to six bits', () => {
  for (let limit = 0; limit < 64; limit++) {
    const gadget = intervalCase(-5, limit - 5, [-8, 70])
    const { r1cs } = buildGadget(gadget)
    const accepted = []
    for (let x = -8; x <= 70; x++) {
      if (firstUnsatisfied(r1cs, witnessOf(evaluateGadget(gadget, [x]))) === undefined) accepted.push(x)
    }
    expect(accepted).toEqual(Array.from({ length: limit + 1 }, (_, i) => i - 5))
  }
})

const STEPPED = { start: [0], slope: [2, 2], offset: [0, 9] }
const BROKEN = { start: [-64, 0, 64], slope: [0, 1, 3, 0], offset: [0, 64, 64, 0] }

/** Constraints of the gadget alone; the circuit around it spends one on each named output. */
const costOf = (gadget: GadgetCase) => {
  const { r1cs, outputs } = buildGadget(gadget)
  return r1cs.constraints - (gadget.signals === undefined ? outputs.length : 0)
}

test.each([
  ['interval of 2^8 values: b + 1', intervalCase(0, 255, [0, 255]), 8 + 1],
  ['interval of 17 values: b + 1 and one comparison', intervalCase(0, 16, [0, 16]), 5 + 1 + 1],
  ['rescale: shift + b + 1', rescaleCase([-1000, 1000], 4), 4 + 7 + 1],
  ['rescale and Relu: n + 2', rescaleReluCase([-1000, 1000], 4), 4 + 6 + 1 + 2],
  ['round to even: 2 shift + b + 3', roundEvenCase([-1024, 1023], 4), 2 * 4 + 7 + 3],
  ['max of four: 3 (m + 3)', maxCase([0, 15], [0, 15], [0, 15], [0, 15]), 3 * (4 + 3)],
  ['argmax of four: 3 (m + 4) - 1', argmaxCase([0, 15], [0, 15], [0, 15], [0, 15]), 3 * (4 + 4) - 1],
  ['leader of four: m + 4 and 2 (2m + 7)', leaderCase([0, 15], [0, 15], [0, 15], [0, 15]), 8 + 2 * 15],
  ['a limit: 2 (width + 1) + 1', atLeastCase(-128, 127, [0, 0]), 2 * 9 + 1],
  ['a maximum that bounds decide', maxCase([0, 3], [0, 3], [3, 3], [1, 2]), 0],
  ['an argmax that bounds decide, ties included', argmaxCase([0, 2], [3, 5], [0, 3]), 0],
  ['clamp on both sides: 2 (m + 3)', clampCase([-128, 127], -8, 7), 8 + 3 + 7 + 3],
  [
    'two lines: a sign, and 1',
    piecewiseCase([-128, 127], { start: [0], slope: [0, 1], offset: [0, 0] }),
    7 + 2 + 1,
  ],
  ['a step between two lines of a slope: a sign', piecewiseCase([-128, 127], STEPPED), 7 + 2],
  // bits that name the piece, products, forced bits, the checks of its ends, the product with x
  ['four lines of equal lengths', piecewiseCase([-128, 127], BROKEN), 2 + 2 + (6 + 1) + 1],
  [
    'five lines',
    piecewiseCase([-128, 127], { start: [-61, 3, 67, 101], slope: [0, 1, 2, 3, 4], offset: [0, 0, 0, 0, 0] }),
    3 + 3 + 2 + 2 * (6 + 1) + 1,
  ],
  [
    'five lines, the last from the middle of a quarter of a half on: a product a halving but the first',
    piecewiseCase([-128, 127], { start: [-64, 0, 64, 96], slope: [0, 1, 2, 3, 4], offset: [0, 0, 0, 0, 0] }),
    8 + 1 + 3 + 1,
  ],
  ['a quotient: w + 2m + 3', quotientCase([-128, 127], [1, 16]), 8 + 2 * 5 + 3],
  ['a quotient that has one value only', quotientCase([-3, 3], [8, 9]), 0],
  ['a root: 2m + 1', rootCase([0, 255]), 2 * 5 + 1],
  ['a root that has one value only', rootCase([16, 24]), 0],
  ['packing: one a signal', packCase([0, 255], [0, 255], [0, 255]), 1],
])('cost of %s', (_, gadget, constraints) => {
  expect(costOf(gadget)).toBe(constraints)
})

test('the counter equals the builder on every gadget', () => {
  for (const gadget of [...TINY, ...COMPOSED, ...HASHES, ...WIDE]) {
    const { constraints, wires } = countGadget(gadget)
    const { r1cs } = buildGadget(gadget)
    expect({ constraints, wires }, gadget.name).toEqual({ constraints: r1cs.constraints, wires: r1cs.wires })
  }
})

test('every wire of a gadget has a path of its own', () => {
  for (const gadget of [...TINY, ...COMPOSED, ...HASHES, ...WIDE]) {
    const { names } = buildGadget(gadget)
    expect(
      names.filter((name, wire) => names.indexOf(name) !== wire),
      gadget.name,
    ).toEqual([])
  }
})

/** The ends of a span and what is next to them, small numbers, and a square with its neighbours. */
function edgesOf([lo, hi]: Span): number[] {
  const square = (2 ** 25 + 1) ** 2
  const edges = [lo, lo + 1, -2, -1, 0, 1, 2, square - 1, square, square + 1, hi - 1, hi]
  return [...new Set(edges)].filter((edge) => lo <= edge && edge <= hi)
}

function tuples(spans: readonly (readonly number[])[]): number[][] {
  return spans.reduce<number[][]>(
    (tuples, values) => tuples.flatMap((tuple) => values.map((value) => [...tuple, value])),
    [[]],
  )
}
