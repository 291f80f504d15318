/**
 * ZIP archives, as far as `.npz` files need them.
 *
 * Reading goes by the directory (zip-directory.ts), checks every CRC and never allocates more than the archive's size
 * can expand to. Entries are unpacked from memory as a whole, or from a file piece by piece.
 *
 * Trap: fflate checks no CRC, and its output for an entry that lies about its size is cut off: the CRC finds both.
 */

import { Readable } from 'node:stream'
import { crc32, createInflateRaw } from 'node:zlib'
import { inflateSync, zipSync } from 'fflate'
import { messageOf } from '../../base/errors.js'
import type { ByteFile } from './bytes.js'
import {
  type Directory,
  directoryOf,
  FormatError,
  LOCAL_SIZE,
  localData,
  type Packed,
} from './zip-directory.js'

export { FormatError }

export type Entry = {
  readonly name: string
  readonly size: number
  /** The content, unpacked and checked. Throws `FormatError`. */
  read(): Uint8Array
}

export type StreamedEntry = {
  readonly name: string
  readonly size: number
  /** The content from its start, in pieces of any size. Throws `FormatError`, at the end for a wrong checksum. */
  pieces(): AsyncGenerator<Uint8Array>
}

/** What the archive holds; nothing is unpacked yet. Throws `FormatError`. */
export function readZip(bytes: Uint8Array, file: string): Entry[] {
  const read = (offset: number, length: number) => bytes.subarray(offset, offset + length)
  const steps = directoryOf(file, bytes.length)
  let step = steps.next()
  while (!step.done) step = steps.next(read(...step.value))
  return step.value.map((packed) => ({
    name: packed.name,
    size: packed.size,
    read: () => unpack(bytes, packed, file),
  }))
}

/** The same of a file that is not read as a whole. Throws `FormatError`, and what reading throws. */
export async function openZip(file: ByteFile): Promise<StreamedEntry[]> {
  const steps = directoryOf(file.path, file.size)
  let step = steps.next()
  while (!step.done) step = steps.next(await file.read(...step.value))
  const directory: Directory = step.value
  return directory.map((packed) => ({
    name: packed.name,
    size: packed.size,
    pieces: () => unpackPieces(file, packed),
  }))
}

/** An archive of the files, in their order. Equal files give equal bytes: the dates are fixed, nothing is compressed. */
export function writeZip(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  // the earliest date that the format can hold, in the local time that it is written in
  return zipSync({ ...files }, { level: 0, mtime: new Date(1980, 0, 1) })
}

function unpack(bytes: Uint8Array, packed: Packed, file: string): Uint8Array {
  const { local, packedSize, size, method, crc } = packed
  const start = localData(file, packed, bytes.subarray(local, local + LOCAL_SIZE), bytes.length)
  const raw = bytes.subarray(start, start + packedSize)
  const content = method === 0 ? raw : inflate(raw, size, refusal(file, packed))
  if (content.length !== size || crc32(content) !== crc)
    refusal(file, packed)('is damaged (its checksum differs)')
  return content
}

function inflate(raw: Uint8Array, size: number, refuse: (reason: string) => never): Uint8Array {
  try {
    return inflateSync(raw, { out: new Uint8Array(size) })
  } catch (cause) {
    return refuse(`cannot be unpacked: ${messageOf(cause)}`)
  }
}

async function* unpackPieces(file: ByteFile, packed: Packed): AsyncGenerator<Uint8Array> {
  const { local, packedSize, method } = packed
  const header = await file.read(local, Math.min(LOCAL_SIZE, Math.max(0, file.size - local)))
  const start = localData(file.path, packed, header, file.size)
  const raw = file.pieces(start, start + packedSize)
  yield* checked(file.path, packed, method === 0 ? raw : inflated(file.path, packed, raw))
}

async function* inflated(
  file: string,
  packed: Packed,
  raw: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const source = Readable.from(raw, { objectMode: false })
  const inflater = createInflateRaw()
  let failed: unknown
  source.on('error', (error) => {
    failed = error
    inflater.destroy(error)
  })
  try {
    for await (const piece of source.pipe(inflater)) yield piece
  } catch (cause) {
    if (failed !== undefined) throw failed
    refusal(file, packed)(`cannot be unpacked: ${messageOf(cause)}`)
  } finally {
    source.destroy()
    inflater.destroy()
  }
}

/** Passes the pieces on, and fails where there are more than the directory says, or others. */
async function* checked(
  file: string,
  packed: Packed,
  pieces: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let [crc, length] = [0, 0]
  for await (const piece of pieces) {
    crc = crc32(piece, crc)
    length += piece.length
    if (length > packed.size) break
    yield piece
  }
  if (length !== packed.size || crc !== packed.crc) refusal(file, packed)('is damaged (its checksum differs)')
}

function refusal(file: string, { name }: Packed): (reason: string) => never {
  return (reason) => {
    throw new FormatError(file, `its entry "${name}" ${reason}`)
  }
}
