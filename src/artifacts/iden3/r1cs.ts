/**
 * Rank-1 constraint systems and iden3's `.r1cs` files (github.com/iden3/r1csfile, doc/r1cs_bin_format.md, version 1).
 *
 * Constraint k: (A_k . w) * (B_k . w) = C_k . w modulo P, where w[0] = 1. Wires stand in the order one, public outputs,
 * public inputs, private inputs, the rest; the first two are the statement's public signals.
 *
 * Traps: tools disagree on a wire that stands twice in a row (the key adds, the witness check overwrites), so rows must
 * rise strictly. Labels are the wires themselves here: nothing was optimized away that a `.sym` file would name.
 */
import { fromBytesLE, P, toBytesLE } from '../../base/field.js'
import {
  allocate,
  checkPrime,
  type Format,
  fromBytes,
  isCanonical,
  malformed,
  readSections,
  type Source,
  view,
  writePrime,
} from './binfile.js'

export type R1cs = {
  readonly wires: number
  readonly publicOutputs: number
  readonly publicInputs: number
  readonly privateInputs: number
  readonly constraints: number
  readonly a: Matrix
  readonly b: Matrix
  readonly c: Matrix
  /** The coefficients that are too large for a code of their own, in [0, P). */
  readonly large: readonly bigint[]
}

/** Sparse rows: constraint k holds the entries from rowStart[k] to rowStart[k + 1], by rising wire. */
export type Matrix = {
  readonly rowStart: Int32Array
  readonly wire: Int32Array
  /** The coefficient itself where its magnitude is below 2^30; from 2^30 on, `large[code - 2^30]`. */
  readonly coefficient: Int32Array
}

export const LARGE = 2 ** 30

/** The coefficient in [0, P) that a code of a `Matrix` stands for. */
export function coefficientOf(r1cs: Pick<R1cs, 'large'>, code: number): bigint {
  if (code >= LARGE) return r1cs.large[code - LARGE]!
  return code < 0 ? P + BigInt(code) : BigInt(code)
}

/** The bytes of a `.r1cs` file: header, constraints and the map from wires to labels, in that order. */
export function encode(r1cs: R1cs): Uint8Array {
  const entries = r1cs.a.wire.length + r1cs.b.wire.length + r1cs.c.wire.length
  const { bytes, sections } = allocate(FORMAT, [
    [1, HEADER_BYTES],
    [2, 12 * r1cs.constraints + ENTRY_BYTES * entries],
    [3, 8 * r1cs.wires],
  ])
  const [header, constraints, labels] = sections as [Uint8Array, Uint8Array, Uint8Array]
  writeHeader(header, r1cs)
  writeConstraints(constraints, r1cs)
  const out = view(labels)
  for (let wire = 0; wire < r1cs.wires; wire++) out.setUint32(8 * wire, wire, true)
  return bytes
}

/**
 * Reads a `.r1cs` file; `name` stands in the errors. Coefficients too large for a code enter `large` by first use.
 * Throws `MalformedFileError` on anything but a well-formed file over BN254 without custom gates: wires out of range,
 * twice or (unless `order` is 'any', as circom's rows can have it) out of order in a row, coefficients not below P,
 * counts that disagree.
 */
export function decode(bytes: Uint8Array, name = '.r1cs', order: RowOrder = 'rising'): R1cs {
  const source = fromBytes(bytes, name)
  const sections = readSections(source, FORMAT)
  const { labels, ...header } = readHeader(source, sections.get(1)!)
  const constraints = sections.get(2)!
  if (header.constraints * 12 > constraints.length) {
    throw malformed(source, `its header says ${header.constraints} constraints, more than it has room for`)
  }
  checkLabels(source, sections.get(3)!, header.wires, labels)
  const sizes = countEntries(source, constraints, header.constraints)
  return { ...header, ...readConstraints(source, constraints, header, sizes, order) }
}

export type RowOrder = 'rising' | 'any'

type Header = Omit<R1cs, 'a' | 'b' | 'c' | 'large'>

