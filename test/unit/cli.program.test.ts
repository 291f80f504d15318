/**
 * What is said of the command line: examples and pages whose commands parse, completions that are right, colours where
 * they belong. In one file, since all commands are loaded for it.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { blocksOf } from '../../scripts/blocks.mjs'
import { SCRIPTS, type Shell } from '../../src/cli/completion/scripts.js'
import { placesOf } from '../../src/cli/completion/tree.js'
import { wantsColour, widthOf } from '../../src/cli/output.js'
import { openProgram } from '../../src/cli/program.js'
import { pages, ROOT, readPage } from '../helpers/guides.js'
import { commandsOf, everyCommand, refusal, zkonnxIn } from '../helpers/shell.js'

let program: Command
const dir = mkdtempSync(join(tmpdir(), 'zkonnx-cli-'))
beforeAll(async () => {
  program = await openProgram()
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** Help as it is printed, examples included. */
function helpOf(command: Command): string {
  let text = ''
  command.configureOutput({
    writeOut: (more) => {
      text += more
    },
  })
  command.outputHelp()
  return text
}

describe('help', () => {
  test('has an example of each command, which parses as one of that command', async () => {
    for (const command of everyCommand(program)) {
      const help = helpOf(command)
      const path = placesOf(command)[0]!.path
      const examples = zkonnxIn(help.slice(help.search(/^Examples?[ :(,]/m)))
      expect(examples.length, `${path} --help has no example`).toBeGreaterThan(0)
      expect(examples.some((words) => words.includes(command.name()) || command === program)).toBe(true)
      for (const words of examples) expect(await refusal(await openProgram(), words)).toBe(undefined)
    }
  })

  test('would not pass with an example of an option that is not there', async () => {
    const wrong = await refusal(await openProgram(), ['prove', 'build/model', '--inputs', 'x.npz'])
    expect(wrong).toContain('--input')
  })

  test('fits the terminal, and is read with ease on a wide one', () => {
    expect([undefined, 0, 20, 72, 80, 240].map(widthOf)).toEqual([80, 80, 40, 72, 80, 100])
    const longest = everyCommand(program).map((command) =>
      Math.max(
        ...helpOf(command)
          .split(/\nExamples?/, 1)[0]!
          .split('\n')
          .map((line) => line.length),
      ),
    )
    expect(Math.max(...longest)).toBeLessThanOrEqual(80)
  })
})

test.each([
  [{}, true, true],
  [{}, false, false],
  [{ CI: 'true' }, false, false],
  [{ TERM: 'dumb' }, true, false],
  [{ NO_COLOR: '1' }, true, false],
  [{ NO_COLOR: '' }, true, true],
  [{ FORCE_COLOR: '1' }, false, true],
  [{ FORCE_COLOR: '0' }, true, false],
  [{ NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
])('colours with %j, at a terminal: %s', (env, terminal, expected) => {
  expect(wantsColour(env, terminal)).toBe(expected)
})

describe('completion', () => {
  const scriptFor = (shell: Shell) => {
    const path = join(dir, shell)
    writeFileSync(path, SCRIPTS[shell](placesOf(program)))
    return path
  }
  const has = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0

  const CASES: readonly (readonly [string, readonly string[]])[] = [
    ['zkonnx pr', ['prove']],
    ['zkonnx ceremony be', ['beacon']],
    ['zkonnx compile m.onnx --weights c', ['committed']],
    ['zkonnx prove build --prover s', ['snarkjs']],
    ['zkonnx verify --bun', ['--bundle']],
    ['zkonnx no-such-thing --x', []],
  ]

  test.runIf(has('bash'))('completes in bash', () => {
    const ask = CASES.map(
      ([line]) =>
        `COMP_WORDS=(${line}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _zkonnx; echo "\${COMPREPLY[*]}"`,
    )
    const script = [`source ${scriptFor('bash')}`, ...ask].join('\n')
    const said = execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8' }).trimEnd().split('\n')
    expect(CASES.map((_, i) => said[i] ?? '')).toEqual(CASES.map(([, words]) => words.join(' ')))
  })

  test.runIf(has('fish'))('completes in fish', () => {
    const ask = CASES.map(
      ([line]) => `complete -C '${line}' | string split -f1 \\t | string join ' '; echo ==`,
    )
    const script = [`source ${scriptFor('fish')}`, ...ask].join('\n')
    const said = execFileSync('fish', ['--no-config', '-c', script], { encoding: 'utf8', cwd: dir })
    expect(
      said
        .split('==\n')
        .slice(0, -1)
        .map((one) => one.trim()),
    ).toEqual(CASES.map(([, words]) => words.join(' ')))
  })

  test.runIf(has('zsh'))('loads in zsh', () => {
    expect(spawnSync('zsh', ['-n', scriptFor('zsh')], { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    })
  })

  test('names every command and option in each shell', () => {
    const places = placesOf(program)
    for (const shell of Object.keys(SCRIPTS) as Shell[]) {
      const text = SCRIPTS[shell](places)
      for (const { path, options } of places) {
        expect(text).toContain(`'${path}'`)
        for (const { names } of options) expect(text).toContain(names[0]!.slice(2))
      }
    }
  })
})

test('a script is read as a shell reads it', () => {
  const script = [
    'A=1 npx zkonnx prove \'a b\' --claim "x=1" # why',
    'zkonnx verify --bundle \\\n  file | tee log',
    'cat x > y && zkonnx demo',
  ].join('\n')
  expect(zkonnxIn(script)).toEqual([
    ['prove', 'a b', '--claim', 'x=1'],
    ['verify', '--bundle', 'file'],
    ['demo'],
  ])
  expect(commandsOf('cat x > y && ls')).toEqual([['cat', 'x'], ['ls']])
})

/** In a command that is not run: a name in capitals stands for what the reader has, dots for what was left out. */
const isPlaceholder = (words: readonly string[]) => words.some((word) => word === '...' || word.includes('|'))

describe.each(pages())('%s', (path) => {
  const text = readPage(path)
  const blocks = blocksOf(text)

  test('has commands that the program takes', async () => {
    const commands = blocks
      .filter(({ language }) => language === 'sh' || language === '')
      .flatMap((block) => zkonnxIn(block.text).map((words) => ({ words, line: block.line })))
      .filter(({ words }) => !isPlaceholder(words))
    for (const { words, line } of commands)
      expect(await refusal(program, words.map(addressed)), `line ${line} and after`).toBe(undefined)
  })

  test('has links that lead somewhere', () => {
    const broken = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, to]) => to!)
      .filter((to) => !/^(https?:|mailto:|#)/.test(to))
      .filter((to) => !existsSync(join(ROOT, dirname(path), to.split('#')[0]!)))
    expect(broken).toEqual([])
  })
})

/** $JAR and its like are addresses in the guides. */
function addressed(word: string): string {
  return /^\$[A-Z]+$/.test(word) ? `0x${'11'.repeat(20)}` : word
}

test('a block is what it begins with', () => {
  const text = [
    ['```sh', 'ls', '```'],
    ['```python', '# a/b.py', 'x = 1', '```'],
    ['```', 'plain', '```'],
    ['```js', 'code()', '```'],
  ]
    .map((lines) => lines.join('\n'))
    .join('\n\n')
  expect(blocksOf(text).map(({ kind, name, line }) => [kind, name, line])).toEqual([
    ['run', undefined, 1],
    ['file', 'a/b.py', 5],
    ['text', undefined, 10],
    ['text', undefined, 14],
  ])
})
