/**
 * A batch that is killed again and again, or runs out of disk: in the end every sample has one valid proof, made once.
 * With ZKONNX_DEEP 50 kills over 200 samples; ZKONNX_SEED chooses the moments.
 */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { JOURNAL } from '../../src/artifacts/journal.js'
import { saveNpz } from '../../src/artifacts/samples/npz.js'
import { compile } from '../../src/stages/compile.js'
import { setup } from '../../src/stages/setup.js'
import { verify } from '../../src/stages/verify.js'
import { startZkonnx, tempDir, zkonnx } from '../helpers/cli.js'
import { seeded } from '../helpers/onnx-model.js'
import { INPUTS, writeSmallNet } from '../helpers/small-net.js'

const seed = Number(process.env.ZKONNX_SEED ?? 7)
const [KILLS, SAMPLES] = process.env.ZKONNX_DEEP ? [50, 200] : [3, 12]
const dir = tempDir()

beforeAll(async () => {
  await writeSmallNet(dir)
  await compile({ model: join(dir, 'model.onnx'), data: join(dir, 'samples.npz'), out: join(dir, 'm') })
  await setup({ dir: join(dir, 'm'), kind: 'dev' })
  const data = Float64Array.from({ length: SAMPLES * INPUTS }, seeded(3))
  await saveNpz(join(dir, 'many.npz'), { x: { shape: [SAMPLES, INPUTS], data } })
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const BATCH = ['prove', 'm', '--input', 'many.npz'] as const

/** The proofs that are there, by folder. */
function proofsIn(out: string): Map<string, string> {
  if (!existsSync(out)) return new Map()
  const folders = readdirSync(out).filter((name) => /^\d+$/.test(name))
  return new Map(folders.map((name) => [name, readFileSync(join(out, name, 'proof.json'), 'utf8')]))
}

/** Remembers the proofs, and that none has changed since it was seen. */
function openWatch(out: string) {
  const seen = new Map<string, string>()
  return () => {
    const now = proofsIn(out)
    for (const [folder, proof] of seen) expect(now.get(folder), folder).toBe(proof)
    for (const [folder, proof] of now) seen.set(folder, proof)
    return seen.size
  }
}

async function expectComplete(out: string): Promise<void> {
  const lines = readFileSync(join(out, JOURNAL), 'utf8').trim().split('\n').slice(1)
  const done = lines.map((line) => JSON.parse(line)).filter((entry) => entry.done !== undefined)
  expect(done.map(({ sample }) => sample).sort((a, b) => a - b)).toEqual(
    Array.from({ length: SAMPLES }, (_, k) => k),
  )
  expect(readdirSync(out).filter((name) => !/^\d+$/.test(name))).toEqual([JOURNAL])
  const folders = [...proofsIn(out).keys()]
  expect(folders).toHaveLength(SAMPLES)
  for (const folder of folders)
    expect((await verify(join(dir, 'm'), join(out, folder))).valid, folder).toBe(true)
}

test(
  `${KILLS} kills over ${SAMPLES} samples (seed ${seed}): each proven once, none torn`,
  async () => {
    const out = join(dir, 'killed')
    const watch = openWatch(out)
    const random = seeded(seed)
    let kills = 0
    for (let rounds = 0; kills < KILLS && rounds < 4 * KILLS; rounds++) {
      const child = startZkonnx(dir, ...BATCH, '-o', 'killed')
      child.stdout!.resume()
      child.stderr!.resume()
      const ended = once(child, 'close')
      // some are killed before they have done anything; the rest so late that in the end all is done
      const share = SAMPLES / KILLS
      const enough = Math.min(SAMPLES - 1, proofsIn(out).size + Math.floor(random() * (share + 1)))
      const running = () => child.exitCode === null && child.signalCode === null
      while (running() && proofsIn(out).size < enough) await sleep(10)
      await sleep(random() * 300)
      if (running() && child.kill('SIGKILL')) kills++
      await ended
      watch()
    }
    expect(kills).toBe(KILLS)
    const last = await zkonnx(dir, ...BATCH, '-o', 'killed', '--json')
    expect(last).toMatchObject({ code: 0 })
    expect(watch()).toBe(SAMPLES)
    expect(JSON.parse(last.stdout).map(({ sample }: { sample: number }) => sample)).toEqual(
      Array.from({ length: SAMPLES }, (_, k) => k),
    )
    await expectComplete(out)
  },
  process.env.ZKONNX_DEEP ? 1_800_000 : 240_000,
)

/** A file system of its own, where that is allowed. */
const mountable = (() => {
  const probe = join(dir, 'probe')
  mkdirSync(probe)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', probe], { stdio: 'ignore' })
    execFileSync('umount', [probe], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

test.runIf(mountable)(
  'a disk that is full: what is there is whole, the error says so, and with room it goes on',
  async () => {
    const out = join(dir, 'small')
    mkdirSync(out)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', out])
    try {
      const watch = openWatch(out)
      const ran = await zkonnx(dir, ...BATCH, '-o', 'small')
      expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining('ENOSPC') })
      expect(watch()).toBeGreaterThan(0)
      execFileSync('mount', ['-o', 'remount,size=64m', out])
      expect(await zkonnx(dir, ...BATCH, '-o', 'small')).toMatchObject({ code: 0 })
      expect(watch()).toBe(SAMPLES)
      await expectComplete(out)
    } finally {
      execFileSync('umount', [out])
    }
  },
)
