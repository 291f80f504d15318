/**
 * The contributions to a key of a circuit with lookups, its section 11: as in contributions.ts, but each with two secrets,
 * by which deltaD and deltaC are multiplied. Both are shown to be known, on points that follow from one hash: of the first
 * key, of all earlier contributions, and of what this one shows in G1. Who knew one of a key's deltas could already forge.
 *
 * Bytes: of either secret, D's first, delta, s and x s in G1 and x sp in G2; the challenge (64), type and length (u32
 * each), parameters as snarkjs writes them. A contribution's hash is of all of its bytes, its name and beacon too.
 */
import * as Binfile from '../../artifacts/iden3/binfile.js'
import { pause } from '../abort.js'
import { blake2b, generatorOfBeacon, pointFrom } from '../challenge.js'
import { type Parameters, readParameters, writeParameters } from '../contribution-parameters.js'
import {
  assertBeacon,
  assertEnough,
  ContributionError,
  numbers,
  sameRatio,
  TranscriptEndError,
} from '../contributions.js'
import { type Curve, type Element, withAnyCurve } from '../curve.js'
import { concat } from '../elements.js'
import { inG1, inG2 } from '../groth16/decimals.js'
import { G1, G2 } from '../groth16/group.js'
import { checkCoordinates } from '../groth16/key.js'
import { type G1Point, type G2Point, parseG1, parseG2 } from '../proof.js'
import { CONTRIBUTIONS_HEAD } from './key-format.js'
import type { LookupVerificationKey } from './proof.js'

/** How a secret is shown, and what it leads to. */
export type Shown = {
  readonly deltaAfter: G1Point
  readonly s: G1Point
  readonly sx: G1Point
  readonly spx: G2Point
}

export type LookupContribution = Parameters & {
  /** Its own, which the contributor remembers. */
  readonly hash: string
  /** Of everything before it, which its points answer. */
  readonly challenge: string
  /** D's, and C's. */
  readonly secrets: readonly [Shown, Shown]
}

export type LookupContributions = {
  /** Of the first key: all that a contribution does not change follows from it. */
  readonly circuitHash: string
  readonly contributions: readonly LookupContribution[]
}

/** The contributions in a key's section, well-formed, but not yet checked. Throws `MalformedFileError`, `FieldError`. */
export function readContributions(source: { name: string }, section: Uint8Array): LookupContributions {
  const count = Binfile.view(section).getUint32(CONTRIBUTIONS_HEAD - 4, true)
  const contributions: LookupContribution[] = []
  let offset = CONTRIBUTIONS_HEAD
  for (let index = 0; index < count; index++) {
    const rest = section.subarray(offset)
    const length = rest.length < FIXED ? Infinity : Binfile.view(rest).getUint32(FIXED - 4, true)
    if (FIXED + length > rest.length)
      throw Binfile.malformed(source, 'its section of contributions is cut short')
    contributions.push(readOne(source, rest.subarray(0, FIXED + length), index))
    offset += FIXED + length
  }
  if (offset !== section.length)
    throw Binfile.malformed(source, `${section.length - offset} bytes follow its last contribution`)
  return { circuitHash: hex(section.subarray(0, 64)), contributions }
}

/** The section of contributions, with one more of these bytes. */
export function appended(section: Uint8Array, contribution: Uint8Array): Uint8Array {
  const bytes = concat([section, contribution])
  const words = Binfile.view(bytes)
  words.setUint32(CONTRIBUTIONS_HEAD - 4, words.getUint32(CONTRIBUTIONS_HEAD - 4, true) + 1, true)
  return bytes
}

/** What a contribution answers. */
export function challengeFor(
  { circuitHash, contributions }: LookupContributions,
  shown: readonly Pick<Shown, 's' | 'sx'>[],
): Uint8Array {
  const points = shown.flatMap(({ s, sx }) => [bytesOfG1(s), bytesOfG1(sx)])
  return blake2b(TAG, Buffer.from(circuitHash, 'hex'), ...contributions.map(bytesOf), ...points)
}

/** The points of G2 that D's and C's secrets are shown on. */
export function shownOn(curve: Curve, challenge: Uint8Array): Promise<readonly [Element, Element]> {
  const of = (which: number) => pointFrom(curve, blake2b(challenge, Uint8Array.of(which)))
  return Promise.all([of(0), of(1)])
}

/** The secrets that follow from a beacon, and the points that they are shown on in G1. */
export async function secretsOfBeacon(
  curve: Curve,
  { value, iterations }: NonNullable<Parameters['beacon']>,
  signal?: AbortSignal,
) {
  const generator = await generatorOfBeacon(value, iterations, signal)
  const draw = () => {
    const x = curve.Fr.fromRng(generator)
    return { x, s: curve.G1.toAffine(curve.G1.fromRng(generator)) }
  }
  return [draw(), draw()] as const
}

/** The bytes of a contribution, as they stand in a key. */
export function bytesOf({ secrets, challenge, name, beacon }: Omit<LookupContribution, 'hash'>): Uint8Array {
  const parameters = writeParameters({ name, beacon })
  const tail = new Uint8Array(8)
  Binfile.view(tail).setUint32(0, beacon === undefined ? 0 : 1, true)
  Binfile.view(tail).setUint32(4, parameters.length, true)
  const points = secrets.flatMap(({ deltaAfter, s, sx, spx }) => [
    ...[deltaAfter, s, sx].map(bytesOfG1),
    bytesOfG2(spx),
  ])
  return concat([...points, Buffer.from(challenge, 'hex'), tail, parameters])
}

