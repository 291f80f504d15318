/**
 * snarkjs's Groth16 proving keys, `.zkey` version 1: sections 1 protocol, 2 header, 3 IC, 4 coefficients, 5 A, 6 B in G1,
 * 7 B in G2, 8 C (private wires only), 9 H, 10 contributions. The format has no document; it is what snarkjs 0.7 reads.
 *
 * Traps: points are affine, little-endian and in Montgomery form, G2's real part first; coefficients are multiplied by
 * 2^512 (elements.ts). Only A and B have coefficients: the prover derives C from their product.
 */
import * as Binfile from '../artifacts/iden3/binfile.js'
import type { Matrix, R1cs } from '../artifacts/iden3/r1cs.js'
import { fromBytesLE, P, toBytesLE } from '../base/field.js'
import { pack } from './elements.js'
import { Q } from './groth16/group.js'
import { type CoefficientTable, coefficientTable, publicCount } from './qap.js'

/** The verifying key's points, as a key holds them. */
export type ZkeyPoints = {
  readonly alpha1: Uint8Array
  readonly beta1: Uint8Array
  readonly beta2: Uint8Array
  readonly gamma2: Uint8Array
  readonly delta1: Uint8Array
  readonly delta2: Uint8Array
}

export type ZkeyHeader = ZkeyPoints & {
  readonly wires: number
  readonly publicSignals: number
  readonly domainSize: number
  /** The constant's point and one a public signal. */
  readonly ic: Uint8Array
  /** The digest of the circuit's part, or `DEV_MARK`. */
  readonly circuitHash: Uint8Array
  readonly contributions: number
}

export type ZkeySections = ZkeyPoints & {
  readonly ic: Uint8Array
  readonly a: Uint8Array
  readonly b1: Uint8Array
  readonly b2: Uint8Array
  readonly c: Uint8Array
  readonly h: Uint8Array
}

/** Stands where a ceremony's key has its digest: 64 bytes that say what the key is. */
export const DEV_MARK = new TextEncoder().encode(
  'zkonnx dev key: whoever made it can forge proofs. Tests only.'.padEnd(64, ' '),
)

/** The bytes of a `.zkey` file without contributions. */
export function encode(
  r1cs: R1cs,
  domainSize: number,
  points: ZkeySections,
  table: CoefficientTable,
): Uint8Array {
  const rows = publicCount(r1cs) + 1
  const entries = r1cs.a.wire.length + r1cs.b.wire.length + rows
  const { bytes, sections } = Binfile.allocate(FORMAT, [
    [1, 4],
    [2, HEADER_BYTES],
    [3, points.ic.length],
    [4, 4 + COEFFICIENT_BYTES * entries],
    [5, points.a.length],
    [6, points.b1.length],
    [7, points.b2.length],
    [8, points.c.length],
    [9, points.h.length],
    [10, 68],
  ])
  Binfile.view(sections[0]!).setUint32(0, GROTH16, true)
  writeHeader(sections[1]!, [r1cs.wires, publicCount(r1cs), domainSize], points)
  writeCoefficients(sections[3]!, r1cs, table)
  const contents = {
    2: points.ic,
    4: points.a,
    5: points.b1,
    6: points.b2,
    7: points.c,
    8: points.h,
    9: DEV_MARK,
  }
  for (const [index, content] of Object.entries(contents)) sections[Number(index)]!.set(content)
  return bytes
}

/** What every key of a system has as its section of coefficients. */
export function coefficientSection(r1cs: R1cs): Uint8Array {
  const entries = r1cs.a.wire.length + r1cs.b.wire.length + publicCount(r1cs) + 1
  const section = new Uint8Array(4 + COEFFICIENT_BYTES * entries)
  writeCoefficients(section, r1cs, coefficientTable(r1cs))
  return section
}

/**
 * Reads a key's header, IC and contributions without its large sections, whose sizes are checked.
 * Throws `MalformedFileError` on anything but a Groth16 key over BN254.
 */
export function readHeader(source: Binfile.Source): ZkeyHeader {
  const extents = Binfile.directory(source, FORMAT)
  const section = (id: number) => source.read(extents.get(id)!.offset, extents.get(id)!.size)
  checkSize(source, extents, 1, 4)
  const protocol = Binfile.view(section(1)).getUint32(0, true)
  if (protocol !== GROTH16)
    throw Binfile.malformed(source, `its protocol is ${protocol} instead of 1, Groth16`)
  checkSize(source, extents, 2, HEADER_BYTES)
  const header = parseHeader(source, section(2))
  checkPointSizes(source, extents, header)
  const contributions = section(10)
  if (contributions.length < 68) throw Binfile.malformed(source, 'its section of contributions is cut short')
  return {
    ...header,
    ic: section(3),
    circuitHash: contributions.slice(0, 64),
    contributions: Binfile.view(contributions).getUint32(64, true),
  }
}

/**
 * A key's large sections, as views where the source is in memory: the points of A, B1, B2, C and H, and the coefficients,
 * each of `COEFFICIENT_BYTES`. Throws as `readHeader` does; what the sections hold is not checked.
 */
export function readLarge(source: Binfile.Source) {
  const extents = Binfile.directory(source, FORMAT)
  const section = (id: number, from = 0) => {
    const { offset, size } = extents.get(id)!
    return source.read(offset + from, size - from)
  }
  return {
    coefficients: section(4, 4),
    a: section(5),
    b1: section(6),
    b2: section(7),
    c: section(8),
    h: section(9),
  }
}

