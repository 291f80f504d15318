/** Secret weights in constraints: bound by the commitment, inside their ranges, and nothing of them in the circuit. */
import { describe, expect, test } from 'vitest'
import { commit, perElement, sectionedShape } from '../../src/artifacts/commitment.js'
import { encode } from '../../src/artifacts/iden3/r1cs.js'
import {
  commitModel,
  elementsOf,
  NoSecretError,
  perElementOf,
  sectionsOf,
} from '../../src/artifacts/model-commitment.js'
import { decode, encode as encodeProgram, ProgramError, Structure } from '../../src/artifacts/program-file.js'
import { unpack } from '../../src/artifacts/statement.js'
import { sha256 } from '../../src/base/digest.js'
import { P } from '../../src/base/field.js'
import { poseidon } from '../../src/base/poseidon.js'
import { build, count, evaluate } from '../../src/circuit/circuit.js'
import { type Blueprint, draft, privateInputsOf } from '../../src/circuit/synthesize.js'
import { execute } from '../../src/model/execute.js'
import type { QuantizedModel } from '../../src/model/quantized.js'
import { isSatisfied, randomInputs, toBigInts } from '../helpers/circuits.js'
import { randomModel } from '../helpers/integer-models.js'
import { Random } from '../helpers/random.js'
import { secretCnn, secretMlp, withOtherWeights, withSecrets } from '../helpers/secret-models.js'
import { solve } from '../helpers/solve.js'

const CASES = process.env.ZKONNX_DEEP ? 3000 : 250
const SALT = 271828n
const MODELS = [
  { name: 'MLP', make: secretMlp },
  { name: 'CNN', make: secretCnn },
] as const

function assignmentOf(blueprint: Blueprint, inputs: readonly Float64Array[], salt = SALT) {
  const extras = blueprint.extras.map(() => salt)
  return { publicInputs: [7n], privateInputs: privateInputsOf(blueprint, inputs, extras) }
}

function signalsOf(blueprint: Blueprint, inputs: readonly Float64Array[]): bigint[] {
  const { wires } = evaluate(blueprint, assignmentOf(blueprint, inputs))
  return Array.from({ length: blueprint.statement.context }, (_, i) => BigInt(wires.get(1 + i)))
}

test('random programs: execution, evaluator and constraints agree, and edited wires are rejected', () => {
  let secrets = 0
  for (let seed = 1; seed <= CASES; seed++) {
    const random = new Random(seed)
    const model = withSecrets(random, randomModel(random))
    secrets += sectionsOf(model).length
    const blueprint = draft(model, {
      inputs: random.pick(['public', 'private']),
      salt: random.int(0, 1) === 1,
    })
    const { r1cs, layers, wireName } = build(blueprint)
    const inputs = randomInputs(random, model)
    const evaluator = evaluate(blueprint, assignmentOf(blueprint, inputs))
    expect(evaluator.wires.length, `seed ${seed}`).toBe(r1cs.wires)
    expect(isSatisfied(r1cs, evaluator), `seed ${seed}`).toBe(true)
    const counted = count(blueprint)
    expect([counted.constraints, counted.wires], `seed ${seed}`).toEqual([r1cs.constraints, r1cs.wires])
    expect(counted.layers, `seed ${seed}`).toEqual(layers)

    const truth = execute(model, inputs)
    const signals = signalsOf(blueprint, inputs)
    blueprint.statement.outputs.forEach((part) => {
      expect(unpack(part, signals), `seed ${seed}`).toEqual(truth[model.outputs[part.port]!.tensor])
    })
    const { model: part } = blueprint.statement
    if (part !== undefined) {
      const salt = part.commitment!.salted ? SALT : undefined
      expect(signals[part.first], `seed ${seed}`).toBe(commitModel(model, salt))
    }
    for (let k = 0; k < 4; k++) {
      // inputs of the model may be others; weights and salt may not, for the commitment is in the signals
      const first = 2 + blueprint.statement.context + inputs.reduce((sum, { length }) => sum + length, 0)
      if (first >= r1cs.wires) break
      const wire = random.int(first, r1cs.wires - 1)
      const honest = BigInt(evaluator.wires.get(wire))
      evaluator.wires.set(wire, random.pick([honest + 1n, 1n - honest, honest + (1n << 200n)]))
      if ((BigInt(evaluator.wires.get(wire)) - honest) % P === 0n) continue
      expect(isSatisfied(r1cs, evaluator), `seed ${seed}, ${wireName(wire)}`).toBe(false)
      evaluator.wires.set(wire, honest)
    }
  }
  expect(secrets).toBeGreaterThan(CASES / 2)
})

