/**
 * What commands say: results on stdout (one JSON value with --json), everything else on stderr.
 *
 * The only door to cli-table3 and picocolors. Colours follow NO_COLOR, FORCE_COLOR and the terminal.
 */
import { relative } from 'node:path'
import Table from 'cli-table3'
import pc from 'picocolors'

/** Colours of what goes to stdout, and of what goes to stderr: one may be a terminal, and the other a file. */
export const colour = pc.createColors(wantsColour(process.env, process.stdout.isTTY === true))
export const errorColour = pc.createColors(wantsColour(process.env, process.stderr.isTTY === true))

/**
 * https://no-color.org first, then FORCE_COLOR (where 0 and false mean no), else whether a person looks at a terminal:
 * picocolors alone would also colour the logs of a CI. As commander decides for help.
 */
export function wantsColour(env: Readonly<Record<string, string | undefined>>, terminal: boolean): boolean {
  if (env.NO_COLOR) return false
  if (env.FORCE_COLOR !== undefined) return !['0', 'false'].includes(env.FORCE_COLOR)
  return terminal && env.TERM !== 'dumb'
}

export type Output = {
  readonly json: boolean
  /** A line for people; with --json it is left out. */
  say(line?: string): void
  /** A line that must be seen, on stderr, with --json too. */
  warn(line: string): void
  /**
   * What is going on, on stderr: a line that replaces the last on a terminal; in a log one line every few seconds, which
   * with --json is a JSON value of the facts, where there are such.
   */
  progress(line: string, facts?: unknown): void
  /** The command's result; printed with --json. */
  result(value: unknown): void
  /** A result that is a list, printed with --json item by item, so that it need not be held. */
  list(): {
    add(item: unknown): void
    /** Closes it: of a list that was cut off only if it was begun, else the error is the one value. */
    end(cutOff: boolean): void
  }
}

export function openOutput(json: boolean): Output {
  const terminal = process.stderr.isTTY === true
  let open = false
  let listed = false
  let logged = -Infinity
  const clear = () => {
    if (open) process.stderr.write('\r\x1b[2K')
    open = false
  }
  return {
    json,
    say(line = '') {
      clear()
      if (!json) process.stdout.write(`${line}\n`)
    },
    warn(line) {
      clear()
      process.stderr.write(`${errorColour.red(line)}\n`)
    },
    progress(line, facts) {
      clear()
      if (!terminal || (json && facts !== undefined)) {
        if (performance.now() - logged < LOG_EVERY_MS) return
        logged = performance.now()
        const asJson = json && facts !== undefined
        process.stderr.write(`${asJson ? JSON.stringify({ progress: facts }, bigintAsText) : line}\n`)
        return
      }
      process.stderr.write(errorColour.dim(line))
      open = true
    },
    result(value) {
      clear()
      // a list that was begun is the one value
      if (json && !listed) process.stdout.write(`${JSON.stringify(value, bigintAsText)}\n`)
    },
    list() {
      let separator = '['
      return {
        add(item) {
          if (!json) return
          listed = true
          process.stdout.write(`${separator}${JSON.stringify(item, bigintAsText)}`)
          separator = ',\n'
        },
        end(cutOff) {
          if (!json || (cutOff && !listed)) return
          process.stdout.write(listed ? ']\n' : '[]\n')
          listed = true
        },
      }
    },
  }
}

/** A batch of thousands should not fill a log with as many lines. */
const LOG_EVERY_MS = 3_000

function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}

export type Column = { readonly title: string; readonly align?: 'left' | 'right' }

/** A table without vertical rules, as wide as its content. */
export function table(columns: readonly Column[], rows: readonly (readonly (string | number)[])[]): string {
  const made = new Table({
    head: columns.map(({ title }) => colour.bold(title)),
    colAligns: columns.map(({ align }) => align ?? 'left'),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    chars: RULES,
  })
  for (const row of rows) made.push(row.map((cell) => (typeof cell === 'number' ? count(cell) : cell)))
  return made
    .toString()
    .split('\n')
    .map((line) => `  ${line.trimEnd()}`)
    .join('\n')
}

const RULES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
}

/** 12345 as 12,345, whatever the locale. */
export function count(value: number): string {
  return value.toLocaleString('en-US')
}

export function milliseconds(value: number): string {
  return value < 1000 ? `${value.toFixed(value < 10 ? 1 : 0)} ms` : `${(value / 1000).toFixed(2)} s`
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

export function bytes(size: number): string {
  return size < 1e6 ? `${(size / 1e3).toFixed(1)} kB` : `${(size / 1e6).toFixed(1)} MB`
}

/** Few numbers in full; of many the first, how many there are, and where the largest stands. */
export function vector(values: readonly (number | bigint)[]): string {
  if (values.length === 1) return String(values[0])
  if (values.length <= 3) return `[${values.join(', ')}]`
  const largest = values.reduce<number>((best, value, i) => (value > values[best]! ? i : best), 0)
  return `[${values[0]}, ...] (${count(values.length)}, largest at ${largest})`
}

/** 0x1234abcd...ef for long hexadecimal texts; --json has them whole. */
export function shortHex(text: string): string {
  return text.length > 14 ? `${text.slice(0, 10)}...${text.slice(-2)}` : text
}

/** A path as one would type it here: below the current folder relative to it. */
export function shownPath(path: string): string {
  const short = relative(process.cwd(), path)
  return short === '' || short.startsWith('..') ? path : short
}

/** What is longer is folded to it: the terminal's, but no line so long that eyes lose it; 80 where there is none. */
export const WIDTH = widthOf(process.stdout.columns)

export function widthOf(columns: number | undefined): number {
  return Math.min(100, Math.max(40, columns || 80))
}

/** A text on lines of at most `width` characters; a longer word has a line of its own. */
export function fold(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && visible(`${line} ${word}`) > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

/** Without what only colours. */
function visible(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  return text.replace(/\x1b\[\d+m/g, '').length
}
