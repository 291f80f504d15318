import { describe, expect, test } from 'vitest'
import { commit } from '../../src/artifacts/commitment.js'
import { INPUT_VISIBILITIES, OUTPUT_VISIBILITIES } from '../../src/artifacts/disclosure.js'
import { read } from '../../src/artifacts/statement.js'
import { P } from '../../src/base/field.js'
import { build, count, evaluate } from '../../src/circuit/circuit.js'
import { draft } from '../../src/circuit/synthesize.js'
import { execute } from '../../src/model/execute.js'
import type { QuantizedModel } from '../../src/model/quantized.js'
import { flatten, isSatisfied, randomInputs } from '../helpers/circuits.js'
import { ModelBuilder, randomLinear } from '../helpers/integer-models.js'
import { Random } from '../helpers/random.js'

const CASES = process.env.ZKONNX_DEEP ? 200 : 15

/** Two inputs; scores over several classes, or one value. */
function randomNet(random: Random, outputs: number): QuantizedModel {
  const builder = new ModelBuilder()
  const x = builder.input('x', [3], -8, random.int(0, 30))
  const z = builder.input('z', [2], 0, random.int(1, 255))
  return builder.finish([builder.node(randomLinear(random, 5, outputs, 9), [x, z], [outputs], 'y')], 'scores')
}

describe.each(INPUT_VISIBILITIES)('inputs %s', (inputs) => {
  test.each(OUTPUT_VISIBILITIES)(
    'and outputs %s: the signals say the truth, and nothing else is accepted',
    (outputs) => {
      for (let seed = 1; seed <= CASES; seed++) {
        const random = new Random(seed)
        const model = randomNet(random, outputs === 'threshold' ? 1 : random.int(2, 5))
        const salt = random.int(0, 1) === 1
        const blueprint = draft(model, { inputs, outputs, salt })
        const circuit = build(blueprint)
        const values = randomInputs(random, model)
        const y = [...execute(model, values)[model.outputs[0]!.tensor]!]
        const truth = [...y].sort((a, b) => b - a)
        const lead = outputs === 'threshold' ? y[0]! : truth[0]! - truth[1]!
        const claim =
          outputs === 'threshold'
            ? Math.max(y[0]! - random.int(0, 5), claimFloor(blueprint))
            : random.int(0, lead)
        const extras = blueprint.extras.map(({ kind }, i) => (kind === 'salt' ? BigInt(1000 + i) : claim))
        const assign = (given: readonly (number | bigint)[]) =>
          evaluate(blueprint, { publicInputs: [7n], privateInputs: [...flatten(values), ...given] })
        const evaluator = assign(extras)
        expect(isSatisfied(circuit.r1cs, evaluator), `seed ${seed}`).toBe(true)
        expect(count(blueprint).constraints).toBe(circuit.r1cs.constraints)
        const paths = Array.from({ length: circuit.r1cs.wires }, (_, wire) => circuit.wireName(wire))
        expect(
          paths.filter((path, wire) => paths.indexOf(path) !== wire),
          `seed ${seed}`,
        ).toEqual([])

        const signals = Array.from({ length: blueprint.statement.context }, (_, i) =>
          BigInt(evaluator.wires.get(1 + i)),
        )
        const salts = blueprint.extras
          .map(({ kind }, i) => (kind === 'salt' ? BigInt(1000 + i) : undefined))
          .filter((s) => s !== undefined)
        for (const part of [...blueprint.statement.outputs, ...blueprint.statement.inputs]) {
          const isOutput = blueprint.statement.outputs.includes(part)
          const own = isOutput ? y : [...values[part.port]!]
          const said = read(part, signals)
          if (part.shows === 'commitment') {
            const opened = commit(part.commitment!, own, part.commitment!.salted ? salts.shift() : undefined)
            expect(said, `seed ${seed}`).toMatchObject({ commitment: opened.toString() })
          } else {
            const expected = {
              values: own,
              class: [y.indexOf(truth[0]!)],
              threshold: [claim],
              margin: [claim],
            }[part.shows]
            expect(said, `seed ${seed}`).toMatchObject({ integers: expected })
          }
        }

        // every signal is determined: another value of it is refused
        for (let wire = 1; wire <= blueprint.statement.context; wire++) {
          const honest = evaluator.wires.get(wire)
          for (const lie of [BigInt(honest) + 1n, 0n, P - 1n]) {
            if ((lie - BigInt(honest)) % P === 0n) continue
            evaluator.wires.set(wire, lie)
            expect(isSatisfied(circuit.r1cs, evaluator), `seed ${seed}, signal ${wire - 1}`).toBe(false)
          }
          evaluator.wires.set(wire, honest)
        }
        // a claim that is not true, or that only a reader modulo P would take for true, has no witness
        const falsehoods =
          outputs === 'threshold' ? [y[0]! + 1, claimFloor(blueprint) - 1, P / 2n] : [lead + 1, P - 1n]
        const claims = blueprint.extras.some(({ kind }) => kind !== 'salt')
        for (const falsehood of claims ? falsehoods : []) {
          const lies = blueprint.extras.map(({ kind }, i) => (kind === 'salt' ? extras[i]! : falsehood))
          expect(isSatisfied(circuit.r1cs, assign(lies)), `seed ${seed}, claim ${falsehood}`).toBe(false)
        }
      }
    },
  )
})

function claimFloor({ statement }: ReturnType<typeof draft>): number {
  return statement.outputs[0]!.lo
}

test('commitments to few bits are salted unless told otherwise', () => {
  const model = randomNet(new Random(1), 2)
  const salted = (salt?: boolean) =>
    draft(model, { inputs: 'hashed', ...(salt === undefined ? {} : { salt }) }).extras.length
  expect(salted()).toBe(2)
  expect(salted(true)).toBe(2)
  expect(salted(false)).toBe(0)
})

test('choices that the model cannot follow are refused by name', () => {
  const model = randomNet(new Random(1), 3)
  expect(() => draft(model, { inputs: { nobody: 'hashed' } })).toThrow(/no input "nobody".*\n.*x, z/)
  expect(() => draft(model, { outputs: { nobody: 'hashed' } })).toThrow(/no output "nobody"/)
  expect(() => draft(model, { outputs: 'threshold' })).toThrow(
    /threshold claim needs one value, but output "y" has 3/,
  )
  const single = randomNet(new Random(1), 1)
  expect(() => draft(single, { outputs: 'class' })).toThrow(/class claim needs one row of two or more scores/)
  expect(() => draft(single, { outputs: 'margin' })).toThrow(/margin claim needs one row/)
})
