/** Follows a guide to the letter: its blocks, in an empty folder where zkonnx is installed. */
import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Block, blocksOf, scriptOf } from '../../scripts/blocks.mjs'
import { startAnvil } from '../../src/chain/anvil.js'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** Where a guide's chain is; it runs at another port here. */
const CHAIN = 'http://127.0.0.1:8545'
const SOURCE = ['src', 'test', 'scripts', 'contracts', 'package.json', 'tsconfig.json', 'vitest.config.ts']

export type Section = {
  readonly title: string
  readonly blocks: readonly Block[]
  /** Programs, or after "python" its modules, that it is skipped without: <!-- needs: ... -->. */
  readonly needs: readonly string[]
  /** What the guide has the reader start: <!-- with: chain -->, or a checkout to work on: <!-- with: source -->. */
  readonly with: readonly string[]
}

/** Every page that people follow, from the project's root. */
export function pages(): string[] {
  const below = (folder: string) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.md'))
      .map((path) => join(folder, path))
  const top = [
    'README.md',
    'SECURITY.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    'artifacts/README.md',
    'circuits/README.md',
  ]
  return [...top, ...below('docs'), ...below('examples')]
}

export function readPage(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

export function sectionsOf(markdown: string): Section[] {
  return markdown.split(/^(?=## )/m).map((text) => {
    const note = (name: string) => new RegExp(`<!-- ${name}: (.*?) -->`).exec(text)?.[1]?.split(' ') ?? []
    const title = /^## (.*)/.exec(text)?.[1] ?? ''
    return { title, blocks: blocksOf(text), needs: note('needs'), with: note('with') }
  })
}

/** What of a section's needs this machine lacks. ZKONNX_PYTHON names another Python than `python3`. */
export function missing({ needs }: Section): string[] {
  const [first, ...modules] = needs
  if (first !== 'python') return needs.filter((name) => spawnSync(name, ['--version']).status !== 0)
  return modules.filter(
    (name) =>
      spawnSync(PYTHON, ['-c', `import ${name}`], { env: { ...process.env, KERAS_BACKEND: 'torch' } })
        .status !== 0,
  )
}

const PYTHON = process.env.ZKONNX_PYTHON ?? 'python3'

export type Followed = { readonly code: number; readonly output: string }

/** A folder to follow a guide in, and what the reader has: npx, python, a chain or a checkout. */
export async function openReader(sections: readonly Section[]) {
  const dir = mkdtempSync(join(tmpdir(), 'zkonnx-guide-'))
  const wants = (what: string) => sections.some((section) => section.with.includes(what))
  const at = join(dir, 'project')
  if (wants('source')) copySource(at)
  else installInto(at)
  const tools = writeTools(join(dir, 'bin'))
  const anvil = wants('chain') ? await startAnvil() : undefined
  const chain = anvil?.url ?? CHAIN
  return {
    at,
    follow: (blocks: readonly Block[], env: Readonly<Record<string, string>> = {}): Promise<Followed> =>
      run(scriptOf(blocks).replaceAll(CHAIN, chain), at, {
        ...process.env,
        ...env,
        PATH: `${tools}${delimiter}${process.env.PATH}`,
      }),
    async close() {
      await anvil?.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

function installInto(at: string): void {
  mkdirSync(join(at, 'node_modules'), { recursive: true })
  symlinkSync(ROOT, join(at, 'node_modules', 'zkonnx'))
  // what a guide has its reader install besides
  const more = process.env.ZKONNX_GUIDE_MODULES
  for (const name of more === undefined ? [] : readdirSync(more))
    if (name !== 'zkonnx') symlinkSync(join(more!, name), join(at, 'node_modules', name))
  writeFileSync(join(at, 'package.json'), '{ "private": true }')
}

function copySource(at: string): void {
  for (const path of SOURCE) cpSync(join(ROOT, path), join(at, path), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(at, 'node_modules'))
}

function writeTools(folder: string): string {
  mkdirSync(folder)
  const main = join(ROOT, 'dist/cli/main.js')
  const scripts = {
    npx: `if [ "$1" = zkonnx ]; then shift; exec "${process.execPath}" "${main}" "$@"; fi\nname=$1; shift; exec "node_modules/.bin/$name" "$@"`,
    python: `exec "${PYTHON}" "$@"`,
  }
  for (const [name, text] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`)
    chmodSync(join(folder, name), 0o755)
  }
  return folder
}

function run(script: string, cwd: string, env: NodeJS.ProcessEnv): Promise<Followed> {
  const child = spawn('bash', ['-c', script], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk
    })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}
