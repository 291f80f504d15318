/** Commands in texts, as a shell would read them: enough for what help and docs write. */
import { type Command, CommanderError } from 'commander'

/** The words of each command of a script: comments go, a backslash joins lines, and each part of a pipe is a command. */
export function commandsOf(script: string): string[][] {
  const lines = script.replace(/\\\n\s*/g, ' ').split('\n')
  return lines.flatMap((line) => split(wordsOf(line))).filter((words) => words.length > 0)
}

const WORD = /"((?:[^"\\]|\\.)*)"|'([^']*)'|(&&|\|\||[|;<>&]+)|((?:[^\s"'|;<>&\\]|\\.)+)/g
const JOINS = new Set(['&&', '||', '|', ';', '&'])

/** Quoted parts that touch are one word; what begins with # ends the line. */
function wordsOf(line: string): string[] {
  const words: string[] = []
  let end = -1
  for (const match of line.matchAll(WORD)) {
    const [whole, double, single, operator, bare] = match
    if (bare?.startsWith('#') && match.index !== end) break
    const text = operator ?? double ?? single ?? bare!
    if (match.index === end && operator === undefined) words[words.length - 1] += text
    else words.push(text)
    end = operator === undefined ? match.index + whole.length : -1
  }
  return words
}

function split(words: readonly string[]): string[][] {
  const commands: string[][] = [[]]
  for (const word of words) JOINS.has(word) ? commands.push([]) : commands.at(-1)!.push(word)
  // VARIABLE=value before a command, and where its output goes after it
  return commands.map((command) => {
    const to = command.findIndex((word) => /^[<>]/.test(word))
    return (to < 0 ? command : command.slice(0, to)).slice(command.findIndex((word) => !/^\w+=/.test(word)))
  })
}

/** The words after the program's name, of commands that run zkonnx. */
export function zkonnxIn(script: string): string[][] {
  return commandsOf(script).flatMap(([first, second, ...rest]) => {
    if (first === 'zkonnx') return [second === undefined ? [] : [second, ...rest]]
    return first === 'npx' && second === 'zkonnx' ? [rest] : []
  })
}

/** What the program would refuse in these words, without running anything; undefined where it would run. */
export async function refusal(program: Command, words: readonly string[]): Promise<string | undefined> {
  for (const command of everyCommand(program)) {
    // who only has subcommands prints help by itself
    if (command.commands.length === 0) command.action(() => {})
    command.configureOutput({ writeOut: () => {}, writeErr: () => {} })
  }
  try {
    await program.parseAsync(words.map(filled), { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? undefined : `${error.message} (zkonnx ${words.join(' ')})`
  }
  return undefined
}

/** 0x5f3c... stands for a number that only a chain knows. */
function filled(word: string): string {
  return word.replace(/^0x([0-9a-f]*)\.\.\.$/, (_, digits: string) => `0x${digits.padEnd(64, '0')}`)
}

export function everyCommand(program: Command): Command[] {
  return [program, ...program.commands.flatMap(everyCommand)]
}
