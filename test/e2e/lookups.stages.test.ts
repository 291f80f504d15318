/** A model compiled with lookups, through the stages of the circuit: the folder, the doctor, the attack, the build repeated. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { decode } from '../../src/artifacts/iden3/r1cs.js'
import { ChoiceRecord, choiceOf, recordOf } from '../../src/artifacts/lookup-choice.js'
import { assertLookups } from '../../src/artifacts/lookup-rows.js'
import * as Lookups from '../../src/artifacts/lookups.js'
import { disclosureOf, readManifest } from '../../src/artifacts/manifest.js'
import { readProgram } from '../../src/artifacts/program-file.js'
import { sha256 } from '../../src/base/digest.js'
import { blueprintOf } from '../../src/circuit/compiled.js'
import { draft } from '../../src/circuit/synthesize.js'
import { attack } from '../../src/stages/attack.js'
import { type Compiled, compile } from '../../src/stages/compile.js'
import { doctor } from '../../src/stages/doctor.js'
import { verifyBuild } from '../../src/stages/verify-build.js'
import { openRuntime } from '../../src/workers/runtime.js'
import { tempDir } from '../helpers/cli.js'
import { buildBytes, Type } from '../helpers/onnx-model.js'
import { INPUTS, writeSmallNet } from '../helpers/small-net.js'

const dir = tempDir()
const at = (...parts: string[]) => join(dir, ...parts)
const SOURCES = { model: at('model.onnx'), data: at('samples.npz') }
const OPTIONS = { ...SOURCES, bits: { activation: 6, weight: 6 }, domains: { x: { lo: 0, hi: 1 } } }

let made: Compiled
let plain: Compiled

beforeAll(async () => {
  await writeSmallNet(dir)
  made = await compile({ ...OPTIONS, out: at('lookup'), scheme: 'groth16-lookup' })
  plain = await compile({ ...OPTIONS, out: at('bits') })
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

test('the folder holds the lookups, and the manifest says so', () => {
  const { scheme, circuit } = made.manifest
  const bytes = readFileSync(at('lookup', 'circuit.lookups'))
  const layout = Lookups.decode(bytes)
  expect(scheme).toBe('groth16-lookup')
  expect(circuit.lookups).toMatchObject({ sha256: sha256(bytes), lookups: layout.tableOf.length })
  expect(() => assertLookups(decode(readFileSync(at('lookup', 'circuit.r1cs'))), layout)).not.toThrow()
  expect(plain.manifest.scheme).toBeUndefined()
  expect(circuit.constraints).toBeLessThan(plain.manifest.circuit.constraints)
})

test('the tables are chosen once: opened, the folder gives the circuit without a choice', async () => {
  const { choice } = made.manifest.circuit.lookups!
  const program = await readProgram(at('lookup'))
  const { lookups } = draft(program, disclosureOf(made.manifest), 'groth16-lookup')
  expect(blueprintOf(made.manifest, program).lookups).toEqual(lookups)
  expect(lookups).toEqual(choiceOf(choice))
  expect(ChoiceRecord.parse(recordOf({ ...lookups!, entryWorth: Infinity }))).not.toHaveProperty('entryWorth')
})

test.each([
  ['a width that no table has', { ranges: [1, 8] }, 'choice.ranges.0'],
  ['a width beyond all tables', { ranges: [8, 21] }, 'choice.ranges.1'],
  ['widths that do not rise', { ranges: [8, 8] }, 'rising order'],
  ['an interval that is no integer', { intervals: [3.5] }, 'choice.intervals.0'],
  ['entries worth nothing', { entryWorth: 0 }, 'choice.entryWorth'],
  ['no tables at all', undefined, 'circuit.lookups.choice'],
])('%s: a manifest that says so is refused', async (_, change, where) => {
  const { choice } = made.manifest.circuit.lookups!
  const manifest = withChoice(change && { ...choice, ...change })
  mkdirSync(at('refused'), { recursive: true })
  writeFileSync(at('refused', 'manifest.json'), JSON.stringify(manifest))
  await expect(readManifest(at('refused'))).rejects.toThrow(where)
})

test('other tables than the circuit has are named, and nothing is proven with them', async () => {
  cpSync(at('lookup'), at('other'), { recursive: true })
  const other = { ...made.manifest.circuit.lookups!.choice, ranges: [], intervals: [] }
  writeFileSync(at('other', 'manifest.json'), JSON.stringify(withChoice(other)))
  const { links } = await verifyBuild({ dir: at('other') })
  const { name, details } = links.find(({ state }) => state === 'differs')!
  expect([name, ...details!].join(' ')).toContain('statement circuit.lookups.choice.')
  const runtime = await openRuntime(at('other'))
  const sample = { index: 0, inputs: [Float64Array.from({ length: INPUTS }, () => 0.5)] }
  const task = { kind: 'witness', sample, context: 0n } as const
  await expect(runtime.run(task)).rejects.toThrow('wires')
  await runtime.close()
  const honest = await openRuntime(at('lookup'))
  expect(await honest.run(task)).toMatchObject({ kind: 'witness' })
  await honest.close()
})

/** The manifest with another choice of tables. */
function withChoice(choice: object | undefined): object {
  const { circuit, ...rest } = made.manifest
  return { ...rest, circuit: { ...circuit, lookups: { ...circuit.lookups, choice } } }
}

