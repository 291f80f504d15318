/** The command line as its users run it: the built program, in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

export type Ran = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

/** Runs `zkonnx ARGS` in the folder to its end. */
export async function zkonnx(cwd: string, ...args: string[]): Promise<Ran> {
  const child = startZkonnx(cwd, ...args)
  const [stdout, stderr] = [gather(child.stdout!), gather(child.stderr!)]
  const [code] = await once(child, 'close')
  return { code, stdout: stdout(), stderr: stderr() }
}

export function startZkonnx(cwd: string, ...args: string[]): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
}

/** The one JSON value on stdout. */
export function answer<T>({ stdout }: Ran): T {
  return JSON.parse(stdout)
}

export function tempDir(): string {
  return mkdtempSync(join(tmpdir(), 'zkonnx-e2e-'))
}

function gather(stream: NodeJS.ReadableStream): () => string {
  let text = ''
  stream.on('data', (chunk) => {
    text += chunk
  })
  return () => text
}
