/** What the signals of a proof say, in words and real numbers. */
import type { Manifest } from '../artifacts/manifest.js'
import type { Said } from '../artifacts/statement.js'
import { className, placeOfLargest } from './answer.js'

/** `said` is a part of the statement about one of the model's outputs. */
export function spell(said: Said, { outputs, classes }: Pick<Manifest, 'outputs' | 'classes'>): string {
  if ('commitment' in said) return `${said.name} is committed to as ${said.commitment}`
  const output = outputs.find(({ name }) => name === said.name)!
  const reals = said.integers.map((integer, i) => integer * (output.scale[i] ?? output.scale[0]!))
  switch (said.shows) {
    case 'class':
      return `${said.name} is ${className(said.integers[0]!, classes)}`
    case 'threshold':
      return `${said.name} is at least ${short(reals[0]!)}`
    case 'margin':
      return `and leads by at least ${short(reals[0]!)}`
    default:
      return `${said.name} = ${list(reals)}${output.meaning === 'scores' ? `, ${className(placeOfLargest(reals), classes)}` : ''}`
  }
}

/** More than this would not fit a line. */
const MOST = 10

function list(reals: readonly number[]): string {
  if (reals.length === 1) return short(reals[0]!)
  const shown = reals.slice(0, MOST).map(short).join(', ')
  return reals.length > MOST ? `[${shown}, ...]` : `[${shown}]`
}

export function short(real: number): string {
  return Number(real.toPrecision(4)).toString()
}