test('both schemes compile to the same integers', () => {
  for (const file of ['quantized.json', 'quantized.npz', 'calibration.json'])
    expect(sha256(readFileSync(at('lookup', file))), file).toBe(sha256(readFileSync(at('bits', file))))
})

test('compiled again in the other scheme, no lookups are left', async () => {
  cpSync(at('lookup'), at('again'), { recursive: true })
  await compile({ ...OPTIONS, out: at('again') })
  expect(() => readFileSync(at('again', 'circuit.lookups'))).toThrow('ENOENT')
})

test('the doctor says what both cost', async () => {
  const { cost } = await doctor(OPTIONS)
  expect(cost!.constraints).toBe(plain.manifest.circuit.constraints)
  expect(cost!.lookup).toMatchObject({
    constraints: made.manifest.circuit.constraints,
    wires: made.manifest.circuit.wires,
    lookups: made.manifest.circuit.lookups!.lookups,
  })
  expect(cost!.lookup.proving!.power).toBe(made.manifest.circuit.power)
})

test('.. of the program that compiling makes in each, where functions differ', async () => {
  const model = at('tanh.onnx')
  const nodes = [{ op: 'Tanh', in: ['x'], out: ['y'] }]
  const ports = { inputs: { x: { shape: [1, 60] } }, outputs: { y: Type.FLOAT } }
  writeFileSync(model, buildBytes({ opset: 17, ...ports, nodes }))
  const options = { model, domains: { x: { lo: -3, hi: 3 } }, bits: {} }
  const { cost, notes } = await doctor(options)
  const sizes = ({ manifest: { circuit } }: Compiled) => [circuit.constraints, circuit.wires, circuit.power]
  const lines = await compile({ ...options, out: at('lines') })
  expect([cost!.constraints, cost!.wires, cost!.proving!.power]).toEqual(sizes(lines))
  expect(notes.join()).toContain('Tanh by lines')
  const tables = await compile({ ...options, out: at('tables'), scheme: 'groth16-lookup' })
  const { lookup } = cost!
  expect([lookup.constraints, lookup.wires, lookup.proving!.power]).toEqual(sizes(tables))
  expect(lookup.notes.join()).toContain('Tanh by a table')
})

test('the attack accepts nothing, and tried the sums', async () => {
  const report = await attack({ dir: at('lookup'), limit: 1, lies: 40, groups: 40 })
  expect(report.accepted).toEqual([])
  expect(report.rank.rank).toBe(report.rank.unknowns)
  expect(report.sums!.tries).toBeGreaterThan(0)
  expect(Object.keys(report.hints).length).toBeGreaterThan(0)
})

test('the build is derived again; lookups that were changed are named', async () => {
  const { links, equal } = await verifyBuild({ dir: at('lookup'), ...SOURCES })
  expect(links.find(({ state }) => state === 'differs')).toBeUndefined()
  expect(equal).toBe(true)
  cpSync(at('lookup'), at('changed'), { recursive: true })
  const path = at('changed', 'circuit.lookups')
  const layout = Lookups.decode(readFileSync(path))
  const [first, ...rest] = layout.tables as [Lookups.LookupTable, ...Lookups.LookupTable[]]
  const entries = first.entries.with(0, -7)
  writeFileSync(path, Lookups.encode({ ...layout, tables: [{ ...first, entries }, ...rest] }))
  const broken = (await verifyBuild({ dir: at('changed'), ...SOURCES })).links.find(
    ({ state }) => state === 'differs',
  )
  expect(broken?.name).toBe('circuit')
  await expect(attack({ dir: at('changed'), limit: 1 })).rejects.toThrow('not those of their lookups')
})
