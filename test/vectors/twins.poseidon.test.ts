/** Poseidon and commitments: our constraints, their circom twins and circomlib's own template are the same function. */
import { beforeAll, describe, expect, test } from 'vitest'
import { initialState } from '../../src/artifacts/commitment.js'
import { firstUnsatisfied } from '../../src/artifacts/iden3/check.js'
import { fromValues } from '../../src/artifacts/iden3/wtns.js'
import { P } from '../../src/base/field.js'
import { poseidon as digestOf, parametersFor } from '../../src/base/poseidon.js'
import { toBigInts } from '../helpers/circuits.js'
import { buildGadget, commitCase, evaluateGadget, poseidonCase } from '../helpers/gadgets.js'
import { Random } from '../helpers/random.js'
import { quadraticCount, solve } from '../helpers/solve.js'
import { compileCircomlibPoseidon, compileTwin, FOLD, type Twin } from './twins.js'

const SEED = 21
const SHAPE = { kind: 'input', width: 8, count: 3, lo: -128, salted: true } as const

// circom takes its time over the widest
const WIDTHS = process.env.ZKONNX_DEEP ? [1, 2, 5, 16] : [2, 5]

describe.each(WIDTHS)('Poseidon of %i elements', (count) => {
  const ours = buildGadget(poseidonCase(...new Array<[number, number]>(count).fill([0, 1])))
  let twin: Twin
  let circomlib: Twin
  beforeAll(async () => {
    twin = await compileTwin('poseidon.circom', `Poseidon(${count}, ${constantsOf(count)})`, ['x'], FOLD)
    circomlib = await compileCircomlibPoseidon(count)
  })

  test('has as many quadratic constraints as both templates', () => {
    expect(quadraticCount(ours.r1cs)).toBe(quadraticCount(twin.r1cs))
    expect(quadraticCount(ours.r1cs)).toBe(quadraticCount(circomlib.r1cs))
  })

  test('all give the same digests, and refuse any other', () => {
    const random = new Random(SEED)
    for (let round = 0; round < 8; round++) {
      const inputs = Array.from({ length: count }, () => element(random))
      const message = `seed ${SEED}, inputs ${inputs}`
      for (const [{ r1cs, witness }, signal] of [
        [twin, 'x'],
        [circomlib, 'inputs'],
      ] as const) {
        const values = witness({ [signal]: inputs })
        expect(values[1], message).toBe(digestOf(inputs))
        expect(firstUnsatisfied(r1cs, fromValues(values)), message).toBeUndefined()
        expect(firstUnsatisfied(r1cs, fromValues(values.with(1, values[1]! ^ 1n))), message).toBeDefined()
      }
    }
  })

  test.runIf(count <= 2)('each accepts one digest only for its inputs, over the whole field', () => {
    const random = new Random(SEED)
    const inputs = Array.from({ length: count }, () => element(random))
    for (const { r1cs, first, output } of [
      { r1cs: ours.r1cs, first: ours.inputs[0]!, output: ours.outputs[0]! },
      { r1cs: twin.r1cs, first: 2, output: 1 },
      { r1cs: circomlib.r1cs, first: 2, output: 1 },
    ]) {
      const solutions = [...solve(r1cs, new Map(inputs.map((value, i) => [first + i, value])))]
      expect(solutions.map(({ values, guessed }) => [values[output], guessed])).toEqual([
        [digestOf(inputs), false],
      ])
    }
  })
})

describe('a salted commitment', () => {
  const gadget = commitCase(SHAPE, [0, 1], [-128, 127])
  const ours = buildGadget(gadget)
  let twin: Twin
  beforeAll(async () => {
    const { count, width, lo } = SHAPE
    const parameters = [count, width, lo, initialState(SHAPE), constantsOf(3)].join(', ')
    twin = await compileTwin('commit.circom', `Commit(${parameters})`, ['salt', 'x'], FOLD)
  })

  test('costs the same', () => {
    expect(quadraticCount(ours.r1cs)).toBe(quadraticCount(twin.r1cs))
  })

  test('is the same as the twin’s and the plain function’s', () => {
    const random = new Random(SEED)
    for (let round = 0; round < 20; round++) {
      const [salt, ...values] = [random.int(0, 2 ** 31), ...SHAPE_VALUES.map(() => random.int(-128, 127))]
      const witness = twin.witness({ salt: [BigInt(salt)], x: values.map(BigInt) })
      const evaluated = toBigInts(evaluateGadget(gadget, [salt, ...values]))
      const expected = gadget.truth([salt, ...values])![0]
      expect(witness[1], `seed ${SEED}, ${values}`).toBe(expected)
      expect(evaluated[ours.outputs[0]!], `seed ${SEED}, ${values}`).toBe(expected)
      expect(firstUnsatisfied(twin.r1cs, fromValues(witness))).toBeUndefined()
      expect(firstUnsatisfied(ours.r1cs, fromValues(evaluated))).toBeUndefined()
    }
  })
})

const SHAPE_VALUES = Array.from({ length: SHAPE.count })

/** The template's parameters from `partial` on, as circom writes arrays. */
function constantsOf(inputs: number): string {
  const { partialRounds, constants, matrix } = parametersFor(inputs)
  return `${partialRounds}, [${constants}], [${matrix.map((row) => `[${row}]`)}]`
}

function element(random: Random): bigint {
  let value = 0n
  for (let word = 0; word < 8; word++) value = (value << 32n) | BigInt(random.bits())
  return random.pick([value % P, value % P, 0n, P - 1n])
}
