/**
 * The container of iden3's binary files: `.r1cs`, `.wtns`, `.zkey`, `.ptau`
 * (github.com/iden3/r1csfile, doc/r1cs_bin_format.md, "General considerations").
 *
 * Magic (4 bytes), version (u32), number of sections (u32), then each section as type (u32), size (u64), content.
 * Everything is little-endian. Sections may stand in any order: circom writes an r1cs file's header second.
 */
import { BaseError } from '../../base/errors.js'
import { BYTES, fromBytesLE, P, toBytesLE } from '../../base/field.js'

export type Format = {
  /** Four ASCII letters, which are also the extension of the file's name. */
  readonly magic: string
  readonly version: number
  /** The sections that a file must have, each once. */
  readonly sections: readonly number[]
  /** Those that it may have, once; others are refused. */
  readonly optional?: readonly number[]
}

/** Bytes that can be read at any place: a whole file in memory, or an open file. */
export type Source = {
  readonly name: string
  readonly size: number
  read(offset: number, length: number): Uint8Array
}

export type Extent = { readonly offset: number; readonly size: number }

export function fromBytes(bytes: Uint8Array, name: string): Source {
  return { name, size: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) }
}

/**
 * Where each section's content lies. Throws `MalformedFileError` unless magic and version are the format's and the
 * sections are exactly its own, each once, filling the file to its last byte.
 */
export function directory(source: Source, format: Format): Map<number, Extent> {
  const found = new Map<number, Extent>()
  const count = readPreamble(source, format)
  let offset = 12
  for (let index = 0; index < count; index++) {
    if (offset + 12 > source.size)
      throw truncated(source, `the head of section ${index + 1} of ${count}`, offset + 12)
    const head = view(source.read(offset, 12))
    const type = head.getUint32(0, true)
    const size = head.getBigUint64(4, true)
    offset += 12
    if (!format.sections.includes(type) && !format.optional?.includes(type))
      throw malformed(source, `it has a section of unknown type ${type}`)
    if (found.has(type)) throw malformed(source, `section ${type} stands in it twice`)
    if (size > BigInt(source.size - offset)) throw truncated(source, `section ${type}`, BigInt(offset) + size)
    found.set(type, { offset, size: Number(size) })
    offset += Number(size)
  }
  if (offset !== source.size) throw malformed(source, `${source.size - offset} bytes follow its last section`)
  const missing = format.sections.find((type) => !found.has(type))
  if (missing !== undefined) throw malformed(source, `section ${missing} is missing`)
  return found
}

/** The content of each section, as views into `bytes` where the source is in memory. Throws as `directory` does. */
export function readSections(source: Source, format: Format): Map<number, Uint8Array> {
  const sections = new Map<number, Uint8Array>()
  for (const [type, { offset, size }] of directory(source, format))
    sections.set(type, source.read(offset, size))
  return sections
}

/** A file with its sections laid out and empty: the caller fills the views, which stand in the order of `sizes`. */
export function allocate(
  format: Format,
  sizes: readonly (readonly [type: number, size: number])[],
): { bytes: Uint8Array; sections: Uint8Array[] } {
  const bytes = new Uint8Array(12 + sizes.reduce((total, [, size]) => total + 12 + size, 0))
  const head = view(bytes)
  for (let index = 0; index < 4; index++) bytes[index] = format.magic.charCodeAt(index)
  head.setUint32(4, format.version, true)
  head.setUint32(8, sizes.length, true)
  let offset = 12
  const sections = sizes.map(([type, size]) => {
    head.setUint32(offset, type, true)
    head.setBigUint64(offset + 4, BigInt(size), true)
    offset += 12 + size
    return bytes.subarray(offset - size, offset)
  })
  return { bytes, sections }
}

export function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Writes the size of an element in bytes and the field's prime, as headers of r1cs and wtns files begin. */
export function writePrime(section: Uint8Array): void {
  view(section).setUint32(0, BYTES, true)
  toBytesLE(P, section, 4)
}

/** Throws `MalformedFileError` unless a header of `size` bytes begins with the prime of BN254's scalar field. */
export function checkPrime(source: Source, section: Uint8Array, size: number): void {
  if (section.length !== size) {
    throw malformed(source, `its header has ${section.length} bytes instead of ${size}`)
  }
  const bytes = view(section).getUint32(0, true)
  if (bytes !== BYTES || fromBytesLE(section, 4) !== P) {
    throw malformed(source, 'its prime is not the order of the scalar field of BN254', [
      bytes === BYTES ? `prime ${fromBytesLE(section, 4)}` : `elements of ${bytes} bytes`,
    ])
  }
}

/** Whether the 32 little-endian bytes at `offset` are below the field's prime. */
export function isCanonical(bytes: DataView, offset: number): boolean {
  // nearly every element is settled by its top 32 bits
  const top = bytes.getUint32(offset + 28, true)
  if (top !== P_TOP) return top < P_TOP
  return fromBytesLE(new Uint8Array(bytes.buffer, bytes.byteOffset + offset, BYTES)) < P
}

export function malformed(source: { name: string }, problem: string, details: readonly string[] = []) {
  return new MalformedFileError(source.name, problem, details)
}

const P_TOP = Number(P >> 224n)

function readPreamble(source: Source, format: Format): number {
  if (source.size < 12) throw truncated(source, 'its first 12 bytes', 12)
  const head = source.read(0, 12)
  const magic = String.fromCharCode(...head.subarray(0, 4))
  if (magic !== format.magic) {
    throw malformed(source, `it begins with ${JSON.stringify(magic)} instead of "${format.magic}"`)
  }
  const version = view(head).getUint32(4, true)
  if (version !== format.version)
    throw malformed(source, `its version is ${version} instead of ${format.version}`)
  return view(head).getUint32(8, true)
}

function truncated(source: Source, what: string, end: number | bigint): MalformedFileError {
  return malformed(source, `${what} would end at byte ${end} of ${source.size}`)
}

export class MalformedFileError extends BaseError {
  override name = 'Iden3.MalformedFileError'
  constructor(
    readonly file: string,
    readonly problem: string,
    details: readonly string[] = [],
  ) {
    super(`Malformed file ${file}: ${problem}.`, {
      details,
      hint: 'the file is cut short, damaged or of another kind: make it again',
    })
  }
}
