/** The embedded chain leaves nothing behind, however its parent ends. Needs the build (`npm run build`). */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect as connectSocket } from 'node:net'
import { expect, test } from 'vitest'
import { type Anvil, startAnvil } from '../../src/chain/anvil.js'
import { isAlive, until } from '../helpers/chain.js'

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectSocket({ host: '127.0.0.1', port })
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

test('stop ends the process and frees its port, and may be called twice', async () => {
  const anvil = await startAnvil()
  expect(isAlive(anvil.pid)).toBe(true)
  expect(await accepts(anvil.port)).toBe(true)
  await Promise.all([anvil.stop(), anvil.stop()])
  await anvil.stop()
  expect(isAlive(anvil.pid)).toBe(false)
  expect(await accepts(anvil.port)).toBe(false)
})

test('two chains run side by side', async () => {
  const both = await Promise.all([startAnvil(), startAnvil({ chainId: 1 })])
  try {
    expect(both[0].port).not.toBe(both[1].port)
    expect(both.map((anvil) => anvil.chainId)).toEqual([31337n, 1n])
  } finally {
    await Promise.all(both.map((anvil) => anvil.stop()))
  }
})

test('a chain that does not start in time is a typed error', async () => {
  await expect(startAnvil({ timeoutMs: 1 })).rejects.toMatchObject({ name: 'Chain.AnvilStartError' })
})

test.skipIf(process.platform !== 'linux')('it ends when its guard is killed', async () => {
  const anvil = await startAnvil()
  const status = await readFile(`/proc/${anvil.pid}/status`, 'utf8')
  process.kill(Number(/^PPid:\s+(\d+)$/m.exec(status)![1]), 'SIGKILL')
  await expectGone(anvil)
  await anvil.stop()
})

/** Starts a chain in another Node process, which then does as `after` says. */
async function inChild(after: string): Promise<{ parent: ReturnType<typeof spawn>; anvil: Anvil }> {
  const built = new URL('../../dist/chain/anvil.js', import.meta.url)
  const script = `
    import { startAnvil } from ${JSON.stringify(built.href)}
    const anvil = await startAnvil()
    console.log(JSON.stringify({ ...anvil, chainId: undefined }))
    ${after}
  `
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let errors = ''
  parent.stderr.on('data', (chunk) => {
    errors += chunk
  })
  const line = await Promise.race([
    once(parent.stdout, 'data').then(([chunk]) => String(chunk)),
    once(parent, 'close').then(() => Promise.reject(new Error(`the child ended early: ${errors}`))),
  ])
  return { parent, anvil: JSON.parse(line) as Anvil }
}

async function expectGone(anvil: Anvil): Promise<void> {
  await until(() => !isAlive(anvil.pid))
  expect(await accepts(anvil.port)).toBe(false)
}

test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('it ends with a parent that gets %s', async (signal) => {
  const { parent, anvil } = await inChild('setInterval(() => {}, 1000)')
  expect(await accepts(anvil.port)).toBe(true)
  parent.kill(signal)
  await expectGone(anvil)
})

test('it ends when the parent’s whole process group is killed', async () => {
  const { parent, anvil } = await inChild('setInterval(() => {}, 1000)')
  process.kill(-parent.pid!, 'SIGKILL')
  await expectGone(anvil)
})

test('it ends with a parent that crashes', async () => {
  const { anvil } = await inChild('throw new Error("crash")')
  await expectGone(anvil)
})

test('a chain that nobody stopped does not keep its parent alive', async () => {
  const { parent, anvil } = await inChild('')
  if (parent.exitCode === null) await once(parent, 'exit')
  expect(parent.exitCode).toBe(0)
  await expectGone(anvil)
})
