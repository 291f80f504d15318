/**
 * The elements of a JSON container, one after the other, without the container in memory (RFC 8259). Only brackets,
 * strings and commas are looked at: whether an element is JSON shows when it is parsed.
 */
import { decodeText, NotJsonError } from '../store.js'
import type { ByteFile } from './bytes.js'

/** An element of a list, or a member of an object. */
export type Element = {
  /** Of an object's member. */
  readonly key: string | undefined
  /** Where its value begins: after the bracket, comma or colon before it. */
  readonly start: number
  /** Its value's JSON text, where it was asked for. */
  readonly text: string
}

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a]
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d]

/** The byte at which the value after `start` begins, and its place; undefined at the end of the file. */
export async function firstByte(
  file: ByteFile,
  start: number,
): Promise<{ byte: number; at: number } | undefined> {
  let at = start
  for await (const piece of file.pieces(start, file.size)) {
    const found = piece.findIndex((byte) => !isSpace(byte))
    if (found >= 0) return { byte: piece[found]!, at: at + found }
    at += piece.length
  }
  return undefined
}

/** Whether the byte opens a list, an object, or neither. */
export function kindOf(byte: number | undefined): 'list' | 'object' | undefined {
  return byte === OPEN_LIST ? 'list' : byte === OPEN_OBJECT ? 'object' : undefined
}

/**
 * The elements of the list or object that opens at `start`. Texts of members and elements are kept only where `texts`
 * asks for them. Throws `NotJsonError` where the container does not end, or something follows the one at the top.
 */
export async function* elementsOf(file: ByteFile, start: number, options: Options): AsyncGenerator<Element> {
  const splitter = new Splitter(file.path, options)
  let at = start
  for await (const piece of file.pieces(start, file.size)) {
    yield* splitter.push(piece, at)
    at += piece.length
    if (splitter.over && !options.top) return
  }
  splitter.end()
}

/** `top` for the container that is all of the file. */
type Options = { readonly texts: boolean; readonly top: boolean }

class Splitter {
  over = false
  private depth = 0
  private inString = false
  private escaped = false
  private object = false
  /** Of the current element: where it, its colon and its value begin, and whether anything is there but space. */
  private from = 0
  private valueFrom = 0
  private key: string | undefined
  private filled = false
  private any = false
  private parts: Uint8Array[] = []

  constructor(
    private readonly path: string,
    private readonly options: Options,
  ) {}

  *push(piece: Uint8Array, offset: number): Generator<Element> {
    for (let i = 0; i < piece.length; i++) {
      const byte = piece[i]!
      if (this.inString) {
        if (this.escaped) this.escaped = false
        else if (byte === BACKSLASH) this.escaped = true
        else if (byte === QUOTE) this.inString = false
        continue
      }
      if (isSpace(byte)) continue
      if (this.over && !this.options.top) return
      if (this.over) throw this.broken('something follows its end')
      if (byte === QUOTE) this.inString = true
      const closes = byte === CLOSE_LIST || byte === CLOSE_OBJECT
      if (closes) this.depth--
      if (this.depth === 1 && byte === COLON && this.object && this.key === undefined) {
        this.takeKey(piece, offset, i)
        continue
      }
      if ((this.depth === 1 && byte === COMMA) || (this.depth === 0 && closes)) {
        if (this.filled || byte === COMMA || this.any) yield this.take(piece, offset, i)
        this.over = this.depth === 0
        continue
      }
      if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
        if (this.depth++ === 0) {
          this.object = byte === OPEN_OBJECT
          this.begin(offset + i + 1)
          continue
        }
      }
      this.filled = true
    }
    this.keep(piece, offset, piece.length)
  }

  end(): void {
    if (!this.over) throw this.broken('it ends within a value')
  }

  private begin(at: number): void {
    this.from = at
    this.valueFrom = at
    this.key = undefined
    this.filled = false
    this.parts = []
  }

  private takeKey(piece: Uint8Array, offset: number, at: number): void {
    this.keep(piece, offset, at)
    try {
      this.key = String(JSON.parse(decodeText(Buffer.concat(this.parts))))
    } catch (cause) {
      throw new NotJsonError(this.path, undefined, cause)
    }
    this.from = offset + at + 1
    this.valueFrom = this.from
    this.filled = false
    this.parts = []
  }

  private take(piece: Uint8Array, offset: number, at: number): Element {
    if (!this.filled || (this.object && this.key === undefined)) throw this.broken('an element is missing')
    this.keep(piece, offset, at)
    const element = {
      key: this.key,
      start: this.valueFrom,
      text: this.options.texts ? decodeText(Buffer.concat(this.parts)) : '',
    }
    this.any = true
    this.begin(offset + at + 1)
    return element
  }

  /** Keeps the current element's bytes up to `end` in the piece, if anybody will want them. */
  private keep(piece: Uint8Array, offset: number, end: number): void {
    if (this.depth === 0 && !this.filled) return
    if (!this.options.texts && !(this.object && this.key === undefined)) return
    const start = Math.max(0, this.from - offset)
    if (start < end) this.parts.push(piece.subarray(start, end))
  }

  private broken(reason: string): NotJsonError {
    return new NotJsonError(this.path, undefined, new Error(reason))
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}
