/** Samples in JSON and in JSON lines, read element by element; the forms are those of json.ts. */
import { BaseError } from '../../base/errors.js'
import { formatShape, type Shape, unravel } from '../../base/tensor.js'
import { decodeText, parseJson } from '../store.js'
import { type ByteFile, openBytes } from './bytes.js'
import type { Column, Columns, OpenColumn } from './column.js'
import { EZKL_KEY, flatten, isFields, ShapeError } from './json.js'
import { elementsOf, firstByte, kindOf } from './json-split.js'
import { LABEL_NAMES } from './source.js'

/** A value of the file, or why there is none, with the words for its place. */
type Item = { readonly value: unknown; readonly path: string } | { readonly error: BaseError }
type Items = () => AsyncGenerator<Item>

/** Throws `Store.NotJsonError`; undefined for what is no list and no object. */
export async function columnsOfJson(path: string): Promise<Columns | undefined> {
  const file = await openBytes(path)
  const top = await firstByte(file, await afterMark(file))
  const kind = kindOf(top?.byte)
  if (top === undefined || kind === undefined) return undefined
  if (kind === 'object') return columnsOfObject(file, top.at)
  return columnsOfList(path, await countOf(file, top.at, true), itemsOf(file, top.at, ''))
}

/** One value a line; empty lines are skipped. Throws `Store.*`. */
export async function columnsOfJsonLines(path: string): Promise<Columns | undefined> {
  const file = await openBytes(path)
  let count = 0
  for await (const _ of linesOf(file)) count++
  return columnsOfList(path, count, async function* () {
    let at = 0
    for await (const { text, line } of linesOf(file)) {
      yield attempt(() => ({ value: parseJson(text, path, line), path: `[${at}]` }))
      at++
    }
  })
}

/** A list of arrays is one array; one of objects has an array a field of the first. */
async function columnsOfList(path: string, count: number, items: Items): Promise<Columns | undefined> {
  const head = await firstOf(items)
  if (head === undefined || 'error' in head) return undefined
  const base = { file: path, endToEnd: false, labels: undefined }
  if (!isFields(head.value))
    return { ...base, named: new Map(), positional: [columnOf(path, path, count, items)] }
  const field = (name: string) => columnOf(path, `${path}, "${name}"`, count, pick(path, items, name))
  const names = Object.keys(head.value)
  const inputs = head.value[EZKL_KEY]
  const positional = Array.isArray(inputs)
    ? inputs.map((_, k) =>
        columnOf(path, `${path}, "${EZKL_KEY}[${k}]"`, count, pick(path, pickList(path, items), k)),
      )
    : []
  const named = new Map(names.filter((name) => name !== EZKL_KEY).map((name) => [name, field(name)]))
  return { ...base, named, positional, labels: LABEL_NAMES.find((name) => named.has(name)) }
}

/** An object has an array a member; EZKL's has a list of them, which may be many samples end to end. */
async function columnsOfObject(file: ByteFile, start: number): Promise<Columns> {
  const { path } = file
  const named = new Map<string, Column>()
  const positional: Column[] = []
  for await (const { key, start: at } of elementsOf(file, start, { texts: false, top: true })) {
    if (key !== EZKL_KEY) named.set(key!, await arrayColumn(file, `${path}, "${key}"`, key!, at))
    else {
      const list = await firstByte(file, at)
      if (kindOf(list?.byte) !== 'list') continue
      for await (const inner of elementsOf(file, list!.at, { texts: false, top: false })) {
        const name = `${EZKL_KEY}[${positional.length}]`
        positional.push(await arrayColumn(file, `${path}, "${name}"`, name, inner.start))
      }
    }
  }
  const labels = LABEL_NAMES.find((name) => named.has(name))
  return { file: path, named, positional, endToEnd: positional.length > 0, labels }
}

