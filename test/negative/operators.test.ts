/** Whole circuits, one for each operator, against lies, edited witnesses and dropped constraints. */
import { describe, expect, test } from 'vitest'
import { pack } from '../../src/artifacts/statement.js'
import { lieAt, liesFor } from '../../src/attack/lies.js'
import { P } from '../../src/base/field.js'
import { build, evaluate } from '../../src/circuit/circuit.js'
import type { HintName } from '../../src/circuit/cs/api.js'
import { type BitsHint, honestBits } from '../../src/circuit/cs/hints.js'
import { type Blueprint, draft } from '../../src/circuit/synthesize.js'
import { execute } from '../../src/model/execute.js'
import { flatten, isSatisfied, randomInputs, toBigInts } from '../helpers/circuits.js'
import { OPERATORS } from '../helpers/operator-models.js'
import { Random } from '../helpers/random.js'
import { solve, without } from '../helpers/solve.js'

const SEED = 7
const CONTEXT = 12345n

describe.each(OPERATORS)('$name', ({ model }) => {
  test.each(['public', 'private'] as const)('lies are refused, with %s inputs', (visibility) => {
    const blueprint = draft(model, visibility)
    const { r1cs } = build(blueprint)
    let lies = 0
    for (const inputs of samples(6)) {
      const honest = toBigInts(evaluateHonestly(blueprint, inputs))
      requestsOf(blueprint, inputs).forEach(({ hint, count }, serial) => {
        for (const lie of liesFor(hint, count)) {
          const evaluator = evaluate(blueprint, assignmentOf(inputs), lieAt(serial, lie))
          if (toBigInts(evaluator).every((value, wire) => value === honest[wire])) continue
          const message = `seed ${SEED}, inputs ${flatten(inputs)}, ${hint} ${serial}: ${lie.name}`
          expect(isSatisfied(r1cs, evaluator), message).toBe(false)
          lies++
        }
      })
    }
    expect(lies).toBeGreaterThan(0)
  })

  test.each(['public', 'private'] as const)('every edited wire is refused, with %s inputs', (visibility) => {
    const blueprint = draft(model, visibility)
    const { r1cs, wireName } = build(blueprint)
    for (const inputs of samples(3)) {
      const evaluator = evaluateHonestly(blueprint, inputs)
      for (let wire = 1; wire < r1cs.wires; wire++) {
        const honest = evaluator.wires.get(wire)
        for (const lie of [
          BigInt(honest) + 1n,
          BigInt(honest) - 1n,
          BigInt(honest) + (1n << 128n),
          P >> 1n,
        ]) {
          evaluator.wires.set(wire, lie)
          const message = `seed ${SEED}, inputs ${flatten(inputs)}, ${wireName(wire)} = ${lie}`
          expect(isSatisfied(r1cs, evaluator), message).toBe(false)
        }
        evaluator.wires.set(wire, honest)
      }
    }
  })

  test('the witness is the only one for its inputs', () => {
    const blueprint = draft(model, 'public')
    const { r1cs } = build(blueprint)
    for (const inputs of samples(6)) {
      const solutions = [...solve(r1cs, known(blueprint, flatten(inputs)))]
      expect(solutions).toEqual([{ values: toBigInts(evaluateHonestly(blueprint, inputs)), guessed: false }])
    }
  })

  test('each constraint but the one on the context is needed for it', () => {
    const blueprint = draft(model, 'public')
    const { r1cs, constraintName } = build(blueprint)
    const tries = [...samples(12).map(flatten), ...outside()]
    const needless = []
    for (let row = 0; row < r1cs.constraints; row++) {
      const smaller = without(r1cs, row)
      if (!tries.some((inputs) => admitsWrongStatement(blueprint, smaller, inputs))) {
        needless.push(constraintName(row))
      }
    }
    // it holds for any context: it is there so that no proof can be read with another one
    expect(needless).toEqual(['main.statement'])
  })

  function samples(count: number): Float64Array[][] {
    const random = new Random(SEED)
    return Array.from({ length: count }, () => randomInputs(random, model))
  }

  /** Inputs with one element just outside the declared domain. */
  function outside(): number[][] {
    const { lo, hi } = model.inputs[0]!
    return samples(8)
      .map(flatten)
      .flatMap((honest) =>
        honest.flatMap((_, i) => [lo[0]! - 1, hi[0]! + 1].map((value) => honest.with(i, value))),
      )
  }
})

type R1cs = ReturnType<typeof build>['r1cs']

function assignmentOf(inputs: readonly Float64Array[]) {
  return { publicInputs: [CONTEXT], privateInputs: flatten(inputs) }
}

function evaluateHonestly(blueprint: Blueprint, inputs: readonly Float64Array[]) {
  return evaluate(blueprint, assignmentOf(inputs))
}

function requestsOf(blueprint: Blueprint, inputs: readonly Float64Array[]) {
  const requests: { hint: HintName; count: number }[] = []
  const record: BitsHint = (value, count, hint, serial) => {
    requests.push({ hint, count })
    return honestBits(value, count, hint, serial)
  }
  evaluate(blueprint, assignmentOf(inputs), record)
  return requests
}

/** Context and inputs as wires of the circuit. */
function known({ layout }: Blueprint, inputs: readonly number[]): Map<number, bigint> {
  const context = 1 + layout.publicOutputs.length
  return new Map([
    [context, CONTEXT],
    ...inputs.map((value, i): [number, bigint] => [context + 1 + i, BigInt(value)]),
  ])
}

/** Whether some witness has signals that the model does not give, or belongs to inputs outside the domain. */
function admitsWrongStatement(blueprint: Blueprint, r1cs: R1cs, inputs: readonly number[]): boolean {
  const truth = signalsOf(blueprint, inputs)
  for (const { values } of solve(r1cs, known(blueprint, inputs))) {
    if (truth === undefined || truth.some((signal, i) => values[1 + i] !== signal)) return true
  }
  return false
}

/** The signals before the context, or nothing where the inputs are outside the domain. */
function signalsOf({ model, statement }: Blueprint, inputs: readonly number[]): bigint[] | undefined {
  const [port] = model.inputs
  if (inputs.some((value) => value < port!.lo[0]! || value > port!.hi[0]!)) return undefined
  const x = Float64Array.from(inputs)
  const tensors = execute(model, [x])
  return [
    ...statement.outputs.flatMap((packing, i) => pack(packing, tensors[model.outputs[i]!.tensor]!)),
    ...statement.inputs.flatMap((packing) => pack(packing, x)),
  ]
}
