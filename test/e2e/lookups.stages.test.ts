/** A model compiled with lookups, through the stages of the circuit: the folder, the doctor, the attack, the build repeated. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { decode } from '../../src/artifacts/iden3/r1cs.js'
import { assertLookups } from '../../src/artifacts/lookup-rows.js'
import * as Lookups from '../../src/artifacts/lookups.js'
import { sha256 } from '../../src/base/digest.js'
import { attack } from '../../src/stages/attack.js'
import { type Compiled, compile } from '../../src/stages/compile.js'
import { doctor } from '../../src/stages/doctor.js'
import { verifyBuild } from '../../src/stages/verify-build.js'
import { tempDir } from '../helpers/cli.js'
import { writeSmallNet } from '../helpers/small-net.js'

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