export const hashOf = (contribution: Omit<LookupContribution, 'hash'>): string =>
  hex(blake2b(bytesOf(contribution)))

type Ends = Pick<LookupVerificationKey, 'vk_delta_2' | 'vk_commitment_2'>

/**
 * Checks the chain from the first key's deltas, which are generators, to those of `key`. Throws `ContributionError` with
 * the first contribution that does not follow, `TranscriptEndError` where the chain leads to another key, and what
 * `assertEnough` throws.
 */
export async function assertChain(made: LookupContributions, key: Ends, where: string): Promise<void> {
  assertEnough(made.contributions, where)
  await assertLinks(made, key, where)
}

/** The same of a ceremony that may still be going on. */
export async function assertLinks(
  made: LookupContributions,
  key: Ends,
  where: string,
  signal?: AbortSignal,
): Promise<void> {
  const { circuitHash, contributions } = made
  assertBeacon(contributions, where)
  await withAnyCurve(async (curve) => {
    let deltas: readonly Element[] = [curve.G1.gAffine, curve.G1.gAffine]
    for (const [index, contribution] of contributions.entries()) {
      const earlier = { circuitHash, contributions: contributions.slice(0, index) }
      await pause(signal)
      const problem = await problemOf(curve, contribution, deltas, earlier, signal)
      if (problem !== undefined) throw new ContributionError(where, index, contribution.name, problem)
      deltas = contribution.secrets.map(({ deltaAfter }) => curve.G1.fromObject(numbers(deltaAfter)))
    }
    for (const [i, end] of [key.vk_commitment_2, key.vk_delta_2].entries()) {
      const after = curve.G2.fromObject(numbers(end))
      if (!(await sameRatio(curve, [curve.G1.gAffine, deltas[i]!], [curve.G2.gAffine, after])))
        throw new TranscriptEndError(where)
    }
  })
}

const POINTS = 2 * (3 * G1.bytes + G2.bytes)
/** Before the parameters. */
const FIXED = POINTS + 64 + 8
const TAG = new TextEncoder().encode('zkonnx.groth16-lookup.ceremony.v1')
const NAMES = ['deltaD', 'deltaC'] as const

function readOne(source: { name: string }, bytes: Uint8Array, index: number): LookupContribution {
  const where = `contribution ${index + 1}`
  checkCoordinates(source, where, bytes.subarray(0, POINTS))
  const secrets = [0, POINTS / 2].map((from, i): Shown => {
    const [own, name] = [bytes.subarray(from, from + POINTS / 2), `${where}: ${NAMES[i]}`]
    const g1 = (at: number, field: string) =>
      parseG1(inG1(G1.read(own, at)), source.name, `${name}: ${field}`)
    const spx = inG2(G2.read(own.subarray(3 * G1.bytes), 0))
    return {
      deltaAfter: g1(0, 'delta'),
      s: g1(1, 's'),
      sx: g1(2, 'sx'),
      spx: parseG2(spx, source.name, `${name}: spx`),
    }
  }) as [Shown, Shown]
  const type = Binfile.view(bytes).getUint32(FIXED - 8, true)
  const parameters = readParameters(source, type, bytes.subarray(FIXED))
  return {
    ...parameters,
    secrets,
    challenge: hex(bytes.subarray(POINTS, POINTS + 64)),
    hash: hex(blake2b(bytes)),
  }
}

async function problemOf(
  curve: Curve,
  contribution: LookupContribution,
  deltas: readonly Element[],
  earlier: LookupContributions,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const { secrets, beacon } = contribution
  const challenge = challengeFor(earlier, secrets)
  if (hex(challenge) !== contribution.challenge)
    return 'it answers another challenge: what was before it has been dropped, reordered or altered'
  if (hashOf(contribution) !== contribution.hash) return 'its hash is another'
  const bases = await shownOn(curve, challenge)
  const ofBeacon = beacon === undefined ? undefined : await secretsOfBeacon(curve, beacon, signal)
  for (const [i, shown] of secrets.entries()) {
    const [s, sx, after] = [shown.s, shown.sx, shown.deltaAfter].map((point) =>
      curve.G1.fromObject(numbers(point)),
    ) as [Element, Element, Element]
    const spx = curve.G2.fromObject(numbers(shown.spx))
    const name = NAMES[i]
    if (curve.G1.eq(s, sx)) return `its secret of ${name} is 1: nothing was contributed`
    if (!(await sameRatio(curve, [s, sx], [bases[i]!, spx])))
      return `it does not show that its secret of ${name} was known`
    if (!(await sameRatio(curve, [deltas[i]!, after], [bases[i]!, spx])))
      return `${name} was not multiplied by its secret`
    const own = ofBeacon?.[i]
    if (own !== undefined && !(curve.G1.eq(own.s, s) && curve.G1.eq(curve.G1.timesFr(s, own.x), sx)))
      return `its secret of ${name} is not the one that follows from the value of its beacon`
  }
  return undefined
}

export function bytesOfG1([x, y]: G1Point): Uint8Array {
  const bytes = new Uint8Array(G1.bytes)
  G1.write({ x: BigInt(x), y: BigInt(y) }, bytes, 0)
  return bytes
}

function bytesOfG2([x, y]: G2Point): Uint8Array {
  const bytes = new Uint8Array(G2.bytes)
  const [ofX, ofY] = [x, y].map(([real, imaginary]) => [BigInt(real), BigInt(imaginary)] as const)
  G2.write({ x: ofX!, y: ofY! }, bytes, 0)
  return bytes
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
