/**
 * Proving keys of circuits with lookups, `circuit.lkey`: an iden3 container, "lkey" version 2, everything little-endian.
 *
 * Sections: 1 header, 2 IC, 3 coefficients of A and B (coefficients.ts), 4 the circuit's `.lookups` file, 5 A, 6 B in G1,
 * 7 B in G2, 8 D, 9 C, 10 H, 11 contributions (contributions.ts).
 *
 * Letters as in docs/lookups.md: D is the commitment to round 1, over deltaD; C is the rest, over deltaC; gamma is 1. A
 * has a point for each wire of the matrix A and of the public rows, B for each of the matrix B, by rising wire; H for
 * each row, those of public wires last. Points
 * stand as in a `.zkey`: affine, in Montgomery form, G2's real part first.
 */
import * as Binfile from '../../artifacts/iden3/binfile.js'
import { fromBytesLE, P, toBytesLE } from '../../base/field.js'
import { Q } from '../groth16/group.js'

/** Of the verifying key, with both deltas in G1, which provers use. */
export type HeaderPoints = {
  readonly alpha1: Uint8Array
  readonly beta1: Uint8Array
  readonly beta2: Uint8Array
  readonly deltaD1: Uint8Array
  readonly deltaD2: Uint8Array
  readonly deltaC1: Uint8Array
  readonly deltaC2: Uint8Array
}

export type Sizes = {
  readonly wires: number
  /** Without the challenge, which is the wire after the last of them. */
  readonly publicSignals: number
  /** The first wire of round 2. */
  readonly secondRound: number
  /** With those of the constant one, the public signals and the challenge. */
  readonly rows: number
}

export type Header = Sizes &
  HeaderPoints & {
    /** SHA-256 of the `.r1cs` and of the `.lookups` file. */
    readonly circuit: Uint8Array
    readonly lookups: Uint8Array
    /** The constant's point, one a public signal, and the challenge's. */
    readonly ic: Uint8Array
  }

/** The large sections that hold points. */
export const POINT_SECTIONS = ['a', 'b1', 'b2', 'd', 'c', 'h'] as const
export type SectionName = (typeof POINT_SECTIONS)[number]
export type KeyPoints = Readonly<Record<SectionName, Uint8Array>>

/** What a file holds beside its header. */
export type Body = KeyPoints & {
  readonly coefficients: Uint8Array
  readonly layout: Uint8Array
  readonly contributions: Uint8Array
}

export const SECTION: Readonly<Record<'header' | 'ic' | keyof Body, number>> = {
  header: 1,
  ic: 2,
  coefficients: 3,
  layout: 4,
  a: 5,
  b1: 6,
  b2: 7,
  d: 8,
  c: 9,
  h: 10,
  contributions: 11,
}

export const LKEY: Binfile.Format = { magic: 'lkey', version: 2, sections: Object.values(SECTION) }

/** Stands before the contributions of a key that has no ceremony: 64 bytes that say what the key is. */
export const DEV_MARK = new TextEncoder().encode(
  'zkonnx dev key: whoever made it can forge proofs. Tests only.'.padEnd(64, ' '),
)
/** The mark or the digest of the first key, and the number of contributions. */
export const CONTRIBUTIONS_HEAD = 68

/** The bytes of a file. */
export function encode(header: Header, body: Body): Uint8Array {
  const contents: readonly (readonly [number, Uint8Array])[] = [
    [SECTION.header, headerBytes(header)],
    [SECTION.ic, header.ic],
    ...BODY.map((name) => [SECTION[name], body[name]] as const),
  ]
  const { bytes, sections } = Binfile.allocate(
    LKEY,
    contents.map(([id, content]) => [id, content.length] as const),
  )
  contents.forEach(([, content], i) => {
    sections[i]!.set(content)
  })
  return bytes
}

/**
 * Reads a key's header and checks the sizes of those sections that follow from it. Throws `MalformedFileError`; that
 * points are points is not checked.
 */