const FORMAT: Format = { magic: 'r1cs', version: 1, sections: [1, 2, 3] }
const HEADER_BYTES = 64
const ENTRY_BYTES = 36
const P_WORDS = Uint32Array.from({ length: 8 }, (_, word) => Number((P >> BigInt(32 * word)) & 0xffffffffn))

function writeHeader(section: Uint8Array, r1cs: R1cs): void {
  writePrime(section)
  const out = view(section)
  out.setUint32(36, r1cs.wires, true)
  out.setUint32(40, r1cs.publicOutputs, true)
  out.setUint32(44, r1cs.publicInputs, true)
  out.setUint32(48, r1cs.privateInputs, true)
  out.setBigUint64(52, BigInt(r1cs.wires), true)
  out.setUint32(60, r1cs.constraints, true)
}

function readHeader(source: Source, section: Uint8Array): Header & { labels: bigint } {
  checkPrime(source, section, HEADER_BYTES)
  const head = view(section)
  const word = (offset: number) => head.getUint32(offset, true)
  const header = {
    wires: word(36),
    publicOutputs: word(40),
    publicInputs: word(44),
    privateInputs: word(48),
    labels: head.getBigUint64(52, true),
    constraints: word(60),
  }
  const named = 1 + header.publicOutputs + header.publicInputs + header.privateInputs
  if (named > header.wires) {
    throw malformed(
      source,
      `its header says ${header.wires} wires, but inputs and outputs alone need ${named}`,
    )
  }
  return header
}

function checkLabels(source: Source, section: Uint8Array, wires: number, labels: bigint): void {
  if (section.length !== 8 * wires) {
    throw malformed(
      source,
      `its map of labels has ${section.length} bytes instead of 8 for each of ${wires} wires`,
    )
  }
  const map = view(section)
  for (let wire = 0; wire < wires; wire++) {
    const label = map.getBigUint64(8 * wire, true)
    if (label >= labels) throw malformed(source, `wire ${wire} has label ${label} of ${labels}`)
  }
}

function writeConstraints(section: Uint8Array, r1cs: R1cs): void {
  const out = view(section)
  const large = new Uint8Array(32 * r1cs.large.length)
  r1cs.large.forEach((value, index) => {
    toBytesLE(value, large, 32 * index)
  })
  let offset = 0
  for (let row = 0; row < r1cs.constraints; row++) {
    for (const matrix of [r1cs.a, r1cs.b, r1cs.c]) {
      const end = matrix.rowStart[row + 1]!
      out.setUint32(offset, end - matrix.rowStart[row]!, true)
      offset += 4
      for (let entry = matrix.rowStart[row]!; entry < end; entry++) {
        out.setUint32(offset, matrix.wire[entry]!, true)
        writeCoefficient(section, out, offset + 4, matrix.coefficient[entry]!, large)
        offset += ENTRY_BYTES
      }
    }
  }
}

/** Writes into zeroed bytes. */
function writeCoefficient(
  section: Uint8Array,
  out: DataView,
  offset: number,
  code: number,
  large: Uint8Array,
): void {
  if (code >= LARGE) {
    const index = 32 * (code - LARGE)
    section.set(large.subarray(index, index + 32), offset)
  } else if (code >= 0) {
    out.setUint32(offset, code, true)
  } else {
    // P + code borrows nothing from its second word: P's lowest is 0xf0000001
    out.setUint32(offset, P_WORDS[0]! + code, true)
    for (let word = 1; word < 8; word++) out.setUint32(offset + 4 * word, P_WORDS[word]!, true)
  }
}

