/** What shells are told of the command line, as plain data from commander's tree. */
import type { Command, Option } from 'commander'
import { INPUT_VISIBILITIES, OUTPUT_VISIBILITIES } from '../../artifacts/disclosure.js'

export type Place = {
  /** `zkonnx ceremony verify` */
  readonly path: string
  readonly commands: readonly Named[]
  readonly options: readonly Flag[]
}

export type Named = { readonly name: string; readonly says: string }

export type Flag = {
  /** `--out`, and `-o` where there is one. */
  readonly names: readonly string[]
  readonly says: string
  /** What may follow it: nothing, one of these words, or anything, files first. */
  readonly takes: 'nothing' | 'a file' | readonly string[]
}

/** Of options whose parser takes more than words from a list. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  '--inputs': INPUT_VISIBILITIES,
  '--show': OUTPUT_VISIBILITIES,
  '--prover': ['zkonnx', 'snarkjs', 'rapidsnark='],
  '--bits': ['auto'],
}

/** The program, its commands and theirs. */
export function placesOf(command: Command, above = ''): Place[] {
  const path = `${above} ${command.name()}`.trim()
  const help = command.createHelp()
  const place = {
    path,
    commands: command.commands.map((one) => ({ name: one.name(), says: plain(one.description()) })),
    options: help.visibleOptions(command).map(flagOf),
  }
  return [place, ...command.commands.flatMap((one) => placesOf(one, path))]
}

function flagOf(option: Option): Flag {
  const names = [option.long, option.short].filter((name) => name != null)
  const words = option.argChoices ?? WORDS[option.long ?? '']
  const takes = !option.required && !option.optional ? 'nothing' : (words ?? 'a file')
  return { names, says: plain(option.description), takes }
}

/** On one line, and short: a list of completions is no manual. */
function plain(text: string): string {
  const line = text
    .replace(/\s+/g, ' ')
    .replace(/ \(default.*$/, '')
    .split('; ', 1)[0]!
  return line.length > 70 ? `${line.slice(0, line.lastIndexOf(' ', 68))} ...` : line
}