export function readHeader(source: Binfile.Source): Header {
  const extents = Binfile.directory(source, LKEY)
  const section = (id: number) => source.read(extents.get(id)!.offset, extents.get(id)!.size)
  const header = parseHeader(source, section(SECTION.header))
  const { wires, publicSignals, secondRound, rows } = header
  if (publicSignals + 2 > secondRound || secondRound > wires)
    throw Binfile.malformed(
      source,
      `it has ${publicSignals} public signals and a second round from ${secondRound} on among ${wires} wires`,
    )
  if (rows > MOST_ROWS) throw Binfile.malformed(source, `it has ${rows} rows, more than 2^27`)
  const expected = [
    ['ic', 64 * (publicSignals + 2)],
    ['d', 64 * (secondRound - publicSignals - 2)],
    ['c', 64 * (wires - secondRound)],
    ['h', 64 * rows],
  ] as const
  for (const [name, size] of expected) {
    const found = extents.get(SECTION[name])!.size
    if (found !== size)
      throw Binfile.malformed(
        source,
        `its section ${name.toUpperCase()} has ${found} bytes instead of ${size}`,
      )
  }
  if (extents.get(SECTION.contributions)!.size < CONTRIBUTIONS_HEAD)
    throw Binfile.malformed(source, 'its section of contributions is cut short')
  return { ...header, ic: section(SECTION.ic).slice() }
}

/** A key's other sections, as views where the source is in memory; what they hold is not checked. */
export function readBody(source: Binfile.Source): Body {
  const extents = Binfile.directory(source, LKEY)
  const section = (id: number) => source.read(extents.get(id)!.offset, extents.get(id)!.size)
  return Object.fromEntries(BODY.map((name) => [name, section(SECTION[name])])) as Body
}

const BODY = ['coefficients', 'layout', 'a', 'b1', 'b2', 'd', 'c', 'h', 'contributions'] as const
const MOST_ROWS = 2 ** 27
/** The order of the points in the header, and their bytes. */
export const HEADER_POINTS = [
  ['alpha1', 64],
  ['beta1', 64],
  ['beta2', 128],
  ['deltaD1', 64],
  ['deltaD2', 128],
  ['deltaC1', 64],
  ['deltaC2', 128],
] as const
const NUMBERS = 4 + 32 + 4 + 32
const DIGESTS = NUMBERS + 4 * 4
const POINTS = DIGESTS + 2 * 32
export const HEADER_BYTES = POINTS + 4 * 64 + 3 * 128

function headerBytes(header: Header): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES)
  const out = Binfile.view(bytes)
  ;[Q, P].forEach((prime, i) => {
    out.setUint32(36 * i, 32, true)
    toBytesLE(prime, bytes, 36 * i + 4)
  })
  const { wires, publicSignals, secondRound, rows } = header
  ;[wires, publicSignals, secondRound, rows].forEach((count, i) => {
    out.setUint32(NUMBERS + 4 * i, count, true)
  })
  bytes.set(header.circuit, DIGESTS)
  bytes.set(header.lookups, DIGESTS + 32)
  let offset = POINTS
  for (const [name, size] of HEADER_POINTS) {
    bytes.set(header[name], offset)
    offset += size
  }
  return bytes
}

function parseHeader(source: Binfile.Source, section: Uint8Array): Omit<Header, 'ic'> {
  if (section.length !== HEADER_BYTES)
    throw Binfile.malformed(source, `its header has ${section.length} bytes instead of ${HEADER_BYTES}`)
  const words = Binfile.view(section)
  const word = (offset: number) => words.getUint32(offset, true)
  if (word(0) !== 32 || fromBytesLE(section, 4) !== Q || word(36) !== 32 || fromBytesLE(section, 40) !== P)
    throw Binfile.malformed(source, 'its curve is not BN254')
  const points: Record<string, Uint8Array> = {}
  let offset = POINTS
  for (const [name, size] of HEADER_POINTS) {
    points[name] = section.slice(offset, offset + size)
    offset += size
  }
  return {
    wires: word(NUMBERS),
    publicSignals: word(NUMBERS + 4),
    secondRound: word(NUMBERS + 8),
    rows: word(NUMBERS + 12),
    circuit: section.slice(DIGESTS, DIGESTS + 32),
    lookups: section.slice(DIGESTS + 32, DIGESTS + 64),
    ...(points as HeaderPoints),
  }
}
