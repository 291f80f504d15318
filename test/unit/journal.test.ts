/** A journal over a folder that is cut off at every place where it can be: a result is there whole or not at all. */
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { BusyError, JOURNAL, type Journal, openJournal } from '../../src/artifacts/journal.js'
import type { PredictionFiles } from '../../src/artifacts/proof-folder.js'

const root = mkdtempSync(join(tmpdir(), 'zkonnx-journal-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let out = ''
let number = 0
beforeEach(() => {
  out = join(root, String(number++))
})

const row = (value: number) => [Float64Array.of(value, 1)]
const files = (sample: number, word = 'first'): PredictionFiles => ({
  proof: { word },
  signals: [String(sample)],
  prediction: {
    format: 'zkonnx-prediction/1',
    circuit: 'sha256:0',
    sample,
    float: [],
    integer: [],
    says: { outputs: [], inputs: [] },
    context: { kind: 'none' },
    times: { infer: 0, execute: 0, witness: 0 },
  },
})
const at = (name: string) => join(out, name)
const wordOf = (folder: string) => JSON.parse(readFileSync(join(folder, 'proof.json'), 'utf8')).word

async function withJournal<T>(use: (journal: Journal) => Promise<T>, where = out): Promise<T> {
  const journal = await openJournal(where)
  try {
    return await use(journal)
  } finally {
    await journal.close()
  }
}

/** Samples 0 to 2, kept. */
const three = () =>
  withJournal(async (journal) => {
    for (const k of [0, 1, 2]) await journal.keep(k, journal.taskDigest('facts', row(k)), files(k))
  })
const stateOf = () =>
  withJournal((journal) =>
    Promise.all(
      [0, 1, 2, 3].map(
        async (k) => (await journal.resultOf(k, journal.taskDigest('facts', row(k)))) !== undefined,
      ),
    ),
  )

test('what was kept is found again, and only for the task that it was kept for', async () => {
  await three()
  expect(await stateOf()).toEqual([true, true, true, false])
  await withJournal(async (journal) => {
    expect(journal.finished).toBe(3)
    for (const other of [journal.taskDigest('other', row(0)), journal.taskDigest('facts', row(9)), ''])
      expect(await journal.resultOf(0, other)).toBeUndefined()
    expect(journal.taskDigest('facts', [Float64Array.of(0), Float64Array.of(1)])).not.toBe(
      journal.taskDigest('facts', row(0)),
    )
  })
  expect(readdirSync(out).sort()).toEqual([JOURNAL, '000000', '000001', '000002'])
})

test('another journal digests the same task otherwise: nobody can guess inputs without it', async () => {
  const digest = (where: string) => withJournal(async (journal) => journal.taskDigest('facts', row(0)), where)
  expect(await digest(out)).toBe(await digest(out))
  expect(await digest(out)).not.toBe(await digest(join(root, 'another')))
})

test('a journal cut off at any byte gives whole lines, and goes on', async () => {
  await three()
  const whole = readFileSync(at(JOURNAL))
  const lines = (length: number) => whole.subarray(0, length).toString().split('\n').length - 2
  for (let length = 0; length <= whole.length; length += 7) {
    const copy = `${out}-${length}`
    cpSync(out, copy, { recursive: true })
    truncateSync(join(copy, JOURNAL), length)
    await withJournal(async (journal) => {
      expect(journal.finished).toBe(Math.max(0, lines(length)))
      await journal.keep(2, journal.taskDigest('facts', row(2)), files(2))
    }, copy)
    await withJournal(async (journal) => {
      expect(await journal.resultOf(2, journal.taskDigest('facts', row(2)))).toBeDefined()
    }, copy)
  }
})

test('a result whose files are not those that were noted is none', async () => {
  await three()
  appendFileSync(at('000000/proof.json'), ' ')
  rmSync(at('000001/prediction.json'))
  expect(await stateOf()).toEqual([false, false, true, false])
})

test.each([
  ['before it is noted', () => renameSync(at('000002'), at('.000003.new')), [true, true, false, false]],
  ['after it is noted', () => renameSync(at('000002'), at('.000002.new')), [true, true, true, false]],
  [
    'after the old one is moved away',
    () => {
      cpSync(at('000002'), at('.000002.old'), { recursive: true })
      renameSync(at('000002'), at('.000002.new'))
    },
    [true, true, true, false],
  ],
  [
    'before the new one is there',
    () => renameSync(at('000002'), at('.000002.old')),
    [true, true, true, false],
  ],
] as const)('cut off %s', async (_, cut, state) => {
  await three()
  cut()
  expect(await stateOf()).toEqual(state)
  expect(readdirSync(out).filter((name) => /new|old|lock/.test(name))).toEqual([])
})

test('a new result takes the place of an older one, whole', async () => {
  await three()
  await withJournal(async (journal) => {
    const folder = await journal.keep(1, journal.taskDigest('new', row(1)), files(1, 'second'))
    expect([folder, wordOf(folder)]).toEqual([at('000001'), 'second'])
  })
  expect(await stateOf()).toEqual([true, false, true, false])
})

test('failures are noted with their reason, and do not count as results', async () => {
  await withJournal((journal) => journal.fail(0, 'task', { name: 'A.B', message: 'why', fault: 'input' }))
  expect(readFileSync(at(JOURNAL), 'utf8')).toContain('"why"')
  expect(await withJournal(async ({ finished }) => finished)).toBe(0)
})

test('only one batch writes to a folder; the lock of a process that is gone does not count', async () => {
  await withJournal(async () => {
    await expect(openJournal(out)).rejects.toThrow(BusyError)
  })
  // the parent of this process is running, and is not it
  writeFileSync(at('.journal.lock'), String(process.ppid))
  await expect(openJournal(out)).rejects.toThrow(`process ${process.ppid}`)
  for (const gone of ['', '4194305', 'x']) {
    writeFileSync(at('.journal.lock'), gone)
    await withJournal(async () => {})
  }
  expect(statSync(at(JOURNAL)).isFile()).toBe(true)
})
