/** Pages that people follow: commands that the program takes, links that lead somewhere, what only runs whole elsewhere. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { blocksOf } from '../../scripts/blocks.mjs'
import { openProgram } from '../../src/cli/program.js'
import { pages, ROOT, readPage } from '../helpers/guides.js'
import { refusal, zkonnxIn } from '../helpers/shell.js'

const program = await openProgram()

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
