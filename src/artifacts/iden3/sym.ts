/**
 * circom's `.sym` files: one line `label,wire,component,name` for each named signal
 * (docs.circom.io, "Compiling circuits"). The constant one, wire 0, has no line.
 *
 * Trap: wire -1 is a signal that was optimized away.
 */
import { malformed } from './binfile.js'

export type Symbol = {
  readonly label: number
  readonly wire: number
  readonly component: number
  /** The signal's path, as `main.input.image[3]`: no comma, no line break. */
  readonly name: string
}

/** The text of a `.sym` file in pieces of about 64 kB. */
export function* encode(symbols: Iterable<Symbol>): Generator<string> {
  let piece = ''
  for (const { label, wire, component, name } of symbols) {
    piece += `${label},${wire},${component},${name}\n`
    if (piece.length >= PIECE) {
      yield piece
      piece = ''
    }
  }
  if (piece !== '') yield piece
}

/** The lines of a `.sym` file, one at a time; `file` stands in the errors. Throws `MalformedFileError`. */
export function* decode(text: string, file = '.sym'): Generator<Symbol> {
  let number = 1
  for (let start = 0; start < text.length; number++) {
    const found = text.indexOf('\n', start)
    const end = found < 0 ? text.length : found
    yield parseLine(text.slice(start, end), file, number)
    start = end + 1
  }
}

/** Each wire's name, `one` for wire 0, and `wire 7` where there is none. */
export function namesByWire(symbols: Iterable<Symbol>): (wire: number) => string {
  const names = new Map<number, string>([[0, 'one']])
  for (const { wire, name } of symbols) if (wire > 0 && !names.has(wire)) names.set(wire, name)
  return (wire) => names.get(wire) ?? `wire ${wire}`
}

const PIECE = 2 ** 16
const LINE = /^(\d{1,15}),(-1|\d{1,10}),(\d{1,15}),([^,\r]+)\r?$/

function parseLine(line: string, file: string, number: number): Symbol {
  const [, label, wire, component, name] = LINE.exec(line) ?? []
  if (name === undefined) {
    throw malformed({ name: file }, `line ${number} is not "label,wire,component,name"`, [
      JSON.stringify(line.slice(0, 120)),
    ])
  }
  return { label: Number(label), wire: Number(wire), component: Number(component), name }
}