/** How many entries A, B and C have, so that they can be read into arrays of the right length. */
function countEntries(source: Source, section: Uint8Array, constraints: number): readonly number[] {
  const bytes = view(section)
  const sizes = [0, 0, 0]
  let offset = 0
  for (let row = 0; row < constraints; row++) {
    for (let side = 0; side < 3; side++) {
      if (offset + 4 > section.length) throw malformed(source, `its constraint ${row} is cut short`)
      const entries = bytes.getUint32(offset, true)
      offset += 4 + ENTRY_BYTES * entries
      if (offset > section.length) throw malformed(source, `its constraint ${row} is cut short`)
      sizes[side]! += entries
    }
  }
  if (offset !== section.length) {
    throw malformed(source, `${section.length - offset} bytes follow its last constraint`)
  }
  return sizes
}

function readConstraints(
  source: Source,
  section: Uint8Array,
  header: Header,
  sizes: readonly number[],
  order: RowOrder,
) {
  const bytes = view(section)
  const table = { values: [] as bigint[], indices: new Map<bigint, number>() }
  const matrices = sizes.map((size) => ({
    rowStart: new Int32Array(header.constraints + 1),
    wire: new Int32Array(size),
    coefficient: new Int32Array(size),
  }))
  let offset = 0
  for (let row = 0; row < header.constraints; row++) {
    for (const { rowStart, wire, coefficient } of matrices) {
      const start = rowStart[row]!
      const end = start + bytes.getUint32(offset, true)
      offset += 4
      for (let entry = start; entry < end; entry++, offset += ENTRY_BYTES) {
        const id = bytes.getUint32(offset, true)
        if (id >= header.wires) throw malformed(source, `constraint ${row} has wire ${id} of ${header.wires}`)
        wire[entry] = id
        coefficient[entry] = readCode(bytes, offset + 4, table) ?? refuseCoefficient(source, row, id)
      }
      if (order === 'any') sortRow(wire, coefficient, start, end)
      refuseDisorder(source, row, wire.subarray(start, end))
      rowStart[row + 1] = end
    }
  }
  const [a, b, c] = matrices as [Matrix, Matrix, Matrix]
  return { a, b, c, large: table.values }
}

function sortRow(wire: Int32Array, coefficient: Int32Array, start: number, end: number): void {
  const entries = Array.from(wire.subarray(start, end), (id, i) => [id, coefficient[start + i]!] as const)
  entries.sort(([a], [b]) => a - b)
  entries.forEach(([id, code], i) => {
    wire[start + i] = id
    coefficient[start + i] = code
  })
}

function refuseDisorder(source: Source, row: number, wires: Int32Array): void {
  const at = wires.findIndex((id, i) => i > 0 && id <= wires[i - 1]!)
  if (at > 0) throw malformed(source, `constraint ${row} has wire ${wires[at]} after wire ${wires[at - 1]}`)
}

type LargeTable = { readonly values: bigint[]; readonly indices: Map<bigint, number> }

/** The code of the coefficient at `offset`, or nothing when it is not below P. */
function readCode(bytes: DataView, offset: number, large: LargeTable): number | undefined {
  const low = bytes.getUint32(offset, true)
  const second = bytes.getUint32(offset + 4, true)
  if (second === 0 && low < LARGE && highWordsAre(bytes, offset, ZERO_WORDS)) return low
  if (second === P_WORDS[1] && highWordsAre(bytes, offset, P_WORDS)) {
    const code = low - P_WORDS[0]!
    if (code < 0 && code > -LARGE) return code
  }
  if (!isCanonical(bytes, offset)) return undefined
  const value = fromBytesLE(new Uint8Array(bytes.buffer, bytes.byteOffset + offset, 32))
  let index = large.indices.get(value)
  if (index === undefined) {
    index = large.values.push(value) - 1
    large.indices.set(value, index)
  }
  return LARGE + index
}

const ZERO_WORDS = new Uint32Array(8)

function highWordsAre(bytes: DataView, offset: number, words: Uint32Array): boolean {
  for (let word = 2; word < 8; word++)
    if (bytes.getUint32(offset + 4 * word, true) !== words[word]) return false
  return true
}

function refuseCoefficient(source: Source, row: number, wire: number): never {
  throw malformed(source, `constraint ${row} has a coefficient at wire ${wire} that is not below the prime`)
}
