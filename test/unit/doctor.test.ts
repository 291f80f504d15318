/** What the doctor says of a model, against what compiling it comes to; and that nothing of a bad one is lost. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ChoiceError } from '../../src/artifacts/disclosure.js'
import { pathOf } from '../../src/artifacts/paths.js'
import { estimateGas, type GasEstimate } from '../../src/chain/gas.js'
import { ModelFileError } from '../../src/onnx/decode.js'
import { estimateProving } from '../../src/prover/estimate.js'
import { assumeSamples } from '../../src/quantize/assume.js'
import { UnknownInputError } from '../../src/quantize/quantize.js'
import { type Compiled, compile } from '../../src/stages/compile.js'
import { type Diagnosis, doctor } from '../../src/stages/doctor.js'
import { setup } from '../../src/stages/setup.js'
import { buildBytes, floats, type ModelSpec, Type } from '../helpers/onnx-model.js'

const EXAMPLE = fileURLToPath(new URL('../../examples/digits/', import.meta.url))
const MODEL = join(EXAMPLE, 'digits.onnx')
const DATA = join(EXAMPLE, 'calibration.npz')
const HELD_OUT = join(EXAMPLE, 'heldout.npz')

/** A determinant is what a proof will hardly ever be asked for. */
const BLOCKED: ModelSpec = {
  opset: 17,
  inputs: { x: { shape: [1, 2, 2] } },
  outputs: { y: Type.FLOAT },
  initializers: [floats('w', [1, 3], [1, -2, 3])],
  nodes: [
    { op: 'Relu', in: ['x'], out: ['positive'], name: 'first' },
    { op: 'Det', in: ['positive'], out: ['d'], name: 'determinant' },
    { op: 'MatMul', in: ['d', 'w'], out: ['m'], name: 'dense' },
    { op: 'Relu', in: ['m'], out: ['y'], name: 'second' },
  ],
}

