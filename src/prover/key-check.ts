/**
 * What a proving key shows of itself: that its coefficients are a circuit's, and that its points are points.
 *
 * Does not show: that the points are the circuit's at some tau. That follows from powers of tau and a transcript, or, of
 * dev keys, from nothing at all.
 */
import { withFile } from '../artifacts/iden3/binfile-file.js'
import type { R1cs } from '../artifacts/iden3/r1cs.js'
import { G1, G2, type Group } from './groth16/group.js'
import { publicCount } from './qap.js'
import { COEFFICIENT_BYTES, coefficientSection, readHeader, readLarge } from './zkey.js'

/** The first coefficient of the key that is not the circuit's, in words; undefined where all are. */
export function coefficientDifference(path: string, r1cs: R1cs): string | undefined {
  const found = withFile(path, (source) => readLarge(source).coefficients)
  const expected = coefficientSection(r1cs).subarray(4)
  if (Buffer.compare(found, expected) === 0) return undefined
  const [own, other] = [sorted(found), sorted(expected)]
  const at = other.findIndex((entry, i) => own[i] === undefined || Buffer.compare(own[i]!, entry) !== 0)
  if (at < 0 && own.length === other.length) return undefined
  const entry = other[at] ?? own[other.length]!
  return `matrix ${entry.readUInt32LE(0) === 0 ? 'A' : 'B'}, constraint ${entry.readUInt32LE(4)}, wire ${entry.readUInt32LE(8)}`
}

/** Entries by matrix, constraint and wire: tools may write them in another order. */
function sorted(section: Uint8Array): Buffer[] {
  const bytes = Buffer.from(section.buffer, section.byteOffset, section.byteLength)
  const entries = Array.from({ length: Math.floor(bytes.length / COEFFICIENT_BYTES) }, (_, i) =>
    bytes.subarray(COEFFICIENT_BYTES * i, COEFFICIENT_BYTES * (i + 1)),
  )
  const key = (entry: Buffer, word: number) => entry.readUInt32LE(4 * word)
  return entries.sort((a, b) => key(a, 0) - key(b, 0) || key(a, 1) - key(b, 1) || key(a, 2) - key(b, 2))
}

/** The first point of the key that is not on its curve, in words; undefined where all are. */
export function strayPoint(path: string, r1cs: R1cs, nameOf: (wire: number) => string): string | undefined {
  const { ic, large } = withFile(path, (source) => ({
    ic: readHeader(source).ic,
    large: readLarge(source),
  }))
  const ofWire = (first: number) => (at: number) => ` (${nameOf(first + at)})`
  return (
    strayIn('IC', G1, ic, ofWire(0)) ??
    strayIn('A', G1, large.a, ofWire(0)) ??
    strayIn('B in G1', G1, large.b1, ofWire(0)) ??
    strayIn('B in G2', G2, large.b2, ofWire(0)) ??
    strayIn('C', G1, large.c, ofWire(publicCount(r1cs) + 1)) ??
    strayIn('H', G1, large.h, () => '')
  )
}

function strayIn<T>(
  name: string,
  group: Group<T>,
  section: Uint8Array,
  ofWhat: (at: number) => string,
): string | undefined {
  for (let at = 0; at * group.bytes < section.length; at++) {
    if (!group.isOnCurve(group.read(section, at)))
      return `point ${at} of section ${name}${ofWhat(at)} is not on its curve`
  }
  return undefined
}