describe.each(MODELS)('a committed $name', ({ make }) => {
  const random = new Random(11)
  const model = make(random)
  const blueprint = draft(model)
  const { r1cs } = build(blueprint)
  const digestOf = (other: QuantizedModel) => sha256(encode(build(draft(other)).r1cs))

  test('has one circuit for all weights', () => {
    for (let k = 0; k < 20; k++) {
      const other = withOtherWeights(random, model)
      expect(commitModel(other, SALT)).not.toBe(commitModel(model, SALT))
      expect(digestOf(other)).toBe(digestOf(model))
    }
  })

  test('keeps every product exact at the ends of all ranges', () => {
    const extreme = (pick: (least: number, greatest: number) => number): QuantizedModel => ({
      ...model,
      nodes: model.nodes.map((node) => {
        const { op } = node
        if (op.kind !== 'linear' || op.secret === undefined) return node
        const end = (bits: number) => pick(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        const { weightBits, biasBits } = op.secret
        const weights = op.weights.map(() => end(weightBits))
        return { ...node, op: { ...op, weights, bias: op.bias.map(() => end(biasBits)) } }
      }),
    })
    for (const other of [extreme((least) => least), extreme((_, greatest) => greatest)]) {
      for (const end of ['lo', 'hi'] as const) {
        const inputs = model.inputs.map((input) =>
          new Float64Array(model.tensors[input.tensor]!.shape.reduce((a, b) => a * b, 1)).fill(
            input[end][0]!,
          ),
        )
        const own = draft(other)
        const truth = execute(other, inputs)
        expect(isSatisfied(r1cs, evaluate(own, assignmentOf(own, inputs)))).toBe(true)
        expect(unpack(own.statement.outputs[0]!, signalsOf(own, inputs))).toEqual(
          truth[own.model.outputs[0]!.tensor],
        )
      }
    }
  })

  test('every wire follows from inputs, weights, salt and context', () => {
    for (let k = 0; k < 3; k++) {
      const inputs = randomInputs(random, model)
      const { publicInputs, privateInputs } = assignmentOf(blueprint, inputs)
      const first = 1 + blueprint.layout.publicOutputs.length
      const known = new Map([...publicInputs, ...privateInputs].map((value, i) => [first + i, BigInt(value)]))
      const honest = toBigInts(evaluate(blueprint, assignmentOf(blueprint, inputs)))
      expect([...solve(r1cs, known)]).toEqual([{ values: honest, guessed: false }])
    }
  })

  test('a weight or bias outside its range has no witness', () => {
    const inputs = randomInputs(random, model)
    const { publicInputs, privateInputs } = assignmentOf(blueprint, inputs)
    const start = inputs.reduce((sum, { length }) => sum + length, 0)
    let element = start
    for (const section of sectionsOf(model)) {
      const size = elementsOf(section).length
      // in the last element of a section, whatever lies beyond its own integers
      const last = section.count - (size - 1) * perElementOf(section)
      const beyond = 1n << BigInt(last * section.width)
      for (const lie of [beyond, -1n, beyond << 1n, 1n << 251n, 1n << 252n, P >> 1n]) {
        const given = [...privateInputs].with(element + size - 1, lie)
        const evaluator = evaluate(blueprint, { publicInputs, privateInputs: given })
        expect(isSatisfied(r1cs, evaluator), `${section.name}: ${lie}`).toBe(false)
      }
      element += size
    }
    expect(() => commitModel(withWeight(model, 2 ** 20), SALT)).toThrow(/outside/)
  })

  test('a witness of other weights does not carry the commitment', () => {
    const inputs = randomInputs(random, model)
    const evaluator = evaluate(blueprint, assignmentOf(blueprint, inputs))
    const { first } = blueprint.statement.model!
    const others = [withOtherWeights(random, model), swapped(model)]
    for (const commitment of [
      ...others.map((other) => commitModel(other, SALT)),
      commitModel(model, SALT + 1n),
    ]) {
      evaluator.wires.set(1 + first, commitment)
      expect(isSatisfied(r1cs, evaluator)).toBe(false)
    }
    evaluator.wires.set(1 + first, commitModel(model, SALT))
    expect(isSatisfied(r1cs, evaluator)).toBe(true)
  })

  test('is read from its files as it was written', () => {
    const { structure, arrays } = encodeProgram(model)
    const read = decode(Structure.parse(JSON.parse(JSON.stringify(structure))), arrays, 'file')
    expect(read).toEqual(model)
    expect(commitModel(read, SALT)).toBe(commitModel(model, SALT))
  })

  test.each([
    ['of no width', { weightBits: 0 }],
    ['wider than integers are exact', { biasBits: 1e9 }],
    ['of half a bit', { weightBits: 3.5 }],
    ['numbered with a gap', { biasOf: Int32Array.of(1) }],
    ['of too few rows', { biasOf: new Int32Array(0) }],
  ])('is not read from files with secrets %s', (_, change) => {
    const broken = changeFirst(model, (op) => ({ ...op, secret: { ...op.secret!, ...change } }))
    const { structure, arrays } = encodeProgram(broken)
    const parsed = Structure.parse(JSON.parse(JSON.stringify(structure)))
    expect(() => decode(parsed, arrays, 'file')).toThrow(ProgramError)
  })
})

describe('a commitment to sections', () => {
  const sections = [
    { width: 3, count: 2, lo: -4 },
    { width: 5, count: 1, lo: -16 },
  ]
  const stateOf = (shape = sectionedShape('model', sections, true)) =>
    poseidon([
      3n + (5n << 8n) + (3n << 16n) + (1n << 48n),
      ...shape.sections!.map(
        ({ width, count, lo }) => BigInt(width) + (BigInt(count) << 8n) + (BigInt(lo + 2 ** 52) << 40n),
      ),
    ])

  test('is the chain that its specification says', () => {
    const random = new Random(5)
    const model = secretMlp(random)
    const [first, second] = sectionsOf(model)
    expect([first!.name, second!.name]).toEqual(['hidden.weight', 'hidden.bias'])
    expect(first).toMatchObject({ width: 3, count: 6, lo: -4 })
    const packed = [...first!.values].reduce(
      (sum, value, i) => sum + (BigInt(value + 4) << BigInt(3 * i)),
      0n,
    )
    expect(elementsOf(first!)).toEqual([packed])
    expect(stateOf()).not.toBe(stateOf(sectionedShape('model', [...sections].reverse(), true)))
  })

  test('depends on salt, order and place of every integer', () => {
    const random = new Random(6)
    const model = secretMlp(random)
    const all = [model, swapped(model), withOtherWeights(random, model), withWeight(model, -4)]
    const commitments = all.flatMap((one) => [commitModel(one, 1n), commitModel(one, 2n), commitModel(one)])
    expect(new Set(commitments).size).toBe(commitments.length)
  })

  test('is refused where no weights are secret, and is no commitment to plain integers', () => {
    expect(() => commitModel({ nodes: [] })).toThrow(NoSecretError)
    const shape = { kind: 'model', width: 8, count: 1, lo: 0, salted: false } as const
    expect(commit(shape, [1])).not.toBe(commit({ ...shape, kind: 'input' }, [1]))
    expect(perElement(11)).toBe(23)
    expect(perElementOf({ width: 11, count: 1, lo: 0 })).toBe(22)
  })
})

/** The same numbers with the two biases of the first layer exchanged. */
function swapped(model: QuantizedModel): QuantizedModel {
  return changeFirst(model, (op) =>
    op.bias.length > 1 && op.secret!.biasOf[1] === 1
      ? { ...op, bias: op.bias.toReversed() }
      : { ...op, weights: op.weights.toReversed() },
  )
}

function withWeight(model: QuantizedModel, weight: number): QuantizedModel {
  return changeFirst(model, (op) => ({ ...op, weights: op.weights.with(0, weight) }))
}

type Secretive = Extract<QuantizedModel['nodes'][number]['op'], { kind: 'linear' }>

function changeFirst(model: QuantizedModel, change: (op: Secretive) => Secretive): QuantizedModel {
  const nodes = [...model.nodes]
  const at = nodes.findIndex(({ op }) => op.kind === 'linear')
  nodes[at] = { ...nodes[at]!, op: change(nodes[at]!.op as Secretive) }
  return { ...model, nodes }
}