const dir = mkdtempSync(join(tmpdir(), 'zkonnx-doctor-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

function write(name: string, bytes: Uint8Array | string): string {
  const path = join(dir, name)
  writeFileSync(path, bytes)
  return path
}

describe('with the samples that a model is compiled with', () => {
  let compiled: Compiled
  let diagnosis: Diagnosis

  beforeAll(async () => {
    const options = { model: MODEL, data: DATA, holdout: HELD_OUT }
    compiled = await compile({ ...options, out: join(dir, 'digits') })
    diagnosis = await doctor(options)
  })

  test('every layer costs what it will cost', () => {
    const { circuit, layers } = compiled.manifest
    expect(diagnosis.usable).toBe(true)
    expect(diagnosis.layers).toEqual(layers)
    expect(diagnosis.cost).toMatchObject({
      constraints: circuit.constraints,
      wires: circuit.wires,
      publicSignals: circuit.publicSignals,
      inputConstraints: circuit.inputConstraints,
      statementConstraints: circuit.statementConstraints,
    })
    expect(diagnosis.cost!.proving!.power).toBe(circuit.power)
    expect(diagnosis.notes).toEqual(compiled.manifest.notes)
  })

  test('the proving key has the bytes that were said', async () => {
    await setup({ dir: compiled.dir, kind: 'dev' })
    expect(readFileSync(pathOf(compiled.dir, 'zkey')).length).toBe(diagnosis.cost!.proving!.keyBytes)
  })

  test('choices about the statement and the weights are followed', async () => {
    const options = {
      model: MODEL,
      data: DATA,
      holdout: HELD_OUT,
      disclose: { inputs: 'hashed', outputs: 'class' } as const,
      bits: { activation: 6 },
    }
    const { manifest } = await compile({ ...options, out: join(dir, 'chosen') })
    const { cost } = await doctor(options)
    expect(cost!.constraints).toBe(manifest.circuit.constraints)
    expect(cost!.publicSignals).toBe(manifest.circuit.publicSignals)
    expect(cost!.constraints).not.toBe(compiled.manifest.circuit.constraints)
  })
})

test('without samples it comes within a quarter, says what it assumed, and writes nothing', async () => {
  const before = readdirSync(dir)
  const { cost, samples } = await doctor({ model: MODEL })
  expect(Math.abs(cost!.constraints / 9_543 - 1)).toBeLessThan(0.25)
  expect(samples).toEqual({
    from: 'assumption',
    assumptions: [{ input: 'image', lo: -1, hi: 1, from: 'default' }],
  })
  const declared = await doctor({ model: MODEL, domains: { image: { lo: 0, hi: 16 } } })
  expect(declared.samples).toMatchObject({ assumptions: [{ lo: 0, hi: 16, from: 'declared' }] })
  expect(readdirSync(dir)).toEqual(before)
})

describe('a model that does not compile', () => {
  test('is diagnosed with the cost of its sound part, before and behind the blocker', async () => {
    const diagnosis = await doctor({ model: write('blocked.onnx', buildBytes(BLOCKED)) })
    expect(diagnosis.usable).toBe(false)
    expect(diagnosis.blockers).toMatchObject([{ node: 'determinant', operator: 'Det', opset: 17 }])
    expect(diagnosis.blockers[0]!.exportAgain).not.toBe('')
    expect(diagnosis.cost).toBeUndefined()
    const paying = diagnosis.layers.filter(({ constraints }) => constraints > 0)
    expect(paying.map(({ name }) => name)).toEqual(['first', 'second'])
  })

  test('because it computes with what is no number says so, beside its facts', async () => {
    const other = { ...BLOCKED, nodes: [{ op: 'MatMul', in: ['x', 'wide'], out: ['y'], name: 'dense' }] }
    const model = write(
      'wide.onnx',
      buildBytes({ ...other, initializers: [floats('wide', [2, 2], [Number.NaN, 1, 1, 1])] }),
    )
    const { usable, blockers, model: facts } = await doctor({ model })
    expect(usable).toBe(false)
    expect(blockers).toMatchObject([{ operator: 'quantization', reason: expect.stringContaining('"dense"') }])
    expect(facts.nodes).toBe(1)
  })

  test('with samples that do not fit names them, and estimates without them', async () => {
    const data = write('short.json', JSON.stringify({ input_data: [[1, 2, 3]] }))
    const { usable, blockers, layers, samples } = await doctor({ model: MODEL, data })
    expect(usable).toBe(false)
    expect(blockers).toMatchObject([{ node: data, operator: 'samples' }])
    expect(samples?.from).toBe('assumption')
    expect(layers.length).toBeGreaterThan(0)
  })
})

test('what cannot be read, or is asked for wrongly, is an error', async () => {
  await expect(doctor({ model: write('text.onnx', 'no model') })).rejects.toThrow(ModelFileError)
  await expect(doctor({ model: MODEL, domains: { picture: { lo: 0, hi: 1 } } })).rejects.toThrow(
    UnknownInputError,
  )
  await expect(doctor({ model: MODEL, disclose: { inputs: { picture: 'private' } } })).rejects.toThrow(
    ChoiceError,
  )
})

test('assumed samples keep to their domains, whole numbers to their types, trees to their thresholds', () => {
  const graph = {
    inputs: ['real', 'byte', 'flag', 'feature'].map((name, tensor) => ({ name, tensor })),
    outputs: [],
    tensors: ['real', 'byte', 'flag', 'feature', 'flags'].map((name) => ({ name, shape: [2] })),
    nodes: [
      {
        name: 'trees',
        source: 'TreeEnsembleRegressor',
        op: { kind: 'compare', element: Int32Array.of(0, 0), threshold: Float64Array.of(10, 20) },
        inputs: [3],
        output: 4,
      } as const,
    ],
    notes: [],
  }
  const types = { byte: 'uint8', flag: 'bool', real: 'float32', feature: 'float32' }
  const { rows, assumptions } = assumeSamples(graph, types)
  expect(assumptions.map(({ lo, hi, from }) => [lo, hi, from])).toEqual([
    [-1, 1, 'default'],
    [0, 255, 'type'],
    [0, 1, 'type'],
    [-1, 25, 'thresholds'],
  ])
  for (const row of rows) {
    row.forEach((values, input) => {
      const { lo, hi } = assumptions[input]!
      for (const value of values) {
        expect(value).toBeGreaterThanOrEqual(lo)
        expect(value).toBeLessThanOrEqual(hi)
        if (input === 1 || input === 2) expect(Number.isInteger(value)).toBe(true)
      }
    })
  }
  expect(assumeSamples(graph, types)).toEqual({ rows, assumptions, domains: expect.anything() })
})

test('a proof takes longer and more memory for a larger circuit, and longer on a slower machine', () => {
  const sizes = (constraints: number) => ({
    constraints,
    wires: constraints,
    publicSignals: 2,
    entries: 2 * constraints,
  })
  const [small, large] = [estimateProving(sizes(1_000)), estimateProving(sizes(100_000))]
  for (const kind of ['next', 'first', 'memory', 'keyBytes'] as const)
    expect(large[kind], kind).toBeGreaterThan(small[kind])
  expect(estimateProving(sizes(1_000), 3).next).toBeCloseTo(3 * small.next)
})

test('gas of the schemes is as far apart as what was measured and pinned', () => {
  const pinned = (file: string) =>
    JSON.parse(readFileSync(new URL(`../pinned/${file}`, import.meta.url), 'utf8'))[
      'three signals, five outputs'
    ]
  const [plain, lookups] = [pinned('gas.json'), pinned('gas.lookups.json')]
  const output = { name: 'y', first: 0, signals: 1, width: 20, perSignal: 5, count: 5, lo: 0 }
  const statement = { outputs: [output], context: 2 }
  const [bits, tables] = (['groth16', 'groth16-lookup'] as const).map((scheme) =>
    estimateGas(statement, scheme),
  ) as [GasEstimate, GasEstimate]
  // pinned without call data, in which the commitment is two words, zeros in plain proofs
  const words = 64 * (16 - 4)
  for (const name of ['verify', 'record'] as const)
    expect(tables[name] - bits[name], name).toBe(lookups[name] - plain[name] + words)
  const bytes = ({ verifierBytes }: { verifierBytes: { runtime: number } }) => verifierBytes.runtime
  expect(tables.verifierBytes - bits.verifierBytes).toBe(bytes(lookups) - bytes(plain))
})
