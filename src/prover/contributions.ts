/**
 * A key's contributions, section 10 of a `.zkey`, and the check that each follows from those before it.
 *
 * Spec: what snarkjs 0.7 writes and `zkey verify` checks. Contribution i has a secret x: it shows s and x s in G1, and
 * x sp in G2, where sp comes from the hash of the circuit, of all earlier contributions, and of s and x s; and delta is x
 * times what it was. Points are checked to be on their curves and in their groups, which snarkjs leaves out.
 */

import * as Binfile from '../artifacts/iden3/binfile.js'
import { BaseError } from '../base/errors.js'
import { pause } from './abort.js'
import { blake2b, generatorOfBeacon, pointFrom } from './challenge.js'
import { type Parameters, readParameters } from './contribution-parameters.js'
import { type Curve, type Element, withAnyCurve } from './curve.js'
import { type G1Point, type G2Point, parseG1, parseG2, type VerificationKey } from './proof.js'

/** The order of hexadecimal digests here is that in which contributors publish them. */
export type Contribution = Parameters & {
  /** Its own, which the contributor remembers. */
  readonly hash: string
  /** Of everything before it, which its points answer. */
  readonly challenge: string
  readonly deltaAfter: G1Point
  readonly s: G1Point
  readonly sx: G1Point
  readonly spx: G2Point
}

export type Contributions = {
  /** BLAKE2b of the first key's points, snarkjs's "circuit hash". */
  readonly circuitHash: string
  readonly contributions: readonly Contribution[]
}

/** The contributions in a key's file, well-formed, but not yet checked. Throws `MalformedFileError`, `FieldError`. */
export function readContributions(source: { name: string }, section: Uint8Array): Promise<Contributions> {
  return withAnyCurve(async (curve) => {
    const words = Binfile.view(section)
    const count = words.getUint32(64, true)
    const contributions: Contribution[] = []
    let offset = 68
    for (let index = 0; index < count; index++) {
      const length =
        offset + FIXED_BYTES > section.length ? Infinity : words.getUint32(offset + FIXED_BYTES - 4, true)
      if (offset + FIXED_BYTES + length > section.length)
        throw Binfile.malformed(source, 'its section of contributions is cut short')
      contributions.push(
        readOne(curve, source, section.subarray(offset, offset + FIXED_BYTES + length), index),
      )
      offset += FIXED_BYTES + length
    }
    if (offset !== section.length)
      throw Binfile.malformed(source, `${section.length - offset} bytes follow its last contribution`)
    return { circuitHash: hex(section.subarray(0, 64)), contributions }
  })
}

/**
 * Checks the chain from the first key's delta, the generator, to that of `key`.
 * Throws `ContributionError` with the first contribution that does not follow, `TranscriptEndError` where the chain
 * leads to another key, and what `assertEnough` throws.
 */
export async function assertChain(
  contributions: Contributions,
  key: Pick<VerificationKey, 'vk_delta_2'>,
  where: string,
): Promise<void> {
  assertEnough(contributions.contributions, where)
  await assertLinks(contributions, key, where)
}

/** The same of a ceremony that may still be going on. */
export async function assertLinks(
  { circuitHash, contributions }: Contributions,
  key: Pick<VerificationKey, 'vk_delta_2'>,
  where: string,
  signal?: AbortSignal,
): Promise<void> {
  assertBeacon(contributions, where)
  await withAnyCurve(async (curve) => {
    let delta = curve.G1.gAffine
    let history: Uint8Array[] = [Buffer.from(circuitHash, 'hex')]
    for (const [index, contribution] of contributions.entries()) {
      await pause(signal)
      const problem = await problemOf(curve, contribution, delta, history, signal)
      if (problem !== undefined) throw new ContributionError(where, index, contribution.name, problem)
      delta = curve.G1.fromObject(numbers(contribution.deltaAfter))
      history = [...history, publicKeyOf(curve, contribution)]
    }
    const end = curve.G2.fromObject(numbers(key.vk_delta_2))
    if (!(await sameRatio(curve, [curve.G1.gAffine, delta], [curve.G2.gAffine, end])))
      throw new TranscriptEndError(where)
  })
}

