/**
 * `node scripts/run.mjs start|check|test|test:deep|test:long|conformance|bench|docs|example [ARGS]`: what the npm commands of the same names do.
 *
 * Plain Node, without packages: on a fresh clone it installs them first (again when the lock file is newer), compiles
 * when a source is newer than the last build, then runs the demo or the tests with ARGS and exits with their code.
 *
 * Each step runs in a process group of its own. A signal reaches this process once, from a terminal as from `kill`; it
 * is passed on once, and when the step has ended, what is left of its group is ended too: no process, and so no port,
 * stays behind. Progress goes to stderr, so that stdout is the command's own.
 *
 * Trap: the npm scripts need their "exec", since dash keeps to itself a SIGINT that npm passes on.
 */
import { spawn } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const GUARD = pathToFileURL(join(ROOT, 'scripts', 'guard.mjs')).href
const BUILT = join(ROOT, 'dist', '.built')
const SIGNALS = ['SIGINT', 'SIGTERM']
const USAGE_CODE = 2
/** How long what a step left running may take to end by itself. */
const GRACE_MS = 3_000
/** How long a step may take to end after a signal: the demo stops its chain and its workers. */
const STOP_MS = 15_000
/** How often to look whether npm is still there. */
const WATCH_MS = 500
const hasGroups = process.platform !== 'win32'

const commands = {
  start,
  check,
  test: (args) => test(args),
  conformance,
  bench: (args) =>
    run(process.execPath, ['--import', GUARD, join(ROOT, 'scripts', 'bench', 'main.mjs'), ...args]),
  docs,
  example: (args) => run(process.execPath, [join(ROOT, 'scripts', 'example.mjs'), ...args]),
  'test:deep': (args) => test(args, { ZKONNX_DEEP: '1' }),
  'test:long': (args) => test(args, { ZKONNX_LONG: '1' }),
}
let stoppedBy
let current

/** Stops the whole run with an exit code. */
class Exit extends Error {
  constructor(code, message = '') {
    super(message)
    this.code = code
  }
}

async function start(args) {
  return run(process.execPath, ['--import', GUARD, join(ROOT, 'dist', 'cli', 'main.js'), 'demo', ...args])
}

/** The formatter, the linter and the types of everything, tests included. */
async function check() {
  const tool = (...path) => join(ROOT, 'node_modules', ...path)
  const biome = await run(process.execPath, [tool('@biomejs', 'biome', 'bin', 'biome'), 'check', '.'])
  const tsc = tool('typescript', 'bin', 'tsc')
  const types = await run(process.execPath, [tsc, '--noEmit'])
  const pages = await run(process.execPath, [tsc, '-p', join(ROOT, 'src', 'browser')])
  return biome || types || pages
}

/** Compiles the vectors' scripts, which share code with the tests, and runs them. */
async function conformance(args) {
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
  await must('tsc', process.execPath, [tsc, '-p', join(ROOT, 'tsconfig.conformance.json')], { quiet: true }, [
    'the scripts do not compile: undo the last change, or correct what is listed above',
  ])
  const main = join(ROOT, '.cache', 'conformance', 'scripts', 'conformance', 'main.js')
  return run(process.execPath, ['--import', GUARD, main, ...args])
}

/** The reference of the library in .cache/reference; a warning is a failure. Its tools are apart: see their package.json. */
async function docs(args) {
  const at = join(ROOT, 'scripts', 'reference')
  const tools = join(at, 'node_modules')
  if (modifiedAt(join(tools, '.package-lock.json')) < modifiedAt(join(at, 'package-lock.json')))
    await npm(['ci', '--prefix', at])
  const typedoc = join(tools, 'typedoc', 'bin', 'typedoc')
  return run(process.execPath, [typedoc, '--options', join(at, 'typedoc.json'), ...args])
}

/** Runs vitest, then says in one plain line what came of it. */
async function test(args, env = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'zkonnx-test-'))
  const file = join(folder, 'results.json')
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  try {
    const code = await run(process.execPath, ['--import', GUARD, vitest, 'run', ...reporters, ...args], {
      env,
    })
    if (existsSync(file)) console.log(summaryOf(JSON.parse(readFileSync(file, 'utf8'))))
    return code
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** `N passed, N failed, N skipped`; a test file that could not be loaded counts as one failure. */
function summaryOf(results) {
  const unloaded = results.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  )
  const failed = results.numFailedTests + unloaded.length
  const skipped = results.numPendingTests + results.numTodoTests
  return `${results.numPassedTests} passed, ${failed} failed, ${skipped} skipped`
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  const enough = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22
  if (!enough)
    throw new Exit(
      USAGE_CODE,
      `zkonnx needs Node 20.19 or later of 20, or 22.12 or later; this is ${process.version}`,
    )
}

