/** Which bits `compile` chooses, what it says of them, and what it refuses. */
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { saveNpz } from '../../src/artifacts/samples/npz.js'
import { execute } from '../../src/model/execute.js'
import { loadModel } from '../../src/onnx/load.js'
import { type CompileOptions, compile } from '../../src/stages/compile.js'
import { answer, tempDir, zkonnx } from '../helpers/cli.js'
import { seeded } from '../helpers/onnx-model.js'
import { INPUTS, writeSmallNet } from '../helpers/small-net.js'

const dir = tempDir()
const at = (name: string) => join(dir, name)
const COUNT = 120

/** Samples with the labels that the float model gives, in a file of each kind. */
beforeAll(async () => {
  await writeSmallNet(dir, { seed: 2 })
  const random = seeded(5)
  const x = Float64Array.from({ length: COUNT * INPUTS }, random)
  const { graph } = await loadModel(at('model.onnx'))
  const y = Float64Array.from({ length: COUNT }, (_, k) => {
    const scores = execute(graph, [x.slice(k * INPUTS, (k + 1) * INPUTS)])[graph.outputs[0]!.tensor]!
    return scores.indexOf(Math.max(...scores))
  })
  const samples = { shape: [COUNT, INPUTS], data: x }
  await saveNpz(at('plain.npz'), { x: samples })
  await saveNpz(at('labelled.npz'), { x: samples, y: { shape: [COUNT], data: y } })
  await saveNpz(at('wrong.npz'), { x: samples, y: { shape: [COUNT], data: y.with(31, 7) } })
  const rows = Array.from({ length: 9 }, (_, k) => [...x.slice(k * INPUTS, (k + 1) * INPUTS)])
  rows[6]![2] = 50
  writeFileSync(at('far.csv'), ['a,b,c,d', ...rows.map((row) => row.join(','))].join('\n'))
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const run = (data: string | undefined, more: Partial<CompileOptions> = {}) =>
  compile({ model: at('model.onnx'), out: at('out'), ...(data && { data: at(data) }), ...more })

describe('the search', () => {
  test('finds a circuit cheaper than the usual one that keeps to the target', async () => {
    const usual = await run('labelled.npz', { bits: {} })
    const { manifest, fidelity } = await run('labelled.npz', { maxFlip: 0.02 })
    expect(usual.manifest.quantization).toEqual({
      choice: 'fixed',
      bits: { activation: 8, weight: 8, input: 8 },
    })
    expect(manifest.circuit.constraints).toBeLessThan(usual.manifest.circuit.constraints)
    expect(fidelity!.labels!.rate).toBeLessThanOrEqual(0.02)
    const { choice, met, target, samples, frontier, bits } = manifest.quantization!
    expect({ choice, met, target, samples }).toEqual({
      choice: 'auto',
      met: true,
      target: { maxFlip: 0.02 },
      samples: COUNT,
    })
    const costs = frontier!.map(({ constraints }) => constraints)
    expect(costs).toEqual(costs.toSorted((a, b) => a - b))
    expect(costs.length).toBeGreaterThan(2)
    const own = frontier!.find((point) => JSON.stringify(point.bits) === JSON.stringify(bits))!
    expect(own).toMatchObject({ within: true, constraints: manifest.circuit.constraints })
  })

  test('is the default, finds the same each time, and its bits give the same circuit', async () => {
    const first = await run('labelled.npz')
    const again = await run('labelled.npz', { bits: 'auto' })
    expect(again.manifest.circuit).toEqual(first.manifest.circuit)
    expect(again.manifest.quantization).toEqual(first.manifest.quantization)
    const fixed = await run('labelled.npz', { bits: first.manifest.quantization!.bits })
    expect(fixed.manifest.circuit).toEqual(first.manifest.circuit)
  })

  test('a model of numbers is held to an error in parts of its range', async () => {
    const { manifest, fidelity } = await run('plain.npz')
    expect(manifest.quantization).toMatchObject({ target: { maxError: 0.01 }, met: true })
    expect(fidelity!.outputs[0]!.relative).toBeLessThanOrEqual(0.01)
    const tighter = await run('plain.npz', { maxError: 0.001 })
    expect(tighter.fidelity!.outputs[0]!.relative).toBeLessThanOrEqual(0.001)
    expect(tighter.manifest.circuit.constraints).toBeGreaterThan(manifest.circuit.constraints)
  })

  test('a dozen samples justify no fewer bits than the usual ones', async () => {
    const { manifest } = await run('samples.npz', { maxFlip: 1, maxError: 1 })
    expect(manifest.quantization!.bits).toEqual({ activation: 8, weight: 8, input: 8 })
  })
})

describe('refusals write nothing', () => {
  const refused = async (data: string | undefined, more: Partial<CompileOptions>) => {
    const out = at('refused')
    const error = await run(data, { out, ...more }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(existsSync(out)).toBe(false)
    return error
  }

  test('a target that no bits meet: the frontier is shown, the answer is no', async () => {
    const error = await refused('plain.npz', { maxError: 1e-9 })
    expect(error).toMatchObject({ name: 'Compile.TargetError', fault: 'answer' })
    const { frontier, message } = error as { frontier: { error: number }[]; message: string }
    const nearest = frontier.at(-1)!
    expect(Math.min(...frontier.map((point) => point.error))).toBe(nearest.error)
    expect(message).toContain(`numbers are off by up to ${(100 * nearest.error).toFixed(2)} %`)
  })

  test('a target that the bits asked for miss', async () => {
    expect(await refused('plain.npz', { maxError: 0.001, bits: { activation: 3 } })).toMatchObject({
      name: 'Fidelity.ErrorTargetError',
      fault: 'answer',
    })
  })

  test('a label that is none of the classes, by its place in the file', async () => {
    const error = await refused('wrong.npz', {})
    expect(error).toMatchObject({ name: 'Compile.LabelError', sample: 31, label: 7, classes: 3 })
  })

  test('a domain that leaves samples out, by line and column', async () => {
    const error = await refused('far.csv', { domains: { x: { lo: 0, hi: 1 } } })
    expect(error).toMatchObject({
      name: 'Compile.SampleOutsideError',
      sample: 6,
      message: expect.stringMatching(/far\.csv, line 8, column "c": 50 is outside/),
    })
  })

  test('no samples and no domain', async () => {
    expect(await refused(undefined, {})).toMatchObject({
      name: 'Compile.NoDataError',
      message: expect.stringMatching(/--data[\s\S]*--domain x=/),
    })
  })

  test('a search for the bits of secret weights', async () => {
    expect(await refused('plain.npz', { bits: 'auto', weights: 'committed' })).toMatchObject({
      name: 'Compile.SecretSearchError',
    })
  })
})

test('committed weights keep the usual bits, and the manifest says why', async () => {
  const { manifest } = await run('labelled.npz', { weights: 'committed' })
  expect(manifest.quantization).toMatchObject({ choice: 'fixed', bits: { activation: 8, weight: 8 } })
  expect(manifest.notes.join()).toMatch(/could tell of them/)
})

test('without data random inputs from the domain stand in, with a loud warning', async () => {
  const domains = { x: { lo: -1, hi: [1, 2, 3, 4] } }
  const { manifest, fidelity } = await run(undefined, { domains })
  expect(manifest.notes[0]).toMatch(/^WARNING: no data was given/)
  expect(manifest).toMatchObject({ data: [], quantization: { samples: 300, met: true } })
  expect(fidelity!.samples).toBe(100)
  expect((await run(undefined, { domains })).manifest).toEqual(manifest)
})

describe('the command line', () => {
  const cli = (...args: string[]) => zkonnx(dir, 'compile', 'model.onnx', '-o', 'cli', ...args)

  test('shows the frontier, in lines that fit a terminal', async () => {
    const ran = await cli('--data', 'labelled.npz')
    expect(ran.code).toBe(0)
    expect(ran.stdout).toMatch(/target: at most 0\.50 % of the labels may flip: met/)
    expect(ran.stdout).toMatch(/^ +constraints +activations +weights +inputs +flips +expected$/m)
    expect(ran.stdout).toMatch(/chosen$/m)
    expect(ran.stdout).toMatch(/95 % interval 0\.0 % to 8\.8 %/)
    for (const line of ran.stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(100)
  })

  test('says which labels flipped, by what margin', async () => {
    const ran = await cli('--data', 'labelled.npz', '--bits', '3', '--weight-bits', '3')
    expect(ran.stdout).toMatch(/sample \d+: class \d becomes \d, by a margin of 0\.\d+/)
    expect(ran.stdout).toMatch(
      /accuracy on 40 held-out samples: float model 100\.0 %, integer model \d+\.\d %/,
    )
    const flipped = [...ran.stdout.matchAll(/sample (\d+):/g)].map(([, place]) => Number(place) % 3)
    expect(new Set(flipped)).toEqual(new Set([2]))
  })

  test('a missed target is exit code 1, a strange choice of bits 2', async () => {
    const missed = await cli('--data', 'plain.npz', '--max-error', '0.0000001', '--json')
    expect(missed.code).toBe(1)
    expect(answer<{ error: { name: string } }>(missed).error.name).toBe('Compile.TargetError')
    expect(await cli('--data', 'plain.npz', '--bits', 'auto', '--weight-bits', '4')).toMatchObject({
      code: 2,
    })
    expect(await cli('--data', 'plain.npz', '--bits', 'few')).toMatchObject({ code: 2 })
    expect(await cli()).toMatchObject({ code: 2, stderr: expect.stringContaining('--data FILE') })
  })

  test('the warning of random samples stands on stderr', async () => {
    const ran = await cli('--domain', 'x=0,1', '--json')
    expect(ran).toMatchObject({ code: 0, stderr: expect.stringContaining('WARNING: no data was given') })
  })
})
