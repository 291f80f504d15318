/**
 * `node scripts/run.mjs example NAME`: what an example's README says, run whole on a copy of its folder.
 *
 * The copy stands in artifacts/example-NAME and stays, to be looked at; `npx zkonnx` in it is this checkout's.
 */
import { spawn } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { blocksOf, scriptOf } from './blocks.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const EXAMPLES = join(ROOT, 'examples')

const names = readdirSync(EXAMPLES, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
)
const [name] = process.argv.slice(2)
if (!names.includes(name)) {
  console.error(`usage: node scripts/run.mjs example ${names.join('|')}`)
  process.exit(2)
}

const to = join(ROOT, 'artifacts', `example-${name}`)
rmSync(to, { recursive: true, force: true })
mkdirSync(to, { recursive: true })
cpSync(join(EXAMPLES, name), to, { recursive: true })
const tools = toolsFolder()
try {
  process.exitCode = await runScript(scriptOf(blocksOf(readFileSync(join(to, 'README.md'), 'utf8'))))
  if (process.exitCode === 0) console.log(`\nWhat it wrote is in artifacts/example-${name}`)
} finally {
  rmSync(tools, { recursive: true, force: true })
}

/** npx, without npm's second of thought, for this checkout's program. */
function toolsFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'zkonnx-example-'))
  const main = join(ROOT, 'dist', 'cli', 'main.js')
  const npx = `#!/bin/sh\n[ "$1" = zkonnx ] || { echo "npx $1: not in an example" >&2; exit 2; }\nshift\nexec "${process.execPath}" "${main}" "$@"\n`
  writeFileSync(join(folder, 'npx'), npx)
  chmodSync(join(folder, 'npx'), 0o755)
  return folder
}

function runScript(script) {
  const env = { ...process.env, PATH: `${tools}${delimiter}${process.env.PATH}` }
  const child = spawn('bash', ['-c', script], { cwd: to, env, stdio: 'inherit' })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => resolve(code ?? 1))
  })
}
