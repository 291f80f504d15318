/** What a service remembers: whole or not at all, until it is swept. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Accepted, openState, type State } from '../../src/stages/serve/state.js'

let dir: string
let state: State
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'zkonnx-state-'))
  state = await openState(dir)
})
afterEach(async () => {
  await state.close()
  rmSync(dir, { recursive: true, force: true })
})

const DIGEST = `sha256:${'0'.repeat(64)}` as const
const INPUTS = { rows: [[[0.1, -0.5]]], salts: ['7'] }

function accepted(id: string, order = 0): Accepted {
  const prediction = {
    ...({ format: 'zkonnx-prediction/1', circuit: DIGEST, sample: 0, float: [], integer: [] } as const),
    ...({
      says: { outputs: [], inputs: [] },
      context: { kind: 'none' },
      times: { infer: 1, execute: 1, witness: 1 },
    } as const),
  }
  return {
    ...({
      format: 'zkonnx-accepted/1',
      id,
      model: 'm',
      circuit: DIGEST,
      key: DIGEST,
      at: 'now',
      order,
    } as const),
    ...{ request: 'digest', claims: {}, samples: [{ signals: DIGEST, prediction }] },
  }
}

async function reopen(): Promise<Accepted[]> {
  await state.close()
  state = await openState(dir)
  return state.recover()
}

test('what was accepted is there after a restart, in its order, with what proving needs', async () => {
  const [one, two] = [state.idFor('m'), state.idFor('m')]
  await state.accept(accepted(two, 2), INPUTS)
  await state.accept(accepted(one, 1), INPUTS)
  expect((await reopen()).map(({ id }) => id)).toEqual([one, two])
  expect(await state.inputsOf(one)).toEqual(INPUTS)
  await state.settle(one, 'done')
  expect(await state.find(one)).toMatchObject({ place: 'done', accepted: { id: one } })
  expect(existsSync(join(dir, 'done', one, 'inputs.json'))).toBe(false)
  expect((await reopen()).map(({ id }) => id)).toEqual([two])
})

test('what had failed is tried again with its inputs', async () => {
  const id = state.idFor('m')
  await state.accept(accepted(id), INPUTS)
  await state.settle(id, 'failed')
  expect(await state.find(id)).toMatchObject({ place: 'failed' })
  expect((await reopen()).map((one) => one.id)).toEqual([id])
  expect(await state.inputsOf(id)).toEqual(INPUTS)
})

test('what was cut off before it was accepted goes away, and what is damaged is told', async () => {
  const id = state.idFor('m')
  mkdirSync(join(dir, 'pending', `.${id}.new`))
  mkdirSync(join(dir, 'pending', 'notes of somebody'))
  expect(await reopen()).toEqual([])
  expect(readdirSync(join(dir, 'pending'))).toEqual(['notes of somebody'])
  await state.accept(accepted(id), INPUTS)
  writeFileSync(join(dir, 'pending', id, 'accepted.json'), '{')
  await expect(reopen()).rejects.toThrow(/cannot be read/)
})

test('ids follow from keys, by a secret of the folder', async () => {
  const id = state.idFor('m', 'key')
  expect(id).toMatch(/^[0-9a-f]{32}$/)
  expect([state.idFor('m', 'key'), state.idFor('m', 'other') === id, state.idFor('n', 'key') === id]).toEqual(
    [id, false, false],
  )
  expect(state.idFor('m')).not.toBe(state.idFor('m'))
  await reopen()
  expect(state.idFor('m', 'key')).toBe(id)
  const secret = JSON.parse(readFileSync(join(dir, 'service.json'), 'utf8')).key
  await state.close()
  rmSync(join(dir, 'service.json'))
  state = await openState(dir)
  expect(state.idFor('m', 'key')).not.toBe(id)
  expect(secret).toMatch(/^[0-9a-f]{64}$/)
})

test('what was done long ago is swept, and nothing else', async () => {
  const [old, fresh, waiting] = [state.idFor('m'), state.idFor('m'), state.idFor('m')]
  for (const id of [old, fresh, waiting]) await state.accept(accepted(id), INPUTS)
  for (const id of [old, fresh]) await state.settle(id, 'done')
  const yesterday = new Date(Date.now() - 86_400_000)
  for (const path of [join('done', old), join('pending', waiting)])
    utimesSync(join(dir, path), yesterday, yesterday)
  expect(await state.sweep(90_000_000)).toBe(0)
  expect(await state.sweep(80_000_000)).toBe(1)
  expect(await state.find(old)).toBe(undefined)
  expect([(await state.find(fresh))?.place, (await state.find(waiting))?.place]).toEqual(['done', 'pending'])
})

test('one service at a time keeps its state there', async () => {
  await expect(openState(dir)).rejects.toThrow(/Another service/)
})
