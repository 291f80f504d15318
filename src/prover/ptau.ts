/**
 * Powers of tau, snarkjs's `.ptau` version 1: sections 1 header, 2 tau in G1, 3 tau in G2, 4 alpha tau in G1, 5 beta tau
 * in G1, 6 beta in G2, 7 contributions; and where it is prepared for phase 2, 12 to 15: Lagrange's polynomials at tau of
 * the domains of 1, 2, 4, ... points, as 2 to 5. The format has no document; it is what snarkjs 0.7 reads.
 *
 * Trap: a beacon's secrets follow from the value that stands in the file. Where nobody but beacons contributed, everyone
 * knows tau.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import * as Binfile from '../artifacts/iden3/binfile.js'
import { withFile } from '../artifacts/iden3/binfile-file.js'
import { BaseError } from '../base/errors.js'
import { fromBytesLE } from '../base/field.js'
import { readParameters } from './contribution-parameters.js'
import { Q } from './groth16/group.js'

export type Ptau = {
  readonly path: string
  /** It serves circuits whose domain has at most 2^power points. */
  readonly power: number
  /** Of the ceremony: larger where the file was cut down to a smaller power. */
  readonly ceremonyPower: number
  readonly prepared: boolean
  readonly contributions: readonly PtauContribution[]
  /** Whether everyone can compute its secrets: it says so, or nobody but beacons contributed. */
  readonly dev: boolean
}

export type PtauContribution = {
  readonly name: string
  readonly beacon: { readonly value: string; readonly iterations: number } | undefined
}

export const PTAU: Binfile.Format & { readonly optional: readonly number[] } = {
  magic: 'ptau',
  version: 1,
  sections: [1, 2, 3, 4, 5, 6, 7],
  // "dev" as a number, little-endian: the mark of files whose secrets are known
  optional: [12, 13, 14, 15, 0x766564],
}
export const DEV_SECTION = 0x766564
/** What such a file's first section says, and its contribution's name as far as it goes. */
export const DEV_PTAU_MARK =
  'zkonnx dev powers of tau: anyone can compute their secrets and forge proofs. For tests and demos only.'
export const DEV_CONTRIBUTION = 'zkonnx dev: secrets are public'

/** A file's bytes with so many contributions, but for their names. */
export function ptauBytes(power: number, contributions: number): number {
  const points = Object.values(sectionSizes(power)).reduce((sum, size) => sum + size, 0)
  const heads = 12 + 12 * 11
  return heads + HEADER_BYTES + points + 4 + CONTRIBUTION_BYTES * contributions
}

/** The bytes of the sections that hold points. */
export function sectionSizes(power: number): Record<2 | 3 | 4 | 5 | 6 | 12 | 13 | 14 | 15, number> {
  const size = 2 ** power
  return {
    2: G1 * (2 * size - 1),
    3: G2 * size,
    4: G1 * size,
    5: G1 * size,
    6: G2,
    12: G1 * (4 * size - 1),
    13: G2 * (2 * size - 1),
    14: G1 * (2 * size - 1),
    15: G1 * (2 * size - 1),
  }
}

/**
 * Reads what a file is, without its points. Throws `OtherCurveError` for powers over another curve than BN254,
 * `MalformedFileError` for a file that is cut, damaged or none, and as `withFile` does.
 */
export function readPtau(path: string): Ptau {
  return withFile(path, (source) => {
    const extents = Binfile.directory(source, PTAU)
    const section = (id: number) => source.read(extents.get(id)!.offset, extents.get(id)!.size)
    const { power, ceremonyPower } = readHeader(source, section(1))
    const prepared = [12, 13, 14, 15].some((id) => extents.has(id))
    for (const [id, size] of Object.entries(sectionSizes(power))) {
      const extent = extents.get(Number(id))
      if (extent === undefined && !prepared) continue
      if (extent?.size !== size) {
        throw Binfile.malformed(
          source,
          `its section ${id} has ${extent?.size ?? 'no'} bytes instead of ${size}`,
        )
      }
    }
    const contributions = readContributions(source, section(7))
    const dev = extents.has(DEV_SECTION) || isPublic(contributions)
    return { path, power, ceremonyPower, prepared, contributions, dev }
  })
}

/** BLAKE2b-512 of the whole file, as those of the Perpetual Powers of Tau are published. */
export async function digestOf(path: string, onBytes: (done: number) => void = () => {}): Promise<string> {
  const hash = createHash('blake2b512')
  let done = 0
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 22 })) {
    hash.update(chunk)
    done += chunk.length
    onBytes(done)
  }
  return hash.digest('hex')
}

const G1 = 64
const G2 = 128
export const HEADER_BYTES = 4 + 32 + 4 + 4
/** Five points, the public key's nine, the hash's state, the next challenge, type, and the length of what follows. */
const CONTRIBUTION_BYTES = 3 * G1 + 2 * G2 + 6 * G1 + 3 * G2 + 216 + 64 + 4 + 4
const MOST_POWER = 28

function readHeader(source: Binfile.Source, section: Uint8Array) {
  const words = Binfile.view(section)
  const bytes = section.length < 4 ? 0 : words.getUint32(0, true)
  if (bytes < 8 || bytes > 256 || section.length !== 4 + bytes + 8)
    throw Binfile.malformed(source, `its header has ${section.length} bytes`)
  if (bytes !== 32 || fromBytesLE(section, 4) !== Q)
    throw new OtherCurveError(source.name, section.slice(4, 4 + bytes))
  const [power, ceremonyPower] = [words.getUint32(36, true), words.getUint32(40, true)]
  if (power < 1 || power > MOST_POWER || ceremonyPower < power || ceremonyPower > MOST_POWER) {
    throw Binfile.malformed(source, `it is of power ${power} from a ceremony of power ${ceremonyPower}`)
  }
  return { power, ceremonyPower }
}

function readContributions(source: Binfile.Source, section: Uint8Array): PtauContribution[] {
  const fail = () => Binfile.malformed(source, 'its section of contributions is cut short')
  if (section.length < 4) throw fail()
  const words = Binfile.view(section)
  const count = words.getUint32(0, true)
  const contributions: PtauContribution[] = []
  let offset = 4
  for (let index = 0; index < count; index++) {
    if (offset + CONTRIBUTION_BYTES > section.length) throw fail()
    offset += CONTRIBUTION_BYTES
    const [type, length] = [words.getUint32(offset - 8, true), words.getUint32(offset - 4, true)]
    if (offset + length > section.length) throw fail()
    contributions.push(readParameters(source, type, section.subarray(offset, offset + length)))
    offset += length
  }
  if (offset !== section.length)
    throw Binfile.malformed(source, `${section.length - offset} bytes follow its last contribution`)
  return contributions
}

function isPublic(contributions: readonly PtauContribution[]): boolean {
  return contributions.every(({ name, beacon }) => beacon !== undefined || name.startsWith(DEV_CONTRIBUTION))
}

export class OtherCurveError extends BaseError {
  override name = 'Ptau.OtherCurveError'
  constructor(
    readonly path: string,
    primeBytes: Uint8Array,
  ) {
    const prime = BigInt(`0x${Buffer.from(primeBytes).reverse().toString('hex')}`)
    super(`The powers of tau in ${basename(path)} are over another curve.`, {
      details: [`file: ${path}`, `its coordinates are modulo ${prime}`, `BN254's are modulo     ${Q}`],
      hint: 'give powers of tau over BN254 (also called bn128, alt_bn128)',
    })
  }
}
