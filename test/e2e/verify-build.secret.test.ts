/** Builds of models with secret weights: their owner derives them whole, others as far as nothing secret is needed. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compile } from '../../src/stages/compile.js'
import { setup } from '../../src/stages/setup.js'
import { type BuildVerdict, verifyBuild } from '../../src/stages/verify-build.js'
import { tempDir } from '../helpers/cli.js'
import { writeSmallNet } from '../helpers/small-net.js'

const dir = tempDir()
const at = (...parts: string[]) => join(dir, ...parts)
const DATA = { data: at('samples.npz') }

beforeAll(async () => {
  await writeSmallNet(dir)
  await writeSmallNet(dir, { name: 'other', seed: 2 })
  await compile({ model: at('model.onnx'), ...DATA, out: at('secret'), weights: 'committed' })
  await setup({ dir: at('secret'), kind: 'dev' })
  await compile({ model: at('other.onnx'), ...DATA, out: at('second'), like: at('secret') })
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const statesOf = ({ links }: BuildVerdict) =>
  Object.fromEntries(links.map(({ name, state }) => [name, state]))

test('its owner derives it whole', async () => {
  const verdict = await verifyBuild({ dir: at('secret'), model: at('model.onnx'), ...DATA })
  expect(verdict.links.filter(({ state }) => state === 'differs')).toEqual([])
  expect(statesOf(verdict)).toMatchObject({
    ...{ 'ONNX file': 'equal', 'imported graph': 'equal', 'integer program': 'equal', samples: 'equal' },
    ...{ statement: 'equal', circuit: 'equal', 'proving key': 'equal', 'verifying key': 'equal' },
  })
})

test('of a model that was compiled like another, weights and circuit are derived', async () => {
  const verdict = await verifyBuild({ dir: at('second'), model: at('other.onnx'), ...DATA })
  expect(verdict.links.filter(({ state }) => state === 'differs')).toEqual([])
  expect(statesOf(verdict)).toMatchObject({ 'integer program': 'equal', circuit: 'equal' })
  const foreign = await verifyBuild({ dir: at('second'), model: at('model.onnx') })
  expect(foreign.links.find(({ state }) => state === 'differs')).toMatchObject({ name: 'ONNX file' })
})

test('others are told what they cannot derive, and nothing of the weights is in what they get', async () => {
  cpSync(at('secret'), at('public'), { recursive: true })
  for (const file of [
    'model.onnx',
    'quantized.json',
    'quantized.npz',
    'calibration.json',
    'model-opening.json',
  ])
    rmSync(at('public', file))
  const verdict = await verifyBuild({ dir: at('public') })
  expect(verdict.equal).toBe(true)
  expect(statesOf(verdict)).toMatchObject({
    ...{ 'model as it is run': 'skipped', 'integer program': 'skipped', circuit: 'skipped' },
    ...{ 'proving key': 'equal', 'verifying key': 'equal' },
  })
  const manifest = JSON.parse(readFileSync(at('public/manifest.json'), 'utf8'))
  expect(manifest.derivation).toBeUndefined()
  expect(manifest.model.files).toEqual([])
})

test('a weight or a salt that the commitment does not open to is told', async () => {
  cpSync(at('secret'), at('salted'), { recursive: true })
  const opening = JSON.parse(readFileSync(at('salted/model-opening.json'), 'utf8'))
  writeFileSync(at('salted/model-opening.json'), JSON.stringify({ ...opening, salt: '1' }))
  const verdict = await verifyBuild({ dir: at('salted') })
  expect(verdict.links.find(({ state }) => state === 'differs')).toMatchObject({ name: 'statement' })
})
