/** Nothing that a batch starts outlives it: the process ends by itself, and what was begun is stopped on a signal. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compile } from '../../src/stages/compile.js'
import { setup } from '../../src/stages/setup.js'
import type { Task } from '../../src/workers/messages.js'
import { CancelledError, openPool } from '../../src/workers/pool.js'
import { tempDir } from '../helpers/cli.js'
import { INPUTS, writeSmallNet } from '../helpers/small-net.js'

const dir = tempDir()

beforeAll(async () => {
  await writeSmallNet(dir)
  await compile({ model: join(dir, 'model.onnx'), data: join(dir, 'samples.npz'), out: join(dir, 'm') })
  await setup({ dir: join(dir, 'm'), kind: 'dev' })
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const INDEX = JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)

/** Says what is still open after the acts; then there is nothing but the end. */
const program = (acts: string) => `
import { setup, prove, verify, witness } from ${INDEX}
const common = { dir: 'm', input: 'samples.npz' }
const before = process.getActiveResourcesInfo()
${acts}
await new Promise((resolve) => setTimeout(resolve, 50))
const left = process.getActiveResourcesInfo()
for (const kind of before) left.splice(left.indexOf(kind), 1)
process.on('exit', () => console.log(JSON.stringify(left)))
`

const PROGRAMS = [
  ['proofs, a worker a core', `await prove({ ...common, limit: 3, threads: 2, out: 'a' })`],
  [
    'keys and a verdict',
    `await setup({ dir: 'm', kind: 'dev' }); await prove({ ...common, limit: 1, out: 'd' }); await verify('m', 'd/000000')`,
  ],
  [
    'a batch that was stopped',
    `const stop = new AbortController()
     await prove({ ...common, threads: 2, signal: stop.signal, onSample: () => stop.abort() })`,
  ],
  ['a batch that cannot begin', `await prove({ ...common, input: 'none.npz' }).catch(() => {})`],
] as const

/** Others that end like these. */
const MORE = [
  ['one proof on all cores', `await prove({ ...common, limit: 1, threads: 2, out: 'b' })`],
  ['witnesses', `await witness({ ...common, limit: 3 })`],
  [
    'a batch that was there already',
    `for (let i = 0; i < 2; i++) await prove({ ...common, limit: 2, out: 'c' })`,
  ],
  [
    'one proof that was stopped',
    `const signal = AbortSignal.timeout(300)
     await prove({ ...common, limit: 1, threads: 2, signal })`,
  ],
] as const

test.each(process.env.ZKONNX_DEEP ? [...PROGRAMS, ...MORE] : PROGRAMS)(
  '%s: no handle is left, and the process ends by itself',
  (_, acts) => {
    const args = ['--input-type=module', '--eval', program(acts)]
    expect(execFileSync(process.execPath, args, { cwd: dir, encoding: 'utf8', timeout: 120_000 })).toBe(
      '[]\n',
    )
  },
)

/** What runs in processes of their own, which end with the one that started them. */
const CHILDREN = ['chain/anvil.ts', 'onnx/fold-entry.ts']

test('no command ends its process by force', () => {
  const root = new URL('../../src', import.meta.url).pathname
  const forced = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .filter((name) => readFileSync(join(root, name), 'utf8').includes('process.exit('))
  expect(forced.filter((name) => !CHILDREN.includes(name))).toEqual([])
})

test('a worker that would never end is stopped all the same', async () => {
  const entry = join(dir, 'busy.mjs')
  writeFileSync(entry, 'export default () => { for (;;); }')
  const pool = openPool(join(dir, 'm'), { threads: 1, entry })
  const task: Task = {
    kind: 'witness',
    context: 0n,
    sample: { index: 5, inputs: [new Float64Array(INPUTS)] },
  }
  const stop = new AbortController()
  const stopped = pool.run(task, stop.signal)
  setTimeout(() => stop.abort(), 300)
  await expect(stopped).rejects.toThrow(CancelledError)
  const closed = pool.run(task).catch((error: Error) => error)
  setTimeout(() => pool.close(), 300)
  expect(await closed).toBeInstanceOf(Error)
})
