/** Random integer programs under random disclosures: what they compute, what their circuits accept, and what not. */
import { describe, expect, test } from 'vitest'
import { commit } from '../../src/artifacts/commitment.js'
import type { DisclosureOptions, InputVisibility, OutputVisibility } from '../../src/artifacts/disclosure.js'
import { type Part, pack, read } from '../../src/artifacts/statement.js'
import { P } from '../../src/base/field.js'
import { sizeOf } from '../../src/base/tensor.js'
import { build, type Circuit, count, evaluate } from '../../src/circuit/circuit.js'
import type { Evaluator } from '../../src/circuit/cs/evaluator.js'
import { type Blueprint, draft, privateInputsOf } from '../../src/circuit/synthesize.js'
import { execute, type Values } from '../../src/model/execute.js'
import type { QuantizedModel } from '../../src/model/quantized.js'
import { isSatisfied, randomInputs } from '../helpers/circuits.js'
import { ModelBuilder, randomModel } from '../helpers/integer-models.js'
import { Random } from '../helpers/random.js'

const CASES = process.env.ZKONNX_DEEP ? 10_000 : 2_000

describe(`${CASES} random integer programs`, () => {
  test('execution, evaluator and constraints agree, and any edited wire is rejected', () => {
    for (let seed = 1; seed <= CASES; seed++) {
      const random = new Random(seed)
      const blueprint = randomBlueprint(random)
      const circuit = build(blueprint)
      const inputs = randomInputs(random, blueprint.model)
      const tensors = execute(blueprint.model, inputs)
      const extras = honestExtras(random, blueprint, tensors)
      const evaluator = evaluate(blueprint, {
        publicInputs: [BigInt(random.bits())],
        privateInputs: privateInputsOf(blueprint, inputs, extras),
      })
      expect(evaluator.wires.length, `seed ${seed}`).toBe(circuit.r1cs.wires)
      expect(isSatisfied(circuit.r1cs, evaluator), `seed ${seed}`).toBe(true)
      expectSameCount(blueprint, circuit, seed)
      expectTruth(blueprint, evaluator, inputs, tensors, extras, seed)
      expectEditsRefused(random, circuit, evaluator, extras.length, seed)
    }
  }, 240_000)

  test('an input outside the declared domain has no witness', () => {
    for (let seed = 1; seed <= CASES; seed++) {
      const random = new Random(seed)
      const model = randomModel(random)
      const blueprint = draft(model, 'private')
      const inputs = randomInputs(random, model)
      const port = random.int(0, inputs.length - 1)
      const { lo, hi } = model.inputs[port]!
      const outside = random.pick([lo[0]! - 1, hi[0]! + 1, hi[0]! + 1000])
      inputs[port]![random.int(0, inputs[port]!.length - 1)] = outside
      const privateInputs = privateInputsOf(blueprint, inputs)
      const evaluator = evaluate(blueprint, { publicInputs: [0n], privateInputs })
      expect(isSatisfied(build(blueprint).r1cs, evaluator), `seed ${seed}`).toBe(false)
    }
  })
})

function randomBlueprint(random: Random): Blueprint {
  const model = randomModel(random)
  return draft(model, randomDisclosure(random, model))
}

/** A choice for each port, of those that it can carry; hashing, which costs most, is the rarest. */
function randomDisclosure(random: Random, model: QuantizedModel): DisclosureOptions {
  const inputs = model.inputs.map(({ name }): [string, InputVisibility] => [
    name,
    random.int(0, 14) === 0 ? 'hashed' : random.pick(['public', 'private']),
  ])
  const outputs = model.outputs.map(({ name, tensor }): [string, OutputVisibility] => {
    const claims =
      sizeOf(model.tensors[tensor]!.shape) === 1 ? ['threshold' as const] : (['class', 'margin'] as const)
    return [name, random.int(0, 14) === 0 ? 'hashed' : random.pick(['public', ...claims])]
  })
  const salt = random.pick([true, false, undefined])
  return {
    inputs: Object.fromEntries(inputs),
    outputs: Object.fromEntries(outputs),
    ...(salt === undefined ? {} : { salt }),
  }
}