/** A side (u32: 0 for A, 1 for B), a row, a wire, and the element. */
export const COEFFICIENT_BYTES = 44

/** Where the sections lie. Throws `MalformedFileError`. */
export function keySections(source: Binfile.Source): Map<number, Binfile.Extent> {
  return Binfile.directory(source, FORMAT)
}

/** The section of contributions, whole. Throws `MalformedFileError`. */
export function contributionsSection(source: Binfile.Source): Uint8Array {
  const { offset, size } = keySections(source).get(10)!
  return source.read(offset, size)
}

const FORMAT: Binfile.Format = { magic: 'zkey', version: 1, sections: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] }
const GROTH16 = 1
const HEADER_BYTES = 4 + 32 + 4 + 32 + 12 + 3 * 64 + 3 * 128
/** The order of the points in the header, and their bytes. */
const POINTS = [
  ['alpha1', 64],
  ['beta1', 64],
  ['beta2', 128],
  ['gamma2', 128],
  ['delta1', 64],
  ['delta2', 128],
] as const

function writeHeader(section: Uint8Array, counts: readonly number[], points: ZkeyPoints): void {
  const out = Binfile.view(section)
  out.setUint32(0, 32, true)
  toBytesLE(Q, section, 4)
  out.setUint32(36, 32, true)
  toBytesLE(P, section, 40)
  counts.forEach((count, index) => {
    out.setUint32(72 + 4 * index, count, true)
  })
  let offset = 84
  for (const [name, size] of POINTS) {
    section.set(points[name], offset)
    offset += size
  }
}

function parseHeader(source: Binfile.Source, section: Uint8Array) {
  const words = Binfile.view(section)
  const word = (offset: number) => words.getUint32(offset, true)
  if (word(0) !== 32 || fromBytesLE(section, 4) !== Q || word(36) !== 32 || fromBytesLE(section, 40) !== P) {
    throw Binfile.malformed(source, 'its curve is not BN254')
  }
  let offset = 84
  const points: Record<string, Uint8Array> = {}
  for (const [name, size] of POINTS) {
    points[name] = section.slice(offset, offset + size)
    offset += size
  }
  return { ...(points as ZkeyPoints), wires: word(72), publicSignals: word(76), domainSize: word(80) }
}

function checkPointSizes(
  source: Binfile.Source,
  extents: Map<number, Binfile.Extent>,
  { wires, publicSignals, domainSize }: { wires: number; publicSignals: number; domainSize: number },
): void {
  if (publicSignals >= wires) {
    throw Binfile.malformed(source, `it has ${publicSignals} public signals among ${wires} wires`)
  }
  if (domainSize < 2 || domainSize > 2 ** 28 || !Number.isInteger(Math.log2(domainSize))) {
    throw Binfile.malformed(source, `its domain of ${domainSize} points is not a power of two up to 2^28`)
  }
  checkSize(source, extents, 3, 64 * (publicSignals + 1))
  checkSize(source, extents, 5, 64 * wires)
  checkSize(source, extents, 6, 64 * wires)
  checkSize(source, extents, 7, 128 * wires)
  checkSize(source, extents, 8, 64 * (wires - publicSignals - 1))
  checkSize(source, extents, 9, 64 * domainSize)
  const { offset, size } = extents.get(4)!
  const entries = size < 4 ? -1 : Binfile.view(source.read(offset, 4)).getUint32(0, true)
  checkSize(source, extents, 4, 4 + COEFFICIENT_BYTES * entries)
}

function checkSize(
  source: Binfile.Source,
  extents: Map<number, Binfile.Extent>,
  id: number,
  size: number,
): void {
  const actual = extents.get(id)!.size
  if (actual !== size)
    throw Binfile.malformed(source, `its section ${id} has ${actual} bytes instead of ${size}`)
}

/** Row by row A's entries, then B's; last the rows of the public wires. */
function writeCoefficients(section: Uint8Array, r1cs: R1cs, table: CoefficientTable): void {
  const out = Binfile.view(section)
  const values = pack(table.values, 'coefficient')
  const words = new Uint32Array(values.buffer)
  let offset = 4
  const write = (side: number, row: number, wire: number, place: number) => {
    out.setUint32(offset, side, true)
    out.setUint32(offset + 4, row, true)
    out.setUint32(offset + 8, wire, true)
    for (let word = 0; word < 8; word++) out.setUint32(offset + 12 + 4 * word, words[8 * place + word]!, true)
    offset += COEFFICIENT_BYTES
  }
  const writeRow = (side: number, { rowStart, wire }: Matrix, index: Int32Array, row: number) => {
    const end = rowStart[row + 1]!
    for (let entry = rowStart[row]!; entry < end; entry++) write(side, row, wire[entry]!, index[entry]!)
  }
  for (let row = 0; row < r1cs.constraints; row++) {
    writeRow(0, r1cs.a, table.index.a, row)
    writeRow(1, r1cs.b, table.index.b, row)
  }
  for (let wire = 0; wire <= publicCount(r1cs); wire++) write(0, r1cs.constraints + wire, wire, 0)
  out.setUint32(0, (offset - 4) / COEFFICIENT_BYTES, true)
}
