import { buildPoseidon, type Poseidon } from 'circomlibjs'
import { beforeAll, describe, expect, test } from 'vitest'
import { commit } from '../../src/artifacts/commitment.js'
import { P } from '../../src/base/field.js'
import { MAX_INPUTS, poseidon as reference } from '../../src/base/poseidon.js'
import type { ConstraintSystem } from '../../src/circuit/cs/api.js'
import { Builder } from '../../src/circuit/cs/builder.js'
import { Counter } from '../../src/circuit/cs/counter.js'
import { Evaluator } from '../../src/circuit/cs/evaluator.js'
import { commitTo, commitToElements } from '../../src/circuit/gadgets/commit.js'
import { poseidon } from '../../src/circuit/gadgets/poseidon.js'
import { isSatisfied } from '../helpers/circuits.js'
import { Random } from '../helpers/random.js'

/** Over all widths together. */
const CASES = process.env.ZKONNX_DEEP ? 10_000 : 1_600

let circomlib: Poseidon

beforeAll(async () => {
  circomlib = await buildPoseidon()
})

function element(random: Random): bigint {
  let value = 0n
  for (let word = 0; word < 8; word++) value = (value << 32n) | BigInt(random.bits())
  return random.pick([value % P, value % P, value % P, 0n, 1n, P - 1n])
}

describe('Poseidon', () => {
  test(`equals circomlibjs on ${CASES} random inputs of all widths`, () => {
    const random = new Random(20)
    for (let i = 0; i < CASES; i++) {
      const inputs = Array.from({ length: 1 + (i % MAX_INPUTS) }, () => element(random))
      expect(reference(inputs), `case ${i}, inputs ${inputs}`).toBe(circomlib.F.toObject(circomlib(inputs)))
    }
  })

  test.each(Array.from({ length: MAX_INPUTS }, (_, i) => i + 1))('of %i inputs in constraints', (count) => {
    const random = new Random(count)
    const inputs = Array.from({ length: count }, () => element(random))
    const { circuit, evaluator, counter } = both(inputs, (cs, values) => poseidon(cs, values))
    expect(evaluator.wires.get(1)).toBe(reference(inputs))
    expect(isSatisfied(circuit, evaluator)).toBe(true)
    expect(counter.constraints).toBe(circuit.constraints)
    expect(circuit.constraints).toBe(3 * (sboxesOf(count) - 1) + 1)
    for (let i = 0; i < 20; i++) {
      const wire = random.int(1, circuit.wires - 1)
      const honest = evaluator.wires.get(wire)
      evaluator.wires.set(wire, BigInt(honest) + 1n)
      expect(isSatisfied(circuit, evaluator), `wire ${wire}`).toBe(false)
      evaluator.wires.set(wire, honest)
    }
  })
})

/** As circomlib has them. The capacity's in the first round costs nothing, and a public output costs one. */
function sboxesOf(inputs: number): number {
  const partial = [56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65, 70, 60, 64, 68][inputs - 1]!
  return 8 * (inputs + 1) + partial
}

test.each([1, 2, 15])('Poseidon of %i inputs after a constant', (count) => {
  const random = new Random(count)
  const [known, inputs] = [element(random), Array.from({ length: count }, () => element(random))]
  const { circuit, evaluator, counter } = both(inputs, (cs, values) => poseidon(cs, values, [known]))
  expect(evaluator.wires.get(1)).toBe(reference([known, ...inputs]))
  expect(isSatisfied(circuit, evaluator)).toBe(true)
  expect(circuit.constraints).toBe(3 * (sboxesOf(count + 1) - 2) + 1)
  expect(counter.constraints).toBe(circuit.constraints)
})

describe('commitments', () => {
  test('to 784 integers of 8 bits cost at most 2,000 constraints besides their range checks', () => {
    const shape = { kind: 'input', width: 8, count: 784, lo: 0, salted: true } as const
    const random = new Random(784)
    const values = Array.from({ length: 784 }, () => random.int(0, 255))
    const salt = element(random)
    const { circuit, evaluator } = both([salt, ...values.map(BigInt)], (cs, [first, ...rest]) =>
      commitTo(cs, shape, rest, first),
    )
    expect(evaluator.wires.get(1)).toBe(commit(shape, values, salt))
    expect(isSatisfied(circuit, evaluator)).toBe(true)
    expect(circuit.constraints).toBeLessThanOrEqual(2000)
  })

  test.each([1, 14, 15, 16, 40])('to %i packed elements equal circomlibjs, digest by digest', (elements) => {
    const shape = { kind: 'model', width: 253, count: elements, lo: 0, salted: true } as const
    const random = new Random(elements)
    const salt = element(random)
    const packed = Array.from({ length: elements }, () => element(random) >> 1n)
    let state = 3n + (253n << 8n) + (BigInt(elements) << 16n) + (1n << 48n)
    for (let rest = [salt, ...packed]; rest.length > 0; rest = rest.slice(15)) {
      state = circomlib.F.toObject(circomlib([state, ...rest.slice(0, 15)]))
    }
    const { circuit, evaluator } = both([salt, ...packed], (cs, [first, ...rest]) =>
      commitToElements(cs, shape, rest, first),
    )
    expect(evaluator.wires.get(1)).toBe(state)
    expect(isSatisfied(circuit, evaluator)).toBe(true)
  })

  test('differ with the kind, the width, the count, the salt and every value', () => {
    const shape = { kind: 'input', width: 4, count: 3, lo: -2, salted: true } as const
    const base = commit(shape, [1, 2, 3], 5n)
    const others = [
      commit({ ...shape, kind: 'output' }, [1, 2, 3], 5n),
      commit({ ...shape, width: 5 }, [1, 2, 3], 5n),
      commit({ ...shape, count: 4 }, [1, 2, 3, -2], 5n),
      commit({ ...shape, salted: false }, [1, 2, 3]),
      commit(shape, [1, 2, 3], 6n),
      commit(shape, [2, 2, 3], 5n),
      commit(shape, [1, 2, 4], 5n),
    ]
    expect(new Set([base, ...others]).size).toBe(others.length + 1)
  })

  test('refuse what they cannot bind', () => {
    const shape = { kind: 'input', width: 4, count: 2, lo: 0, salted: false } as const
    expect(() => commit(shape, [0, 16])).toThrow(/integer 1 is 16/)
    expect(() => commit(shape, [0, -1])).toThrow(/integer 1 is -1/)
    expect(() => commit(shape, [0, 0.5])).toThrow(/integer 1 is 0.5/)
    expect(() => commit(shape, [0])).toThrow(/1 integers were given, not 2/)
    expect(() => commit(shape, [0, 1], 3n)).toThrow(/salt/)
    expect(() => commit({ ...shape, salted: true }, [0, 1])).toThrow(/salt/)
  })
})

type Body = <V>(cs: ConstraintSystem<V>, values: V[]) => V

/** A circuit whose one public output is what `body` makes of the private inputs. */
function both(inputs: readonly bigint[], body: Body) {
  const layout = {
    publicOutputs: ['out'],
    publicInputs: [],
    privateInputs: [{ name: 'x', size: inputs.length }],
  }
  const run = <V>(cs: ConstraintSystem<V>) => {
    cs.assertPublicOutput(
      0,
      body(
        cs,
        inputs.map((_, i) => cs.privateInput(i)),
      ),
    )
  }
  const builder = new Builder(layout)
  run(builder)
  const evaluator = new Evaluator(layout, { publicInputs: [], privateInputs: inputs })
  run(evaluator)
  const counter = new Counter(layout)
  run(counter)
  return { circuit: builder.finish(), evaluator, counter }
}
