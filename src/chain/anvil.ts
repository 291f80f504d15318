/**
 * The embedded local chain: Foundry's anvil, from the npm package that holds its binary for this platform.
 *
 * Anvil does not notice that its parent is gone. So a guard stands between: a small Node process that starts anvil and
 * kills it when the guard's standard input closes, which the operating system sees to when this process ends in
 * whatever way, SIGKILL included. The guard leads a process group of its own, so that a signal to ours leaves it time
 * to do so. A forgotten chain does not keep this process alive.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import { BaseError, messageOf } from '../base/errors.js'
import { askChainId } from './provider.js'

export type Anvil = {
  readonly url: string
  readonly port: number
  /** Of anvil itself, not of its guard. */
  readonly pid: number
  readonly chainId: bigint
  /** Resolves when the process is gone and its port free. Safe to call twice. */
  stop(): Promise<void>
}

/**
 * Starts a chain on a port that the operating system chooses, and waits until it answers.
 * Throws `AnvilMissingError` where no binary is installed and `AnvilStartError` if it ends or stays silent.
 */
export async function startAnvil(options: startAnvil.Options = {}): Promise<Anvil> {
  const { chainId = 31337, timeoutMs = 20_000 } = options
  const args = ['--host', '127.0.0.1', '--port', '0', '--chain-id', String(chainId), '--hardfork', 'osaka']
  const guard = spawn(process.execPath, ['-e', GUARD, '--', anvilBinary(), ...args], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: guardEnvironment(),
  })
  try {
    const { pid, port } = await ready(guard, timeoutMs)
    const url = `http://127.0.0.1:${port}`
    const anvil = { url, port, pid, chainId: await askChainId(url, timeoutMs), stop: () => stop(guard) }
    // should the guard itself be killed, anvil would be nobody's
    guard.once('exit', (_code, signal) => {
      if (signal !== null) killIfThere(pid)
    })
    release(guard)
    return anvil
  } catch (error) {
    await stop(guard)
    throw error
  }
}

export declare namespace startAnvil {
  type Options = { chainId?: number; timeoutMs?: number }
}

// In plain JavaScript and as text, since it must run the same from sources and from a build. It reads anvil's log to
// the end: a full pipe would halt anvil.
const GUARD = `
const { spawn } = require('node:child_process')
const anvil = spawn(process.argv[1], process.argv.slice(2), { stdio: ['ignore', 'pipe', 'inherit'] })
const kill = () => anvil.kill('SIGKILL')
process.stdin.on('end', kill).on('close', kill).on('error', kill).resume()
process.stdout.on('error', kill)
for (const event of ['SIGINT', 'SIGTERM', 'SIGHUP', 'exit']) process.on(event, kill)
anvil.on('error', (error) => { console.error(error.message); process.exit(1) })
anvil.on('exit', (code) => process.exit(code ?? 0))
let log = ''
anvil.stdout.on('data', (chunk) => {
  if (log === undefined) return
  log += chunk
  const port = /Listening on \\S+:(\\d+)\\s/.exec(log)?.[1]
  if (port === undefined) return
  log = undefined
  process.stdout.write(JSON.stringify({ pid: anvil.pid, port: Number(port) }) + '\\n')
})
`

// options for Node are not meant for the guard, and a signing key is nobody's business there
function guardEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _o, ZKONNX_PRIVATE_KEY: _k, ZKONNX_KEYSTORE_PASSWORD: _p, ...rest } = process.env
  return rest
}

function anvilBinary(): string {
  const platform = { linux: 'linux', darwin: 'darwin', win32: 'win32' }[process.platform as string]
  const arch = { x64: 'amd64', arm64: 'arm64' }[process.arch as string]
  const file = process.platform === 'win32' ? 'anvil.exe' : 'anvil'
  try {
    const beside = createRequire(createRequire(import.meta.url).resolve('@foundry-rs/anvil/package.json'))
    return beside.resolve(`@foundry-rs/anvil-${platform}-${arch}/bin/${file}`)
  } catch (cause) {
    throw new AnvilMissingError(cause)
  }
}

async function ready(guard: ChildProcess, timeoutMs: number): Promise<{ pid: number; port: number }> {
  let errors = ''
  guard.stderr!.on('data', (chunk: Buffer) => {
    errors = (errors + chunk).slice(-2000)
  })
  return new Promise((resolve, reject) => {
    const fail = (problem: string, cause?: unknown) => reject(new AnvilStartError(problem, errors, cause))
    const timer = setTimeout(() => fail(`said nothing for ${timeoutMs / 1000} s`), timeoutMs)
    guard.once('error', (error) => fail(messageOf(error), error))
    guard.once('close', (code) => fail(`ended with code ${code}`))
    let text = ''
    guard.stdout!.on('data', (chunk: Buffer) => {
      text += chunk
      if (!text.includes('\n')) return
      clearTimeout(timer)
      resolve(JSON.parse(text) as { pid: number; port: number })
    })
    guard.once('close', () => clearTimeout(timer))
  })
}

function release(guard: ChildProcess): void {
  guard.unref()
  for (const pipe of [guard.stdin, guard.stdout, guard.stderr]) (pipe as unknown as Socket).unref()
}

async function stop(guard: ChildProcess): Promise<void> {
  if (guard.pid === undefined || guard.exitCode !== null || guard.signalCode !== null) return
  guard.ref()
  const gone = once(guard, 'exit')
  guard.stdin!.destroy()
  await gone
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // gone already, as it should be
  }
}

export class AnvilMissingError extends BaseError {
  override name = 'Chain.AnvilMissingError'
  constructor(cause: unknown) {
    super(`There is no anvil for ${process.platform} on ${process.arch}.`, {
      hint: 'install the optional dependencies of @foundry-rs/anvil, or name a running chain with --rpc URL',
      cause,
    })
  }
}

export class AnvilStartError extends BaseError {
  override name = 'Chain.AnvilStartError'
  constructor(problem: string, log: string, cause: unknown) {
    super(`The local chain did not start: anvil ${problem}.`, {
      details: log
        .split('\n')
        .filter((line) => line.trim() !== '')
        .slice(0, 10),
      hint: 'name a running chain with --rpc URL instead',
      cause,
    })
  }
}
