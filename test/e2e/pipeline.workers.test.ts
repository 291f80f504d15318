/** A worker that dies takes one sample with it, and the others are finished by its successor. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compile } from '../../src/stages/compile.js'
import { runBatch } from '../../src/workers/batch.js'
import type { Task } from '../../src/workers/messages.js'
import { openPool } from '../../src/workers/pool.js'
import { tempDir } from '../helpers/cli.js'
import { INPUTS, writeSmallNet } from '../helpers/small-net.js'

const dir = tempDir()
const ENTRY = new URL('../../dist/workers/entry.js', import.meta.url)

/** The real entry, but for one sample, at which the thread ends itself or throws something that is no error. */
function entryThat(act: string): string {
  const file = join(dir, `${act.replace(/\W/g, '')}.mjs`)
  writeFileSync(
    file,
    `import run from ${JSON.stringify(pathToFileURL(ENTRY.pathname).href)}
export default async (task) => {
  if (task.sample.index === 1) { ${act} }
  return run(task)
}
`,
  )
  return file
}

beforeAll(async () => {
  await writeSmallNet(dir)
  await compile({ model: join(dir, 'model.onnx'), data: join(dir, 'samples.npz'), out: join(dir, 'm') })
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

test.each([
  ['process.exit(7)', /Sample 1: The worker died/],
  ['throw "unheard of"', /Sample 1: The worker died: unheard of/],
])('a worker that does %s', async (act, cause) => {
  const pool = openPool(join(dir, 'm'), { threads: 2, entry: entryThat(act) })
  const finished = []
  try {
    for await (const one of runBatch(pool, tasks(6))) finished.push(one)
  } finally {
    await pool.close()
  }
  finished.sort((a, b) => a.sample - b.sample)
  expect(finished.map((one) => ['error' in one, one.sample])).toEqual(
    [0, 1, 2, 3, 4, 5].map((sample) => [sample === 1, sample]),
  )
  expect(finished[1]).toMatchObject({
    error: { name: 'Pool.SampleError', fault: 'internal', message: cause },
  })
})

function tasks(count: number): Task[] {
  return Array.from({ length: count }, (_, index) => ({
    kind: 'witness',
    context: 0n,
    sample: { index, inputs: [new Float64Array(INPUTS).fill(0.5)] },
  }))
}
