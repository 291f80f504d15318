import { describe, expect, test } from 'vitest'
import { pack, unpack } from '../../src/artifacts/statement.js'
import { P } from '../../src/base/field.js'
import { build, count, evaluate } from '../../src/circuit/circuit.js'
import { draft } from '../../src/circuit/synthesize.js'
import { execute } from '../../src/model/execute.js'
import { flatten, isSatisfied, randomInputs } from '../helpers/circuits.js'
import { randomModel } from '../helpers/integer-models.js'
import { Random } from '../helpers/random.js'

const CASES = process.env.ZKONNX_DEEP ? 5000 : 400

describe('random integer programs', () => {
  test('execution, evaluator and constraints agree, and any edited wire is rejected', () => {
    for (let seed = 1; seed <= CASES; seed++) {
      const random = new Random(seed)
      const model = randomModel(random)
      const blueprint = draft(model, random.pick(['public', 'private'] as const))
      const circuit = build(blueprint)
      const inputs = randomInputs(random, model)
      const truth = execute(model, inputs)
      const context = BigInt(random.bits())
      const evaluator = evaluate(blueprint, { publicInputs: [context], privateInputs: flatten(inputs) })
      expect(evaluator.wires.length, `seed ${seed}`).toBe(circuit.r1cs.wires)
      expect(isSatisfied(circuit.r1cs, evaluator), `seed ${seed}`).toBe(true)
      const counted = count(blueprint)
      expect([counted.constraints, counted.wires], `seed ${seed}`).toEqual([
        circuit.r1cs.constraints,
        circuit.r1cs.wires,
      ])
      expect(counted.layers, `seed ${seed}`).toEqual(circuit.layers)

      const signals = Array.from({ length: blueprint.statement.context }, (_, i) =>
        BigInt(evaluator.wires.get(1 + i)),
      )
      blueprint.statement.outputs.forEach((packing, i) => {
        expect(unpack(packing, signals), `seed ${seed}`).toEqual(truth[model.outputs[i]!.tensor])
        expect(signals.slice(packing.first, packing.first + packing.signals)).toEqual(
          pack(packing, truth[model.outputs[i]!.tensor]!),
        )
      })

      // every wire is determined by the inputs, so a witness with one wire changed must break a constraint
      const first = 1 + circuit.r1cs.publicOutputs + circuit.r1cs.publicInputs + circuit.r1cs.privateInputs
      const edited = [...Array(circuit.r1cs.publicOutputs).keys()].map((i) => 1 + i)
      if (circuit.r1cs.wires > first)
        edited.push(random.int(first, circuit.r1cs.wires - 1), random.int(first, circuit.r1cs.wires - 1))
      for (const wire of edited) {
        const honest = evaluator.wires.get(wire)
        const lie = random.pick([
          BigInt(honest) + 1n,
          -BigInt(honest) + 1n,
          P - 1n,
          BigInt(honest) + (1n << 200n),
        ])
        if ((lie - BigInt(honest)) % P === 0n) continue
        evaluator.wires.set(wire, lie)
        expect(isSatisfied(circuit.r1cs, evaluator), `seed ${seed}, ${circuit.wireName(wire)}`).toBe(false)
        evaluator.wires.set(wire, honest)
      }
    }
  })

  test('an input outside the declared domain has no witness', () => {
    let tried = 0
    for (let seed = 1; seed <= CASES; seed++) {
      const random = new Random(seed)
      const model = randomModel(random)
      const blueprint = draft(model, 'private')
      const circuit = build(blueprint)
      const inputs = randomInputs(random, model)
      const port = random.int(0, inputs.length - 1)
      const { lo, hi } = model.inputs[port]!
      inputs[port]![random.int(0, inputs[port]!.length - 1)] = random.pick([
        lo[0]! - 1,
        hi[0]! + 1,
        hi[0]! + 1000,
      ])
      const evaluator = evaluate(blueprint, { publicInputs: [0n], privateInputs: flatten(inputs) })
      expect(isSatisfied(circuit.r1cs, evaluator), `seed ${seed}`).toBe(false)
      tried++
    }
    expect(tried).toBe(CASES)
  })
})