async function install() {
  // npm ci would empty the folder behind a link, which is another checkout's
  if (lstatSync(join(ROOT, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) return
  // npm writes this file last, so it is not there after an installation that was cut off
  const done = modifiedAt(join(ROOT, 'node_modules', '.package-lock.json'))
  if (done >= modifiedAt(join(ROOT, 'package-lock.json'))) return
  console.error('Installing packages ...')
  await npm(['ci', '--include=dev'])
}

/** Runs npm quietly: as the npm that runs this where there is one. */
async function npm(args) {
  const own = process.env.npm_execpath
  const [command, prefix] = own?.endsWith('.js') ? [process.execPath, [own]] : ['npm', []]
  const shell = command === 'npm' && !hasGroups
  await must('npm ci', command, [...prefix, ...args, '--loglevel=error'], { quiet: true, shell }, [
    'check that the npm registry can be reached (npm ping) and that the disk has room, then run the command again',
  ])
}

async function build() {
  const sources = ['src', 'scripts/browser.mjs', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json']
  const newest = Math.max(...sources.map((name) => newestIn(join(ROOT, name))))
  if (modifiedAt(BUILT) >= newest) return
  console.error('Compiling ...')
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
  await must('tsc', process.execPath, [tsc, '-p', join(ROOT, 'tsconfig.build.json')], { quiet: true }, [
    'the sources do not compile: undo the last change, or correct what is listed above',
  ])
  const browser = join(ROOT, 'scripts', 'browser.mjs')
  await must('the bundler', process.execPath, [browser], { quiet: true }, [
    'the scripts for browsers do not bundle: undo the last change, or correct what is listed above',
  ])
  writeFileSync(BUILT, '')
}

async function must(name, command, args, options, hints) {
  const code = await run(command, args, options)
  if (code !== 0)
    throw new Exit(
      code,
      [`${name} ended with code ${code}.`, ...hints.map((hint) => `What to do: ${hint}`)].join('\n'),
    )
}

/** Runs one step to its end and returns its exit code. A quiet step's output is shown only when it fails. */
async function run(command, args, { env = {}, quiet = false, shell = false } = {}) {
  if (stoppedBy !== undefined) throw new Exit(codeOf(stoppedBy))
  const output = []
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    shell,
    detached: hasGroups,
    stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
  })
  current = child
  child.stdout?.on('data', (chunk) => output.push(chunk))
  child.stderr?.on('data', (chunk) => output.push(chunk))
  const code = await new Promise((resolve) => {
    child.on('error', (error) => {
      output.push(Buffer.from(`${command}: ${error.message}\n`))
      resolve(USAGE_CODE)
    })
    // not "close": what the step left running may hold its output open
    child.on('exit', (status, signal) => resolve(status ?? codeOf(signal)))
  })
  current = undefined
  await sweep(child.pid)
  if (stoppedBy !== undefined) throw new Exit(codeOf(stoppedBy))
  if (code !== 0) process.stderr.write(Buffer.concat(output))
  return code
}

/** Ends what is left of the step's group: asked first, then killed. */
async function sweep(group) {
  if (!hasGroups || group === undefined) return
  for (const signal of ['SIGTERM', 'SIGKILL']) {
    const deadline = Date.now() + GRACE_MS
    // bounded after the kill as well: where nobody reaps them, the dead stay in the group
    for (let left = signalGroup(group, signal); left; left = signalGroup(group, 0)) {
      if (Date.now() > deadline) break
      await sleep(20)
    }
  }
}

/** Whether there was anyone to signal. */
function signalGroup(group, signal) {
  try {
    process.kill(-group, signal)
    return true
  } catch {
    return false
  }
}

/** Passes a signal on to the step, once; if that does not end it, ends its whole group. */
function stop(signal) {
  if (stoppedBy !== undefined) return
  stoppedBy = signal
  const child = current
  if (child === undefined) return
  child.kill(signal)
  setTimeout(() => {
    if (hasGroups) signalGroup(child.pid, 'SIGKILL')
    else child.kill('SIGKILL')
  }, STOP_MS).unref()
}

/** Stops when npm was killed outright. (Started without npm, this may outlive its shell: the user may want that.) */
function watchNpm() {
  if (process.env.npm_lifecycle_event === undefined) return
  const npm = process.ppid
  setInterval(() => {
    if (process.ppid !== npm) stop('SIGTERM')
  }, WATCH_MS).unref()
}

function codeOf(signal) {
  return 128 + constants.signals[signal]
}

/** In milliseconds; 0 for what is not there. */
function modifiedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

function newestIn(path) {
  const own = modifiedAt(path)
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return own
  return Math.max(own, ...readdirSync(path).map((name) => newestIn(join(path, name))))
}

async function main([name, ...args]) {
  const command = Object.hasOwn(commands, name ?? '') ? commands[name] : undefined
  if (command === undefined)
    throw new Exit(USAGE_CODE, `usage: node scripts/run.mjs ${Object.keys(commands).join('|')} [ARGS]`)
  requireNode()
  await install()
  await build()
  return command(args)
}

for (const signal of SIGNALS) process.on(signal, () => stop(signal))
watchNpm()
try {
  process.exitCode = await main(process.argv.slice(2))
} catch (thrown) {
  if (!(thrown instanceof Exit)) throw thrown
  if (thrown.message !== '') console.error(thrown.message)
  process.exitCode = thrown.code
}
