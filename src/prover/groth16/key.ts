/**
 * Phase 1: a proving key, from the bytes of a `.zkey`. What could lead a prover astray is refused here: sizes and counts
 * that do not agree, coefficients for rows or wires that are not there, elements and coordinates that are not canonical.
 *
 * That every point is on its curve is not checked, but for those of the header: it would take as long as a small proof.
 * The kernels go through such points without harm, and the proof does not verify; `findStray` then says where it lies.
 */
import * as Binfile from '../../artifacts/iden3/binfile.js'
import { BYTES, fromBytesLE, P } from '../../base/field.js'
import * as Zkey from '../zkey.js'
import { G1, G2, Q } from './group.js'

export type Key = {
  readonly name: string
  readonly header: Zkey.ZkeyHeader
  /** Entries of `COEFFICIENT_BYTES`: a side, a row, a wire, and an element multiplied by 2^512. */
  readonly coefficients: Uint8Array
  readonly points: KeyPoints
}

/** Sections of points, as the file has them. A, B1 and B2 have one a wire, C one a private wire, H one a point of the domain. */
export type KeyPoints = Readonly<Record<SectionName, Uint8Array>>
export type SectionName = 'a' | 'b1' | 'b2' | 'c' | 'h'

/** Throws `MalformedFileError`. */
export function readKey(bytes: Uint8Array, name = '.zkey'): Key {
  const source = Binfile.fromBytes(bytes, name)
  const header = Zkey.readHeader(source)
  if (header.domainSize > MOST_POINTS)
    throw Binfile.malformed(
      source,
      `its domain of ${header.domainSize} points is larger than any key's, 2^27`,
    )
  checkHeaderPoints(source, header)
  const { coefficients, ...points } = Zkey.readLarge(source)
  checkCoefficients(source, header, coefficients)
  for (const name of SECTIONS) checkCoordinates(source, name, points[name])
  return { name, header, coefficients, points }
}

/** The first point of the large sections that is not on its curve, in words. Takes seconds for a large key. */
export function findStray({ points }: Key): string | undefined {
  for (const name of SECTIONS) {
    const group = name === 'b2' ? G2 : G1
    for (let index = 0; index < points[name].length / group.bytes; index++)
      if (!isOnCurve(name, points[name], index)) return `point ${index} of its section ${name.toUpperCase()}`
  }
  return undefined
}

const SECTIONS: readonly SectionName[] = ['a', 'b1', 'b2', 'c', 'h']
const HEADER_POINTS = ['alpha1', 'beta1', 'delta1', 'beta2', 'gamma2', 'delta2'] as const
const MOST_POINTS = 2 ** 27
const Q_TOP = Number(Q >> 224n)
const P_TOP = Number(P >> 224n)

function isOnCurve(section: SectionName, bytes: Uint8Array, index: number): boolean {
  return section === 'b2' ? G2.isOnCurve(G2.read(bytes, index)) : G1.isOnCurve(G1.read(bytes, index))
}

function checkHeaderPoints(source: Binfile.Source, header: Zkey.ZkeyHeader): void {
  for (const name of HEADER_POINTS) {
    const bytes = header[name]
    checkCoordinates(source, name, bytes)
    if (!isOnCurve(bytes.length === G2.bytes ? 'b2' : 'a', bytes, 0))
      throw Binfile.malformed(source, `its ${name} is not a point of the curve`)
  }
}

/** That coordinates of points are below the prime, and have one form only. Throws `MalformedFileError`. */
export function checkCoordinates(source: { name: string }, section: string, bytes: Uint8Array): void {
  const words = Binfile.view(bytes)
  for (let offset = 0; offset < bytes.length; offset += BYTES) {
    const top = words.getUint32(offset + 28, true)
    if (top < Q_TOP || (top === Q_TOP && fromBytesLE(bytes, offset) < Q)) continue
    throw Binfile.malformed(
      source,
      `a coordinate of its section ${section.toUpperCase()}, at byte ${offset}, is not below the prime`,
    )
  }
}

function checkCoefficients(source: Binfile.Source, header: Zkey.ZkeyHeader, bytes: Uint8Array): void {
  const words = Binfile.view(bytes)
  const refuse = (offset: number, problem: string) => {
    throw Binfile.malformed(source, `its coefficient ${offset / Zkey.COEFFICIENT_BYTES} ${problem}`)
  }
  for (let offset = 0; offset < bytes.length; offset += Zkey.COEFFICIENT_BYTES) {
    const [side, row, wire] = [0, 4, 8].map((at) => words.getUint32(offset + at, true)) as [
      number,
      number,
      number,
    ]
    if (side > 1) refuse(offset, `is for a matrix ${side}, where there are 0 and 1`)
    if (row >= header.domainSize) refuse(offset, `is for row ${row} of ${header.domainSize}`)
    if (wire >= header.wires) refuse(offset, `is for wire ${wire} of ${header.wires}`)
    const top = words.getUint32(offset + 40, true)
    if (top > P_TOP || (top === P_TOP && fromBytesLE(bytes, offset + 12) >= P))
      refuse(offset, 'is not below the prime')
  }
}