/** Random salts, and claims of anything that is true. */
function honestExtras(random: Random, { model, statement, extras }: Blueprint, tensors: Values): bigint[] {
  return extras.map(({ kind, name }) => {
    if (kind === 'salt') return BigInt(random.bits())
    const part = statement.outputs.find((one) => one.name === name && one.shows === kind)!
    const [first, second] = tensors[model.outputs[part.port]!.tensor]!.toSorted((a, b) => b - a)
    const most = kind === 'threshold' ? first! : first! - second!
    return BigInt(random.pick([most, part.lo, random.int(part.lo, most)]))
  })
}

function expectSameCount(blueprint: Blueprint, circuit: Circuit, seed: number): void {
  const { constraints, wires, layers } = count(blueprint)
  expect({ constraints, wires, layers }, `seed ${seed}`).toEqual({
    constraints: circuit.r1cs.constraints,
    wires: circuit.r1cs.wires,
    layers: circuit.layers,
  })
}

/** Every part of the statement says what follows from the plain execution. */
function expectTruth(
  { model, statement, extras }: Blueprint,
  { wires }: Evaluator,
  inputs: Values,
  tensors: Values,
  given: readonly bigint[],
  seed: number,
): void {
  const signals = Array.from({ length: statement.context }, (_, i) => BigInt(wires.get(1 + i)))
  const check = (part: Part, side: 'input' | 'output', values: Float64Array) => {
    const kind = part.shows === 'commitment' ? 'salt' : part.shows
    const extra =
      given[extras.findIndex((one) => one.kind === kind && one.side === side && one.name === part.name)]
    const said = read(part, signals)
    const message = `seed ${seed}, ${side} "${part.name}", ${part.shows}`
    if (part.shows === 'commitment') {
      const commitment = commit(part.commitment!, values, extra).toString()
      expect(said, message).toMatchObject({ commitment })
      return
    }
    const claimed = extra === undefined ? [] : [Number(extra)]
    const place = values.indexOf(Math.max(...values))
    const truth = { values: [...values], class: [place], threshold: claimed, margin: claimed }[part.shows]
    expect(said, message).toMatchObject({ integers: truth })
    expect(signals.slice(part.first, part.first + part.signals), message).toEqual(pack(part, truth))
  }
  for (const part of statement.outputs) check(part, 'output', tensors[model.outputs[part.port]!.tensor]!)
  for (const part of statement.inputs) check(part, 'input', inputs[part.port]!)
}

/**
 * Every wire is determined by the model's inputs, salts and claims, and with the signals these are too: a witness with
 * one of them changed breaks a constraint.
 */
function expectEditsRefused(
  random: Random,
  { r1cs, wireName }: Circuit,
  evaluator: Evaluator,
  extras: number,
  seed: number,
): void {
  const inner = 1 + r1cs.publicOutputs + r1cs.publicInputs + r1cs.privateInputs
  const edited = Array.from({ length: r1cs.publicOutputs }, (_, i) => 1 + i)
  for (let i = 1; i <= extras; i++) edited.push(inner - i)
  if (r1cs.wires > inner) for (let i = 0; i < 2; i++) edited.push(random.int(inner, r1cs.wires - 1))
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
    expect(isSatisfied(r1cs, evaluator), `seed ${seed}, ${wireName(wire)}`).toBe(false)
    evaluator.wires.set(wire, honest)
  }
}

test('bounds beyond the exact integers are refused by name, an input as a layer', () => {
  const builder = new ModelBuilder()
  const wide = builder.input('wide', [1], 0, 2 ** 53)
  expect(() => draft(builder.finish([wide]), 'private')).toThrow(
    /"wide" \(input\) can reach 9007199254740992/,
  )
  const other = new ModelBuilder()
  const x = other.input('x', [2], -(2 ** 30), 2 ** 30)
  const square = other.node(
    { kind: 'product', left: Int32Array.of(0), right: Int32Array.of(1) },
    [x],
    [1],
    'square',
  )
  expect(() => draft(other.finish([square]), 'private')).toThrow(/"square" \(product\) can reach/)
})
