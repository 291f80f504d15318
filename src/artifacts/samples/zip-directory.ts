/**
 * The directory of a ZIP archive (PKWARE APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.14 to 4.3.16), ZIP64 included,
 * which archives over 4 GiB or of more than 65,535 entries need. Encryption and methods other than stored and deflated
 * are refused.
 *
 * Traps: NumPy puts a ZIP64 field into the local header of small files too, so sizes come from the directory alone. A
 * field of 32 bits that is all ones stands for one of 64 in the extra field, where only those that overflow are.
 */
import { BaseError } from '../../base/errors.js'

/** An entry as it lies in the archive. */
export type Packed = {
  readonly name: string
  readonly method: number
  readonly crc: number
  readonly packedSize: number
  readonly size: number
  /** Where its local header starts. */
  readonly local: number
}
export type Directory = readonly Packed[]

export const LOCAL_SIZE = 30

/**
 * Reads the directory of an archive of `size` bytes: yields the ranges that it wants to see, as offset and length, and
 * is given their bytes. So it serves archives in memory as well as files. Throws `FormatError`.
 */
export function* directoryOf(
  file: string,
  size: number,
): Generator<readonly [number, number], Directory, Uint8Array> {
  // the end record is followed by a comment of at most 65,535 bytes
  const tailStart = Math.max(0, size - END_SIZE - 0xffff - LOCATOR_SIZE)
  const tail = viewOf(yield [tailStart, size - tailStart])
  const at = findEnd(tail, file)
  let found = {
    count: tail.getUint16(at + 10, true),
    size: tail.getUint32(at + 12, true),
    offset: tail.getUint32(at + 16, true),
  }
  const locator = at - LOCATOR_SIZE
  if (locator >= 0 && tail.getUint32(locator, true) === LOCATOR_SIGNATURE) {
    const place = big(tail, locator + 8, file)
    if (place + END64_SIZE > size) throw new FormatError(file, 'its ZIP64 record is not where it should be')
    found = readEnd64(viewOf(yield [place, END64_SIZE]), file)
  }
  if (found.offset + found.size > size || found.size < found.count * ENTRY_SIZE)
    throw new FormatError(file, 'its directory is damaged')
  return readEntries(viewOf(yield [found.offset, found.size]), found.count, file)
}

/** Where the entry's content starts, from its local header. Throws `FormatError`. */
export function localData(file: string, packed: Packed, header: Uint8Array, size: number): number {
  const refuse = (reason: string): never => {
    throw new FormatError(file, `its entry "${packed.name}" ${reason}`)
  }
  const view = viewOf(header)
  if (header.length < LOCAL_SIZE || view.getUint32(0, true) !== LOCAL_SIGNATURE)
    refuse('is not where it should be')
  const start = packed.local + LOCAL_SIZE + view.getUint16(26, true) + view.getUint16(28, true)
  if (start + packed.packedSize > size) refuse('is cut off')
  return start
}

const END_SIGNATURE = 0x06054b50
const END64_SIGNATURE = 0x06064b50
const LOCATOR_SIGNATURE = 0x07064b50
const ENTRY_SIGNATURE = 0x02014b50
const LOCAL_SIGNATURE = 0x04034b50
const END_SIZE = 22
const END64_SIZE = 56
const LOCATOR_SIZE = 20
const ENTRY_SIZE = 46
const ZIP64_FIELD = 1
const OVERFLOWS = 0xffffffff
/** Deflate cannot expand more than this (RFC 1951: 258 bytes from two bits). */
const MOST_EXPANSION = 1032

function findEnd(view: DataView, file: string): number {
  for (let at = view.byteLength - END_SIZE; at >= 0; at--) {
    if (view.getUint32(at, true) === END_SIGNATURE) return at
  }
  throw new FormatError(file, 'it has no end record: it is cut off, or no archive at all')
}

function readEnd64(view: DataView, file: string): { count: number; size: number; offset: number } {
  if (view.getUint32(0, true) !== END64_SIGNATURE)
    throw new FormatError(file, 'its ZIP64 record is not where it should be')
  return { count: big(view, 32, file), size: big(view, 40, file), offset: big(view, 48, file) }
}

function readEntries(view: DataView, count: number, file: string): Directory {
  const entries: Packed[] = []
  for (let k = 0, at = 0; k < count; k++) {
    if (at + ENTRY_SIZE > view.byteLength || view.getUint32(at, true) !== ENTRY_SIGNATURE)
      throw new FormatError(file, 'its directory is damaged')
    const [nameSize, extraSize, commentSize] = [28, 30, 32].map((field) =>
      view.getUint16(at + field, true),
    ) as [number, number, number]
    const next = at + ENTRY_SIZE + nameSize + extraSize + commentSize
    if (next > view.byteLength) throw new FormatError(file, 'its directory is damaged')
    entries.push(readEntry(view, at, nameSize, extraSize, file))
    at = next
  }
  return entries
}

function readEntry(view: DataView, at: number, nameSize: number, extraSize: number, file: string): Packed {
  const flags = view.getUint16(at + 8, true)
  const method = view.getUint16(at + 10, true)
  const nameStart = at + ENTRY_SIZE
  const name = new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + nameStart, nameSize))
  const refuse = (reason: string): never => {
    throw new FormatError(file, `its entry "${name}" ${reason}`)
  }
  const wide = zip64Field(view, nameStart + nameSize, extraSize)
  let used = 0
  const field = (offset: number) => {
    const narrow = view.getUint32(at + offset, true)
    if (narrow !== OVERFLOWS) return narrow
    if (wide === undefined || used + 8 > wide.byteLength)
      return refuse('is over 4 GiB and does not say its size')
    used += 8
    return big(wide, used - 8, file)
  }
  // in the order that the extra field has them
  const [size, packedSize, local] = [field(24), field(20), field(42)]
  if ((flags & 1) !== 0) refuse('is encrypted')
  if (method !== 0 && method !== 8) refuse(`is packed by method ${method}; only stored and deflated are read`)
  if (method === 0 ? size !== packedSize : size > packedSize * MOST_EXPANSION)
    refuse('claims an impossible size')
  return { name, method, crc: view.getUint32(at + 16, true), packedSize, size, local }
}

/** The ZIP64 part of an entry's extra field. */
function zip64Field(view: DataView, start: number, size: number): DataView | undefined {
  for (let at = start; at + 4 <= start + size; ) {
    const length = view.getUint16(at + 2, true)
    if (at + 4 + length > start + size) return undefined
    if (view.getUint16(at, true) === ZIP64_FIELD)
      return new DataView(view.buffer, view.byteOffset + at + 4, length)
    at += 4 + length
  }
  return undefined
}

function big(view: DataView, at: number, file: string): number {
  const value = Number(view.getBigUint64(at, true))
  if (!Number.isSafeInteger(value)) throw new FormatError(file, 'its directory is damaged')
  return value
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

export class FormatError extends BaseError {
  override name = 'Zip.FormatError'
  constructor(
    readonly file: string,
    readonly reason: string,
  ) {
    super(`${file} cannot be read as a ZIP archive.`, {
      details: [reason],
      hint: 'copy the file again, or write it again with numpy.savez',
    })
  }
}
