/**
 * ZIP archives of which there is one only for given files: every entry stored, in the order given, without dates, comments
 * and extra fields (PKWARE APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16). Any unzip reads them.
 *
 * Reading writes the archive again from what it found and compares: so nothing can be hidden in it, no name can stand in it
 * twice or in another form for another reader, and nothing expands.
 */
import { crc32 } from 'node:zlib'
import { BaseError } from '../base/errors.js'

export type Files = ReadonlyMap<string, Uint8Array>

const LOCAL = 0x04034b50
const CENTRAL = 0x02014b50
const END = 0x06054b50
const LOCAL_SIZE = 30
const CENTRAL_SIZE = 46
const END_SIZE = 22
/** Version 2.0; names are UTF-8 (general purpose bit 11). */
const VERSION = 20
const UTF8 = 0x0800
/** 1 January 1980, midnight: the least that the format can say. */
const DATE = 0x0021
/** Of the format without ZIP64. */
const MOST_ENTRIES = 65_535
const MOST_BYTES = 2 ** 32 - 1

/** Throws `ArchiveError` for more than the format holds. */
export function encodeStored(files: Files): Uint8Array {
  const entries = [...files].map(([name, content]) => ({ name: Buffer.from(name, 'utf8'), content }))
  const locals = entries.reduce(
    (sum, { name, content }) => sum + LOCAL_SIZE + name.length + content.length,
    0,
  )
  const directory = entries.reduce((sum, { name }) => sum + CENTRAL_SIZE + name.length, 0)
  const total = locals + directory + END_SIZE
  if (entries.length > MOST_ENTRIES || total > MOST_BYTES)
    throw new ArchiveError('the archive', `it would hold ${entries.length} files and ${total} bytes`)
  const bytes = Buffer.alloc(total)
  let [at, entryAt] = [0, locals]
  for (const { name, content } of entries) {
    const start = at
    bytes.writeUInt32LE(LOCAL, at)
    writeFacts(bytes, at + 4, name, content)
    name.copy(bytes, at + LOCAL_SIZE)
    bytes.set(content, at + LOCAL_SIZE + name.length)
    at += LOCAL_SIZE + name.length + content.length
    bytes.writeUInt32LE(CENTRAL, entryAt)
    bytes.writeUInt16LE(VERSION, entryAt + 4)
    writeFacts(bytes, entryAt + 6, name, content)
    bytes.writeUInt32LE(start, entryAt + 42)
    name.copy(bytes, entryAt + CENTRAL_SIZE)
    entryAt += CENTRAL_SIZE + name.length
  }
  bytes.writeUInt32LE(END, entryAt)
  bytes.writeUInt16LE(entries.length, entryAt + 8)
  bytes.writeUInt16LE(entries.length, entryAt + 10)
  bytes.writeUInt32LE(directory, entryAt + 12)
  bytes.writeUInt32LE(locals, entryAt + 16)
  return bytes
}

/** What local and central headers share: version, flags, method, time, date, checksum, sizes, lengths. */
function writeFacts(bytes: Buffer, at: number, name: Buffer, content: Uint8Array): void {
  bytes.writeUInt16LE(VERSION, at)
  bytes.writeUInt16LE(UTF8, at + 2)
  bytes.writeUInt16LE(DATE, at + 8)
  bytes.writeUInt32LE(crc32(content), at + 10)
  bytes.writeUInt32LE(content.length, at + 14)
  bytes.writeUInt32LE(content.length, at + 18)
  bytes.writeUInt16LE(name.length, at + 22)
}

/** The files of an archive that `encodeStored` wrote. Throws `ArchiveError` for any other; `file` names it there. */
export function decodeStored(archive: Uint8Array, file: string): Files {
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength)
  const files = new Map<string, Uint8Array>()
  let at = 0
  while (at + LOCAL_SIZE <= bytes.length && bytes.readUInt32LE(at) === LOCAL) {
    const size = bytes.readUInt32LE(at + 18)
    const start = at + LOCAL_SIZE + bytes.readUInt16LE(at + 26)
    const name = bytes.toString('utf8', at + LOCAL_SIZE, start)
    if (start + size > bytes.length) throw new ArchiveError(file, `its entry "${name}" is cut off`)
    if (files.has(name)) throw new ArchiveError(file, `it has two entries "${name}"`)
    files.set(name, bytes.subarray(start, start + size))
    at = start + size
  }
  if (files.size === 0) throw new ArchiveError(file, 'it is no ZIP archive')
  if (!Buffer.from(encodeStored(files)).equals(bytes))
    throw new ArchiveError(file, 'it is damaged, cut off, or was written by another program')
  return files
}

export class ArchiveError extends BaseError {
  override name = 'Bundle.ArchiveError'
  constructor(
    readonly file: string,
    readonly reason: string,
  ) {
    super(`${file} is not a bundle as zkonnx writes it.`, {
      details: [reason],
      hint: 'copy the file again from where it was published, and compare its digest',
    })
  }
}
