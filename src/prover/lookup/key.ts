/**
 * A proving key, read from the bytes of an `.lkey`. What could lead a prover astray is refused: sizes and counts that do
 * not agree, coefficients for rows or wires that are not there, a layout that is not the matrices', elements and
 * coordinates that are not canonical, deltas that are equal.
 *
 * As with a `.zkey`, only the header's points are checked to be on their curves: every proof is verified.
 */
import * as Binfile from '../../artifacts/iden3/binfile.js'
import * as Lookups from '../../artifacts/lookups.js'
import { sha256 } from '../../base/digest.js'
import { BaseError } from '../../base/errors.js'
import { G1, G2, GENERATOR_2 as GENERATOR } from '../groth16/group.js'
import { checkCoordinates } from '../groth16/key.js'
import { type Coefficients, decodeCoefficients } from './coefficients.js'
import {
  HEADER_POINTS,
  type Header,
  type KeyPoints,
  POINT_SECTIONS,
  readBody,
  readHeader,
  type SectionName,
} from './key-format.js'
import { type Shape, shapeOf } from './shape.js'

export type LookupKey = {
  readonly name: string
  readonly header: Header
  readonly rows: Coefficients
  readonly layout: Lookups.LookupLayout
  readonly shape: Shape
  readonly points: KeyPoints
}

/** Throws `MalformedFileError`, and `SameDeltaError` for a key that nobody has contributed to. */
export function readKey(bytes: Uint8Array, name = '.lkey'): LookupKey {
  const source = Binfile.fromBytes(bytes, name)
  const header = readHeader(source)
  checkHeaderPoints(source, header)
  assertDeltas(header)
  const { coefficients, layout: layoutBytes, contributions: _, ...points } = readBody(source)
  if (sha256(layoutBytes) !== `sha256:${Buffer.from(header.lookups).toString('hex')}`)
    throw Binfile.malformed(source, 'its lookups have another digest than its header says')
  const rows = decodeCoefficients(source, coefficients, header.wires)
  const layout = Lookups.decode(layoutBytes, name)
  const shape = fittingShape(source, header, rows, layout)
  checkSizes(source, shape, points)
  for (const section of POINT_SECTIONS) checkCoordinates(source, section, points[section])
  checkCoordinates(source, 'ic', header.ic)
  return { name, header, rows, layout, shape, points }
}

/**
 * Gamma is 1. Where a delta is 1, or both deltas are equal, phase 2 was skipped or only one of the secrets was drawn: what
 * is committed could be moved between the commitment, the statement and the rest. Throws `SameDeltaError`.
 */
export function assertDeltas({ deltaC2, deltaD2 }: Pick<Header, 'deltaC2' | 'deltaD2'>): void {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
  const named = { gamma: hex(GENERATOR_2), deltaC: hex(deltaC2), deltaD: hex(deltaD2) }
  const same = (a: keyof typeof named, b: keyof typeof named) => named[a] === named[b]
  for (const [a, b] of [
    ['gamma', 'deltaC'],
    ['gamma', 'deltaD'],
    ['deltaC', 'deltaD'],
  ] as const)
    if (same(a, b)) throw new SameDeltaError(a, b)
}

/** The first point of the large sections that is not on its curve, in words. Takes seconds for a large key. */
export function findStray(key: Pick<LookupKey, 'points'>): string | undefined {
  for (const stray of searchStray(key)) if (stray !== undefined) return stray
  return undefined
}

/** The same bit by bit, for who has something else to do meanwhile. */
export function* searchStray({ points }: Pick<LookupKey, 'points'>): Generator<string | undefined> {
  for (const name of POINT_SECTIONS) {
    const size = bytesOfPoint(name)
    for (let index = 0; index < points[name].length / size; index++) {
      if (index % AT_ONCE === 0) yield undefined
      if (isOnCurve(size, points[name], index)) continue
      yield `point ${index} of its section ${name.toUpperCase()}`
      return
    }
  }
}

/** Points of some milliseconds. */
const AT_ONCE = 2 ** 12

export const bytesOfPoint = (section: SectionName): number => (section === 'b2' ? G2.bytes : G1.bytes)

/** The generator of G2 as keys hold it: gamma. */
export const GENERATOR_2 = new Uint8Array(G2.bytes)
G2.write(GENERATOR, GENERATOR_2, 0)

function isOnCurve(size: number, bytes: Uint8Array, index: number): boolean {
  return size === G2.bytes ? G2.isOnCurve(G2.read(bytes, index)) : G1.isOnCurve(G1.read(bytes, index))
}

function checkHeaderPoints(source: Binfile.Source, header: Header): void {
  for (const [name, size] of HEADER_POINTS) {
    checkCoordinates(source, name, header[name])
    const infinite = header[name].every((byte) => byte === 0)
    if (infinite || !isOnCurve(size, header[name], 0))
      throw Binfile.malformed(source, `its ${name} is not a point of the curve`)
  }
}

function fittingShape(
  source: Binfile.Source,
  header: Header,
  rows: Coefficients,
  layout: Lookups.LookupLayout,
): Shape {
  const shape = shapeOf(rows, layout, header.wires)
  if (typeof shape === 'string') throw Binfile.malformed(source, shape)
  for (const name of ['publicSignals', 'secondRound', 'rows'] as const)
    if (shape[name] !== header[name])
      throw Binfile.malformed(source, `its header has ${name} ${header[name]}, its circuit ${shape[name]}`)
  return shape
}

function checkSizes(source: Binfile.Source, { inA, inB }: Shape, points: KeyPoints): void {
  for (const [name, wires] of [
    ['a', inA],
    ['b1', inB],
    ['b2', inB],
  ] as const) {
    const size = bytesOfPoint(name) * wires.length
    if (points[name].length !== size)
      throw Binfile.malformed(
        source,
        `its section ${name.toUpperCase()} has ${points[name].length} bytes instead of ${size}`,
      )
  }
}

export class SameDeltaError extends BaseError {
  override name = 'Keys.SameDeltaError'
  constructor(
    readonly left: string,
    readonly right: string,
  ) {
    super(`The proving key has ${left} = ${right}: anyone can forge proofs for it.`, {
      hint: 'its setup stopped before phase 2: contribute to it, or make dev keys for tests',
    })
  }
}