async function arrayColumn(file: ByteFile, label: string, name: string, start: number): Promise<Column> {
  return {
    label,
    open: async () => {
      const head = await firstByte(file, start)
      if (kindOf(head?.byte) !== 'list') return undefined
      const items = itemsOf(file, head!.at, name)
      return columnOf(file.path, label, await countOf(file, head!.at, false), items).open()
    },
  }
}

/** All steps have the first one's shape, or are told to have another. */
function columnOf(file: string, label: string, count: number, items: Items): Column {
  return { label, open: () => openColumn(file, count, items) }
}

async function openColumn(file: string, count: number, items: Items): Promise<OpenColumn | undefined> {
  const head = await firstOf(items)
  if (head === undefined || 'error' in head) return undefined
  const inner = attempt(() => flatten(head.value, head.path, file))
  if ('error' in inner) return undefined
  const shape = [count, ...inner.shape]
  return {
    shape,
    where: (offset) =>
      unravel(offset, shape)
        .map((at) => `[${at}]`)
        .join(''),
    async *steps() {
      for await (const item of items())
        yield 'error' in item ? item.error : numbersOf(item, inner.shape, file)
    },
  }
}

function numbersOf(
  { value, path }: { readonly value: unknown; readonly path: string },
  shape: Shape,
  file: string,
): Float64Array | BaseError {
  const found = attempt(() => flatten(value, path, file))
  if ('error' in found) return found.error
  const same = String(found.shape) === String(shape)
  return same
    ? found.data
    : new ShapeError(file, path, value, `an array of ${formatShape(shape)}, as the first is`)
}

/** One member of each value. */
function pick(file: string, items: Items, name: string | number): Items {
  return async function* () {
    for await (const item of items()) {
      if ('error' in item) yield item
      else if (typeof item.value === 'object' && item.value !== null && Object.hasOwn(item.value, name))
        yield {
          value: (item.value as Record<string | number, unknown>)[name],
          path: `${item.path}.${name}`,
        }
      else yield { error: new ShapeError(file, item.path, item.value, `a field "${name}" as sample 0 has`) }
    }
  }
}

function pickList(file: string, items: Items): Items {
  return pick(file, items, EZKL_KEY)
}

function itemsOf(file: ByteFile, start: number, name: string): Items {
  return async function* () {
    let at = 0
    for await (const { text } of elementsOf(file, start, { texts: true, top: false })) {
      const path = `${name}[${at}]`
      yield attempt(() => ({ value: parseJson(text, `${file.path}, ${path}`), path }))
      at++
    }
  }
}

async function countOf(file: ByteFile, start: number, top: boolean): Promise<number> {
  let count = 0
  for await (const _ of elementsOf(file, start, { texts: false, top })) count++
  return count
}

async function firstOf(items: Items): Promise<Item | undefined> {
  for await (const item of items()) return item
  return undefined
}

async function* linesOf(file: ByteFile): AsyncGenerator<{ text: string; line: number }> {
  let [line, rest] = [0, new Uint8Array(0)]
  for await (const piece of file.pieces(0, file.size)) {
    let from = 0
    for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, from)) {
      const text = decodeText(Buffer.concat([rest, piece.subarray(from, end)]))
      rest = new Uint8Array(0)
      from = end + 1
      line++
      if (text.trim() !== '') yield { text, line }
    }
    rest = new Uint8Array(Buffer.concat([rest, piece.subarray(from)]))
  }
  const text = decodeText(rest)
  if (text.trim() !== '') yield { text, line: line + 1 }
}

const NEWLINE = 0x0a

/** The length of a byte order mark. */
async function afterMark(file: ByteFile): Promise<number> {
  const head = await file.read(0, Math.min(3, file.size))
  return head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0
}

/** What the user's file is at fault for becomes a value; anything else is thrown on. */
function attempt<T extends object>(act: () => T): T | { readonly error: BaseError } {
  try {
    return act()
  } catch (error) {
    if (error instanceof BaseError) return { error }
    throw error
  }
}