/**
 * That the key's secret is one that nobody knows as long as one contributor was honest. Throws `NoContributionError`,
 * `BeaconOnlyError`, `BeaconPlaceError`.
 */
export function assertEnough(contributions: readonly Parameters[], where: string): void {
  if (contributions.length === 0) throw new NoContributionError(where)
  if (contributions.every(({ beacon }) => beacon !== undefined)) throw new BeaconOnlyError(where)
  assertBeacon(contributions, where)
}

/** A beacon ends a ceremony, and can be checked. */
export function assertBeacon(contributions: readonly Parameters[], where: string): void {
  const place = contributions.findIndex(({ beacon }) => beacon !== undefined)
  if (place !== -1 && place !== contributions.length - 1) throw new BeaconPlaceError(where, place)
  const iterations = contributions[place]?.beacon?.iterations ?? LEAST_ITERATIONS
  if (iterations < LEAST_ITERATIONS || iterations > MOST_ITERATIONS) {
    const problem = `its beacon has 2^${iterations} iterations, not 2^${LEAST_ITERATIONS} to 2^${MOST_ITERATIONS}`
    throw new ContributionError(where, place, contributions[place]!.name, problem)
  }
}

/** snarkjs's least; and the most that is checked in seconds. */
export const LEAST_ITERATIONS = 10
export const MOST_ITERATIONS = 24

const G1 = 64
const G2 = 128
/** Three points of G1, one of G2, the challenge, type, and the length of the parameters. */
const FIXED_BYTES = 3 * G1 + G2 + 64 + 4 + 4

function readOne(curve: Curve, source: { name: string }, bytes: Uint8Array, index: number): Contribution {
  const words = Binfile.view(bytes)
  const parameters = readParameters(
    source,
    words.getUint32(FIXED_BYTES - 8, true),
    bytes.subarray(FIXED_BYTES),
  )
  const point = (group: 'G1' | 'G2', from: number, field: string) => {
    const object = curve[group].toObject(bytes.slice(from, from + (group === 'G1' ? G1 : G2)))
    const decimal = JSON.parse(
      JSON.stringify(object, (_, part) => (typeof part === 'bigint' ? `${part}` : part)),
    )
    const where = `contribution ${index + 1}: ${field}`
    return group === 'G1' ? parseG1(decimal, source.name, where) : parseG2(decimal, source.name, where)
  }
  const made = {
    ...parameters,
    deltaAfter: point('G1', 0, 'delta') as G1Point,
    s: point('G1', G1, 's') as G1Point,
    sx: point('G1', 2 * G1, 'sx') as G1Point,
    spx: point('G2', 3 * G1, 'spx') as G2Point,
    challenge: hex(bytes.subarray(3 * G1 + G2, 3 * G1 + G2 + 64)),
  }
  return { ...made, hash: hex(blake2b(publicKeyOf(curve, made))) }
}

type Points = Pick<Contribution, 'deltaAfter' | 's' | 'sx' | 'spx' | 'challenge'>

/** What later challenges hash of a contribution. */
function publicKeyOf(curve: Curve, { deltaAfter, s, sx, spx, challenge }: Points): Uint8Array {
  return Buffer.concat([
    ...[deltaAfter, s, sx].map((point) => curve.G1.toUncompressed(curve.G1.fromObject(numbers(point)))),
    curve.G2.toUncompressed(curve.G2.fromObject(numbers(spx))),
    Buffer.from(challenge, 'hex'),
  ])
}

