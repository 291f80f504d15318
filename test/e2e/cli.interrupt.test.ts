/** Ctrl-C at any moment leaves no process, no port and no torn file. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { verify } from '../../src/stages/verify.js'
import { isAlive, until } from '../helpers/chain.js'
import { startZkonnx, tempDir, zkonnx } from '../helpers/cli.js'
import { writeSmallNet } from '../helpers/small-net.js'

const dir = tempDir()

beforeAll(async () => {
  await writeSmallNet(dir)
  for (const args of [
    ['compile', 'model.onnx', '--data', 'samples.npz', '-o', 'm'],
    ['setup', 'm', '--dev'],
  ])
    expect(await zkonnx(dir, ...args)).toMatchObject({ code: 0 })
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** The processes that descend from this one, by id. */
function descendants(of: number): number[] {
  const rows = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n')
  const pairs = rows.map((row) => row.trim().split(/\s+/).map(Number) as [number, number])
  const below = (parent: number): number[] =>
    pairs.filter(([, above]) => above === parent).flatMap(([pid]) => [pid, ...below(pid)])
  return below(of)
}

test('while proving: what is written is whole, and the exit code is 130', async () => {
  const child = startZkonnx(dir, 'prove', 'm', '--input', 'samples.npz', '-o', 'p', '--threads', '1')
  child.stdout!.resume()
  child.stderr!.once('data', () => child.kill('SIGINT'))
  const [code] = await once(child, 'close')
  expect(code).toBe(130)
  const written = readdirSync(join(dir, 'p')).filter((name) => !name.startsWith('.'))
  expect(written.length).toBeGreaterThan(0)
  expect(written.length).toBeLessThan(12)
  for (const folder of written)
    expect((await verify(join(dir, 'm'), join(dir, 'p', folder))).valid).toBe(true)
})

test('a reader that goes away, as `head` does, stops it like Ctrl-C', async () => {
  const child = startZkonnx(
    dir,
    'prove',
    'm',
    '--input',
    'samples.npz',
    '-o',
    'q',
    '--threads',
    '1',
    '--json',
  )
  const said: string[] = []
  child.stderr!.on('data', (text: Buffer) => said.push(text.toString()))
  child.stdout!.once('data', () => child.stdout!.destroy())
  const [code] = await once(child, 'close')
  expect([0, 130]).toContain(code)
  expect(said.join('')).not.toContain('EPIPE')
})

test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
  'while deploying, by %s: the chain is gone too',
  async (signal) => {
    const child = startZkonnx(dir, 'deploy', 'm')
    child.stdout!.resume()
    child.stderr!.resume()
    let started: number[] = []
    // the guard and its chain
    await until(() => {
      started = descendants(child.pid!)
      return started.length >= 2
    })
    child.kill(signal)
    await once(child, 'close')
    await until(() => !started.some(isAlive))
    const left = readdirSync(join(dir, 'm'))
    // a temporary file carries a number at its end
    expect(left.filter((name) => /\.\d+$/.test(name))).toEqual([])
    if (left.includes('deployment.json')) JSON.parse(readFileSync(join(dir, 'm/deployment.json'), 'utf8'))
  },
)
