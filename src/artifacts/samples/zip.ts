/**
 * ZIP archives, as far as `.npz` files need them (PKWARE APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16).
 *
 * Reading goes by the central directory, checks every CRC and never allocates more than the archive's size can expand
 * to. ZIP64, encryption and methods other than stored and deflated are refused.
 *
 * Traps: NumPy puts a ZIP64 field into the local header of small files too, so sizes come from the central directory
 * alone. fflate checks no CRC, and its output for an entry that lies about its size is cut off: the CRC finds both.
 */
import { crc32 } from 'node:zlib'
import { inflateSync, zipSync } from 'fflate'
import { BaseError, messageOf } from '../../base/errors.js'

const END_SIGNATURE = 0x06054b50
const ENTRY_SIGNATURE = 0x02014b50
const LOCAL_SIGNATURE = 0x04034b50
const END_SIZE = 22
const ENTRY_SIZE = 46
const LOCAL_SIZE = 30
/** Deflate cannot expand more than this (RFC 1951: 258 bytes from two bits). */
const MOST_EXPANSION = 1032

export type Entry = {
  readonly name: string
  readonly size: number
  /** The content, unpacked and checked. Throws `FormatError`. */
  read(): Uint8Array
}

/** What the archive holds; nothing is unpacked yet. Throws `FormatError`. */
export function readZip(bytes: Uint8Array, file: string): Entry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = findEnd(view, file)
  const count = view.getUint16(end + 10, true)
  const entries: Entry[] = []
  for (let k = 0, at = view.getUint32(end + 16, true); k < count; k++) {
    if (at + ENTRY_SIZE > end || view.getUint32(at, true) !== ENTRY_SIGNATURE)
      throw new FormatError(file, 'its directory is damaged')
    entries.push(readEntry(bytes, view, at, file))
    at +=
      ENTRY_SIZE +
      view.getUint16(at + 28, true) +
      view.getUint16(at + 30, true) +
      view.getUint16(at + 32, true)
  }
  return entries
}

/** An archive of the files, in their order. Equal files give equal bytes: the dates are fixed, nothing is compressed. */
export function writeZip(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  // the earliest date that the format can hold, in the local time that it is written in
  return zipSync({ ...files }, { level: 0, mtime: new Date(1980, 0, 1) })
}

function findEnd(view: DataView, file: string): number {
  // the end record is followed by a comment of at most 65,535 bytes
  const first = Math.max(0, view.byteLength - END_SIZE - 0xffff)
  for (let at = view.byteLength - END_SIZE; at >= first; at--) {
    if (view.getUint32(at, true) === END_SIGNATURE) return at
  }
  throw new FormatError(file, 'it has no end record: it is cut off, or no archive at all')
}

function readEntry(bytes: Uint8Array, view: DataView, at: number, file: string): Entry {
  const flags = view.getUint16(at + 8, true)
  const method = view.getUint16(at + 10, true)
  const crc = view.getUint32(at + 16, true)
  const packedSize = view.getUint32(at + 20, true)
  const size = view.getUint32(at + 24, true)
  const local = view.getUint32(at + 42, true)
  const nameStart = at + ENTRY_SIZE
  const name = new TextDecoder().decode(bytes.subarray(nameStart, nameStart + view.getUint16(at + 28, true)))
  const refuse = (reason: string): never => {
    throw new FormatError(file, `its entry "${name}" ${reason}`)
  }
  if ((flags & 1) !== 0) refuse('is encrypted')
  if (method !== 0 && method !== 8) refuse(`is packed by method ${method}; only stored and deflated are read`)
  if (size === 0xffffffff || packedSize === 0xffffffff || local === 0xffffffff)
    refuse('is over 4 GiB (ZIP64)')
  if (method === 0 ? size !== packedSize : size > packedSize * MOST_EXPANSION)
    refuse('claims an impossible size')
  return { name, size, read: () => unpack(bytes, view, { local, packedSize, size, method, crc }, refuse) }
}

type Packed = { local: number; packedSize: number; size: number; method: number; crc: number }

function unpack(
  bytes: Uint8Array,
  view: DataView,
  packed: Packed,
  refuse: (reason: string) => never,
): Uint8Array {
  const { local, packedSize, size, method, crc } = packed
  if (local + LOCAL_SIZE > bytes.length || view.getUint32(local, true) !== LOCAL_SIGNATURE)
    refuse('is not where it should be')
  const start = local + LOCAL_SIZE + view.getUint16(local + 26, true) + view.getUint16(local + 28, true)
  if (start + packedSize > bytes.length) refuse('is cut off')
  const raw = bytes.subarray(start, start + packedSize)
  const content = method === 0 ? raw : inflate(raw, size, refuse)
  if (content.length !== size || crc32(content) !== crc) refuse('is damaged (its checksum differs)')
  return content
}

function inflate(raw: Uint8Array, size: number, refuse: (reason: string) => never): Uint8Array {
  try {
    return inflateSync(raw, { out: new Uint8Array(size) })
  } catch (cause) {
    return refuse(`cannot be unpacked: ${messageOf(cause)}`)
  }
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
