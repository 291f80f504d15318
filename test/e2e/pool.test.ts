/** The pool over a real model: proofs hold in either mode, one key for all, and stopping one sample harms no other. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { verifyAny } from '../../src/prover/judge.js'
import type { VerificationKey } from '../../src/prover/proof.js'
import { compile } from '../../src/stages/compile.js'
import { setup } from '../../src/stages/setup.js'
import type { Task } from '../../src/workers/messages.js'
import { CancelledError, openPool, type Pool } from '../../src/workers/pool.js'
import { tempDir } from '../helpers/cli.js'
import { INPUTS, writeSmallNet } from '../helpers/small-net.js'

const root = tempDir()
const dir = join(root, 'm')
let key: VerificationKey

beforeAll(async () => {
  await writeSmallNet(root)
  await compile({ model: join(root, 'model.onnx'), data: join(root, 'samples.npz'), out: dir })
  await setup({ dir, kind: 'dev' })
  key = JSON.parse(readFileSync(join(dir, 'verification_key.json'), 'utf8'))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

const task = (index: number): Task => ({
  kind: 'prove',
  context: BigInt(index),
  sample: { index, inputs: [new Float64Array(INPUTS).fill(index / 10)] },
})

async function withPool<T>(
  options: Parameters<typeof openPool>[1],
  use: (pool: Pool) => Promise<T>,
): Promise<T> {
  const pool = openPool(dir, options)
  try {
    return await use(pool)
  } finally {
    await pool.close()
  }
}

const MODES = [
  ['throughput', { threads: 2, tasks: 5, backend: { name: 'snarkjs' } }],
  ['latency', { threads: 2, tasks: 1, backend: { name: 'snarkjs' } }],
  ['throughput', { threads: 2, tasks: 5, backend: { name: 'zkonnx' } }],
  ['latency', { threads: 2, tasks: 1, backend: { name: 'zkonnx' } }],
] as const
/** Of how many tasks there will be, nothing is known. */
const MORE = [['throughput', { threads: 2, backend: { name: 'zkonnx' } }]] as const

test.each(process.env.ZKONNX_DEEP ? [...MODES, ...MORE] : MODES)(
  '%s, %o: every proof shows its own sample and context',
  async (mode, options) => {
    await withPool(options, async (pool) => {
      expect(pool.budget.mode).toBe(mode)
      const outcomes = await Promise.all(Array.from({ length: 5 }, (_, i) => pool.run(task(i))))
      for (const [i, outcome] of outcomes.entries()) {
        if (outcome.kind !== 'prove') throw new Error(outcome.kind)
        const { signals, sample } = outcome.prediction
        expect([sample, signals.at(-1)]).toEqual([i, String(i)])
        expect(await verifyAny(key, signals, outcome.proof)).toBe(true)
        expect(outcome.note).toBe(undefined)
      }
    })
  },
)

test.each([
  ['throughput', { threads: 2 }],
  ['latency', { threads: 2, tasks: 1 }],
] as const)('%s: who is stopped hears so at once, and the others are proven', async (_, options) => {
  await withPool(options, async (pool) => {
    // workers are up
    await pool.run(task(9))
    const stopping = new AbortController()
    const [stopped, ...others] = [0, 1, 2].map((i) =>
      pool.run(task(i), i === 0 ? stopping.signal : undefined),
    )
    const all = Promise.all(others)
    stopping.abort()
    await expect(stopped).rejects.toThrow(CancelledError)
    expect((await all).map(({ prediction }) => prediction.sample)).toEqual([1, 2])
  })
})

test('workers prove with the bytes that the pool read, not with a file of their own', async () => {
  await withPool({ threads: 2 }, async (pool) => {
    await pool.run(task(0))
    const zkey = join(dir, 'circuit.zkey')
    const before = readFileSync(zkey)
    rmSync(zkey)
    try {
      const outcomes = await Promise.all([1, 2, 3, 4].map((i) => pool.run(task(i))))
      expect(outcomes).toHaveLength(4)
    } finally {
      writeFileSync(zkey, before)
    }
  })
})
