/** NumPy's archives and arrays, read step by step: entries are unpacked as they are asked for. */
import { sizeOf, unravel } from '../../base/tensor.js'
import { openBytes } from './bytes.js'
import type { Column, Columns, OpenColumn } from './column.js'
import { FormatError, itemsOf, readHeader } from './npy.js'
import { LABEL_NAMES } from './source.js'
import { openZip } from './zip.js'

type Content = { readonly size: number; pieces(): AsyncGenerator<Uint8Array> }

/** Throws `Zip.FormatError`, `Store.*`. */
export async function columnsOfNpz(path: string): Promise<Columns> {
  const named = new Map<string, Column>()
  for (const entry of await openZip(await openBytes(path))) {
    const name = entry.name.replace(/\.npy$/, '')
    named.set(name, columnOf(`${path}, array "${name}"`, entry))
  }
  const labels = LABEL_NAMES.find((name) => named.has(name))
  return { file: path, named, positional: [], endToEnd: false, labels }
}

/** Throws `Store.*`. */
export async function columnsOfNpy(path: string): Promise<Columns> {
  const file = await openBytes(path)
  const content = { size: file.size, pieces: () => file.pieces(0, file.size) }
  return {
    file: path,
    named: new Map(),
    positional: [columnOf(path, content)],
    endToEnd: false,
    labels: undefined,
  }
}

function columnOf(label: string, content: Content): Column {
  return { label, open: () => openColumn(label, content) }
}

/** Throws `Npy.FormatError`, `Npy.DtypeError`, and what the archive throws. */
async function openColumn(label: string, content: Content): Promise<OpenColumn | undefined> {
  const header = readHeader(await first(content, HEADER_BYTES), label)
  const { shape, start } = header
  if (header.fortran || shape.length === 0) return undefined
  const items = itemsOf(header, label)
  // a file that is shorter or longer than its shape is told about by the reader of whole files
  if (content.size !== start + sizeOf(shape) * items.size) return undefined
  const stepBytes = sizeOf(shape.slice(1)) * items.size
  return {
    shape,
    where: (offset) => `index [${unravel(offset, shape).join(', ')}]`,
    async *steps() {
      if (stepBytes === 0) return
      for await (const bytes of slabs(content, start, stepBytes, label)) {
        const values = items.decode(bytes)
        const width = stepBytes / items.size
        for (let at = 0; at < values.length; at += width) yield values.slice(at, at + width)
      }
    },
  }
}

/** More than any header that NumPy writes. */
const HEADER_BYTES = 2 ** 16 + 12

async function first({ pieces, size }: Content, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(Math.min(length, size))
  let at = 0
  for await (const piece of pieces()) {
    bytes.set(piece.subarray(0, bytes.length - at), at)
    at += Math.min(piece.length, bytes.length - at)
    if (at === bytes.length) break
  }
  return bytes.subarray(0, at)
}

/** What follows `start`, in runs of whole steps. */
async function* slabs(
  content: Content,
  start: number,
  stepBytes: number,
  label: string,
): AsyncGenerator<Uint8Array> {
  let skip = start
  let rest: Uint8Array = new Uint8Array(0)
  for await (const piece of content.pieces()) {
    const fresh = piece.subarray(Math.min(skip, piece.length))
    skip -= piece.length - fresh.length
    const bytes = rest.length === 0 ? fresh : Buffer.concat([rest, fresh])
    const whole = bytes.length - (bytes.length % stepBytes)
    if (whole > 0) yield bytes.subarray(0, whole)
    rest = bytes.slice(whole)
  }
  if (rest.length > 0) throw new FormatError(label, 'it ends within a sample')
}
