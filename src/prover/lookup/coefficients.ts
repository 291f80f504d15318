/**
 * The matrices A and B of a key, in few bytes: a looked-up expression may have hundreds of small coefficients.
 *
 * Section: rows (u32), large coefficients (u32), these in 32 bytes each, little-endian; then row by row A's entries and
 * B's: their number, and of each the distance of its wire from the one before (the first from -1) and its code as in
 * r1cs.ts, zigzag. All as varints of seven bits a byte, low ones first, in as few bytes as it takes.
 */
import * as Binfile from '../../artifacts/iden3/binfile.js'
import { LARGE, type Matrix, type R1cs } from '../../artifacts/iden3/r1cs.js'
import { BYTES, fromBytesLE, toBytesLE } from '../../base/field.js'

export type Coefficients = Pick<R1cs, 'constraints' | 'a' | 'b' | 'large'>

/** The same bytes for the same matrices, whichever large coefficients stand beside them. */
export function encodeCoefficients(rows: Coefficients): Uint8Array {
  const { constraints, a, b } = rows
  const { large, placeOf } = largeIn(rows)
  // a count a row and side; entries take five bytes a number at most
  const most = 10 * constraints + 10 * (a.wire.length + b.wire.length)
  const bytes = new Uint8Array(8 + BYTES * large.length + most)
  const words = Binfile.view(bytes)
  words.setUint32(0, constraints, true)
  words.setUint32(4, large.length, true)
  large.forEach((value, i) => {
    toBytesLE(value, bytes, 8 + BYTES * i)
  })
  let offset = 8 + BYTES * large.length
  const write = (value: number) => {
    let rest = value
    for (; rest >= 128; rest = Math.floor(rest / 128)) bytes[offset++] = (rest % 128) | 128
    bytes[offset++] = rest
  }
  for (let row = 0; row < constraints; row++)
    for (const { rowStart, wire, coefficient } of [a, b]) {
      const [start, end] = [rowStart[row]!, rowStart[row + 1]!]
      write(end - start)
      for (let entry = start, last = -1; entry < end; last = wire[entry++]!) {
        write(wire[entry]! - last)
        const code = placeOf(coefficient[entry]!)
        write(code < 0 ? -2 * code - 1 : 2 * code)
      }
    }
  return bytes.slice(0, offset)
}

/** The large coefficients by their first use, and the codes that they then have. */
function largeIn({ constraints, a, b, large }: Coefficients) {
  const places = new Map<bigint, number>()
  const add = (code: number) => {
    if (code >= LARGE && !places.has(large[code - LARGE]!)) places.set(large[code - LARGE]!, places.size)
  }
  for (let row = 0; row < constraints; row++)
    for (const { rowStart, coefficient } of [a, b])
      for (let entry = rowStart[row]!; entry < rowStart[row + 1]!; entry++) add(coefficient[entry]!)
  const placeOf = (code: number) => (code < LARGE ? code : LARGE + places.get(large[code - LARGE]!)!)
  return { large: [...places.keys()], placeOf }
}

/** Throws `MalformedFileError` for anything but the bytes that are written for rows over so many wires. */
export function decodeCoefficients(source: { name: string }, bytes: Uint8Array, wires: number): Coefficients {
  const head = readHead(source, bytes)
  const matrices = countEntries(source, bytes, head).map((size) => ({
    rowStart: new Int32Array(head.constraints + 1),
    wire: new Int32Array(size),
    coefficient: new Int32Array(size),
  })) as [Matrix, Matrix]
  const read = varints(source, bytes, head.start)
  for (let row = 0; row < head.constraints; row++)
    for (const { rowStart, wire, coefficient } of matrices) {
      const start = rowStart[row]!
      const end = start + read.next()
      rowStart[row + 1] = end
      for (let entry = start, last = -1; entry < end; last = wire[entry++]!) {
        const id = last + read.next()
        const zigzag = read.next()
        const code = zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2
        if (id === last || id >= wires) throw refuse(source, row, `wire ${id} of ${wires} after ${last}`)
        if (code <= -LARGE || code >= LARGE + head.large.length)
          throw refuse(source, row, `the code ${code} of a coefficient`)
        wire[entry] = id
        coefficient[entry] = code
      }
    }
  return { constraints: head.constraints, a: matrices[0], b: matrices[1], large: head.large }
}

function readHead(source: { name: string }, bytes: Uint8Array) {
  const words = Binfile.view(bytes)
  const [constraints, count] =
    bytes.length < 8 ? [0, 0] : [words.getUint32(0, true), words.getUint32(4, true)]
  const start = 8 + BYTES * count
  // each row takes a byte at least for each side
  if (start + 2 * constraints > bytes.length)
    throw Binfile.malformed(source, 'its coefficients are cut short')
  const large = Array.from({ length: count }, (_, i) => {
    if (!Binfile.isCanonical(words, 8 + BYTES * i))
      throw Binfile.malformed(source, `its large coefficient ${i} is not below the prime`)
    return fromBytesLE(bytes, 8 + BYTES * i)
  })
  return { constraints, large, start }
}

type Head = ReturnType<typeof readHead>

/** How many entries A and B have; that the bytes end with the last of them. */
function countEntries(source: { name: string }, bytes: Uint8Array, { constraints, start }: Head) {
  const read = varints(source, bytes, start)
  const sizes = [0, 0]
  for (let row = 0; row < constraints; row++)
    for (const side of [0, 1]) {
      const count = read.next()
      sizes[side]! += count
      for (let number = 0; number < 2 * count; number++) read.next()
    }
  if (read.at() !== bytes.length)
    throw Binfile.malformed(source, `${bytes.length - read.at()} bytes follow its last coefficient`)
  return sizes
}

function varints(source: { name: string }, bytes: Uint8Array, start: number) {
  let offset = start
  return {
    at: () => offset,
    next(): number {
      let value = 0
      for (let factor = 1; ; factor *= 128) {
        const byte = bytes[offset++]
        if (byte === undefined) throw Binfile.malformed(source, 'its coefficients are cut short')
        value += factor * (byte % 128)
        // the last byte of more than one says something, and 32 bits are enough
        if (byte < 128 && (byte > 0 || factor === 1) && value < 2 ** 32) return value
        if (byte < 128 || factor > 2 ** 28)
          throw Binfile.malformed(source, 'a number in its coefficients is none')
      }
    },
  }
}

function refuse(source: { name: string }, row: number, problem: string) {
  return Binfile.malformed(source, `row ${row} of its coefficients has ${problem}`)
}