async function problemOf(
  curve: Curve,
  contribution: Contribution,
  before: Element,
  history: readonly Uint8Array[],
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const [s, sx, after] = [contribution.s, contribution.sx, contribution.deltaAfter].map((point) =>
    curve.G1.fromObject(numbers(point)),
  ) as [Element, Element, Element]
  const spx = curve.G2.fromObject(numbers(contribution.spx))
  const challenge = blake2b(...history, curve.G1.toUncompressed(s), curve.G1.toUncompressed(sx))
  if (hex(challenge) !== contribution.challenge)
    return 'it answers another challenge: what was before it has been dropped, reordered or altered'
  if (hex(blake2b(publicKeyOf(curve, contribution))) !== contribution.hash) return 'its hash is another'
  if (curve.G1.eq(s, sx)) return 'its secret is 1: nothing was contributed'
  const sp = await pointFrom(curve, challenge)
  if (!(await sameRatio(curve, [s, sx], [sp, spx]))) return 'it does not show that its secret was known'
  if (!(await sameRatio(curve, [before, after], [sp, spx]))) return 'delta was not multiplied by its secret'
  if (contribution.beacon !== undefined && !(await isOfBeacon(curve, contribution.beacon, s, sx, signal)))
    return 'its secret is not the one that follows from the value of its beacon'
  return undefined
}

async function isOfBeacon(
  curve: Curve,
  beacon: NonNullable<Parameters['beacon']>,
  s: Element,
  sx: Element,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const generator = await generatorOfBeacon(beacon.value, beacon.iterations, signal)
  const secret = curve.Fr.fromRng(generator)
  const base = curve.G1.toAffine(curve.G1.fromRng(generator))
  return curve.G1.eq(base, s) && curve.G1.eq(curve.G1.toAffine(curve.G1.timesFr(base, secret)), sx)
}

/** Whether the second of each pair is the same multiple of the first, and none is zero. */
export async function sameRatio(
  { G1, G2, pairingEq }: Curve,
  [a, ax]: readonly [Element, Element],
  [b, bx]: readonly [Element, Element],
): Promise<boolean> {
  if ([a, ax].some((point) => G1.isZero(point)) || [b, bx].some((point) => G2.isZero(point))) return false
  return pairingEq(a, bx, G1.neg(ax), b)
}

export function numbers(point: unknown): unknown {
  return JSON.parse(JSON.stringify(point), (_, part) => (typeof part === 'string' ? BigInt(part) : part))
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

export class NoContributionError extends BaseError {
  override name = 'Ceremony.NoContributionError'
  constructor(readonly where: string) {
    super(`${where}: nobody has contributed, so gamma = delta and anyone can forge proofs.`, {
      hint: 'let people contribute to the key: zkonnx ceremony contribute',
    })
  }
}

export class BeaconOnlyError extends BaseError {
  override name = 'Ceremony.BeaconOnlyError'
  constructor(readonly where: string) {
    super(`${where}: nobody but a beacon has contributed, whose secret everyone can compute.`, {
      hint: 'set the circuit up again, and let somebody contribute before the beacon',
    })
  }
}

export class BeaconPlaceError extends BaseError {
  override name = 'Ceremony.BeaconPlaceError'
  constructor(
    readonly where: string,
    readonly place: number,
  ) {
    super(`${where}: contribution ${place + 1} is a beacon, and others follow it.`, {
      hint: 'a beacon ends a ceremony: take the last key from before it, or the one that it ends',
    })
  }
}

export class ContributionError extends BaseError {
  override name = 'Ceremony.ContributionError'
  constructor(
    readonly where: string,
    readonly index: number,
    readonly contributor: string,
    readonly problem: string,
  ) {
    super(`${where}: contribution ${index + 1}, ${JSON.stringify(contributor)}, does not hold: ${problem}.`, {
      hint: 'take the file as its maker published it; if that is the same, go on from the key before it',
      fault: 'answer',
    })
  }
}

export class TranscriptEndError extends BaseError {
  override name = 'Ceremony.TranscriptEndError'
  constructor(readonly where: string) {
    super(`${where}: the contributions do not lead to this key.`, {
      details: ['the last contribution leaves another delta than the verifying key has'],
      hint: 'take transcript and key of the same ceremony, and of its end',
      fault: 'answer',
    })
  }
}
