/**
 * Powers of tau for tests and demos, straight from their secrets: the file that snarkjs makes from a beacon's
 * contribution alone and prepares for phase 2, byte for byte but for the mark in front, in seconds instead of minutes.
 *
 * A beacon's value stands in the file, so everyone can compute tau from it: nobody can take such a file for a sound one.
 */

import { randomBytes } from 'node:crypto'
import { blake2b as streaming } from '@noble/hashes/blake2b'
import * as Binfile from '../artifacts/iden3/binfile.js'
import { BYTES, inverse, mod, power as raise, toBytesLE } from '../base/field.js'
import { blake2b, generatorOfBeacon, pointFrom } from './challenge.js'
import { writeParameters } from './contribution-parameters.js'
import { type ChaCha, type Curve, type Element, withThreads } from './curve.js'
import { concat, pack } from './elements.js'
import { multiplyGenerator } from './fixed-base.js'
import { Q } from './groth16/group.js'
import { DEV_CONTRIBUTION, DEV_PTAU_MARK, DEV_SECTION, HEADER_BYTES, PTAU, sectionSizes } from './ptau.js'
import { combine, lagrange, rootOfUnity } from './qap.js'

/** Where a file's bytes go, one after another. */
export type Sink = (bytes: Uint8Array) => Promise<void>

/** Writes the file, section by section; takes all cores. `value` is the beacon's, by default the machine's randomness. */
export async function makeDevPtau(
  power: number,
  sink: Sink,
  options: makeDevPtau.Options = {},
): Promise<void> {
  const { value = randomBytes(32).toString('hex'), onSection = () => {} } = options
  await withThreads(async (curve) => {
    const key = await drawKey(curve, power, await generatorOfBeacon(value, ITERATIONS))
    const sizes = sectionSizes(power)
    await sink(preamble())
    await writeSection(sink, DEV_SECTION, new TextEncoder().encode(DEV_PTAU_MARK))
    await writeSection(sink, 1, header(power))
    const powers = await powersOf(curve, power, key)
    for (const [id, points] of powers) await writeSection(sink, id, points)
    await writeSection(sink, 7, await contribution(curve, key, powers, { name: DEV_CONTRIBUTION, value }))
    for (const id of LAGRANGE) {
      onSection(id - 12, LAGRANGE.length)
      await sink(sectionHead(id, sizes[id]))
      for (let domain = 0; domain <= power + (id === 12 ? 1 : 0); domain++)
        await sink(await lagrangePoints(curve, key, id, domain, power))
    }
  })
}

export declare namespace makeDevPtau {
  type Options = {
    /** Of the beacon, in hexadecimal. */
    readonly value?: string
    /** Told as each of the sections of Lagrange's polynomials is begun. */
    readonly onSection?: (done: number, of: number) => void
  }
}

/** Beyond it the sections would not fit in memory at once. */
export const MOST_DEV_POWER = 20

const ITERATIONS = 10
const LAGRANGE = [12, 13, 14, 15] as const

/** A secret, its proof of knowledge, and the value itself. */
type Secret = {
  readonly value: bigint
  readonly s: Element
  readonly sx: Element
  readonly spx: Element
}

type Key = {
  readonly tau: Secret
  readonly alpha: Secret
  readonly beta: Secret
  /** What the contribution answers: the hash of the powers before it, all of them generators. */
  readonly challenge: Uint8Array
}

async function drawKey(curve: Curve, power: number, generator: ChaCha): Promise<Key> {
  const challenge = firstChallenge(curve, power)
  const [tau, alpha, beta] = [1, 2, 3].map(() => curve.Fr.fromRng(generator)) as [Element, Element, Element]
  const prove = async (secret: Element, purpose: number): Promise<Secret> => {
    const s = curve.G1.toAffine(curve.G1.fromRng(generator))
    const sx = curve.G1.toAffine(curve.G1.timesFr(s, secret))
    const hash = blake2b(
      Uint8Array.of(purpose),
      challenge,
      curve.G1.toUncompressed(s),
      curve.G1.toUncompressed(sx),
    )
    const spx = curve.G2.toAffine(curve.G2.timesFr(await pointFrom(curve, hash), secret))
    return { value: curve.Fr.toObject(secret) as bigint, s, sx, spx }
  }
  // one after the other: each takes from the generator
  return { tau: await prove(tau, 0), alpha: await prove(alpha, 1), beta: await prove(beta, 2), challenge }
}

function firstChallenge(curve: Curve, power: number): Uint8Array {
  const size = 2 ** power
  const repeat = (point: Uint8Array, count: number) => concat(Array.from({ length: count }, () => point))
  const [g1, g2] = [curve.G1.toUncompressed(curve.G1.g), curve.G2.toUncompressed(curve.G2.g)]
  const parts = [repeat(g1, 2 * size - 1), repeat(g2, size), repeat(g1, 2 * size), g2]
  return blake2b(blake2b(), ...parts)
}

/** The sections 2 to 6. */
async function powersOf(curve: Curve, power: number, key: Key): Promise<[id: number, points: Uint8Array][]> {
  const size = 2 ** power
  const [tau, alpha, beta] = [key.tau.value, key.alpha.value, key.beta.value]
  const scalars = (first: bigint, count: number) => geometric(curve, first, tau, count)
  return [
    [2, await multiplyGenerator(curve, 'G1', await scalars(1n, 2 * size - 1))],
    [3, await multiplyGenerator(curve, 'G2', await scalars(1n, size))],
    [4, await multiplyGenerator(curve, 'G1', await scalars(alpha, size))],
    [5, await multiplyGenerator(curve, 'G1', await scalars(beta, size))],
    [6, await multiplyGenerator(curve, 'G2', pack([beta], 'plain'))],
  ]
}

/** first, first * step, first * step^2, ..., plain. */
async function geometric(curve: Curve, first: bigint, step: bigint, count: number): Promise<Uint8Array> {
  return toPlainElements(curve, await geometricMontgomery(curve, first, step, count))
}

function geometricMontgomery(curve: Curve, first: bigint, step: bigint, count: number): Promise<Uint8Array> {
  const one = pack([1n], 'montgomery')
  const ones = new Uint8Array(BYTES * count)
  for (let index = 0; index < count; index++) ones.set(one, BYTES * index)
  return curve.Fr.batchApplyKey(ones, pack([first], 'montgomery'), pack([step], 'montgomery'))
}

function toPlainElements(curve: Curve, elements: Uint8Array): Promise<Uint8Array> {
  const zeros = new Uint8Array(elements.length)
  const range = { start: 0, end: elements.length / BYTES }
  return combine(curve, { a: elements, b: zeros, c: zeros }, range, { alpha: 0n, beta: 1n, scale: 1n })
}

/**
 * Lagrange's polynomials at tau of the domain of 2^domain points, times what the section is of. The largest domain of
 * section 12 lacks the highest power of tau, which the file does not have.
 */
async function lagrangePoints(curve: Curve, key: Key, id: 12 | 13 | 14 | 15, domain: number, power: number) {
  const size = 2 ** domain
  const tau = key.tau.value
  const root = rootOfUnity(curve, size)
  const perSize = inverse(BigInt(size))
  const scale = mod((raise(tau, BigInt(size)) - 1n) * perSize)
  const a = await lagrange(curve, { first: 1n, step: root, tau, scale, count: size })
  const missing = domain > power ? mod(-raise(tau, BigInt(size - 1)) * perSize) : 0n
  const b = missing === 0n ? new Uint8Array(a.length) : await geometricMontgomery(curve, 1n, root, size)
  const factor = id === 14 ? key.alpha.value : id === 15 ? key.beta.value : 1n
  const scalars = await combine(
    curve,
    { a, b, c: new Uint8Array(a.length) },
    { start: 0, end: size },
    { beta: 1n, alpha: missing, scale: factor },
  )
  return multiplyGenerator(curve, id === 13 ? 'G2' : 'G1', scalars)
}

/** Section 7: the beacon's contribution, with the hashes that the next contributor answers. */
async function contribution(
  curve: Curve,
  key: Key,
  powers: readonly [number, Uint8Array][],
  { name, value }: { name: string; value: string },
): Promise<Uint8Array> {
  const group = (id: number) => (id === 3 || id === 6 ? curve.G2 : curve.G1)
  const response = streaming.create({ dkLen: 64 }).update(key.challenge)
  for (const [id, points] of powers) response.update(await group(id).batchLEMtoC(points))
  const state = stateOf(response)
  response.update(
    concat(publicKey(key).map((point, index) => (index < 6 ? curve.G1 : curve.G2).toUncompressed(point))),
  )
  const uncompressed = []
  for (const [id, points] of powers) uncompressed.push(await group(id).batchLEMtoU(points))
  const [tau1, tau2, alpha1, beta1, beta2] = powers.map(([, points]) => points)
  const parameters = writeParameters({ name, beacon: { value, iterations: ITERATIONS } })
  return concat([
    word(1),
    tau1!.subarray(64, 128),
    tau2!.subarray(128, 256),
    alpha1!.subarray(0, 64),
    beta1!.subarray(0, 64),
    beta2!,
    ...publicKey(key),
    state,
    blake2b(response.digest(), ...uncompressed),
    word(1),
    word(parameters.length),
    parameters,
  ])
}

function publicKey({ tau, alpha, beta }: Key): Element[] {
  const secrets = [tau, alpha, beta]
  return [...secrets.flatMap(({ s, sx }) => [s, sx]), ...secrets.map(({ spx }) => spx)]
}

/** The state of a hash as snarkjs keeps it: block, eight words of 64 bits, bytes before the block, bytes in it. */
function stateOf(hash: unknown): Uint8Array {
  const state = hash as Record<string, number> & { buffer: Uint8Array }
  const words = Array.from({ length: 8 }, (_, i) => [state[`v${i}l`]!, state[`v${i}h`]!]).flat()
  const counts = [state.length! - state.pos!, 0, state.pos!, 0, 0, 0]
  return concat([state.buffer, ...[...words, ...counts].slice(0, 22).map(word)])
}

function preamble(): Uint8Array {
  return concat([new TextEncoder().encode(PTAU.magic), word(PTAU.version), word(SECTIONS)])
}
const SECTIONS = PTAU.sections.length + PTAU.optional.length

function header(power: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES)
  const words = Binfile.view(bytes)
  words.setUint32(0, BYTES, true)
  toBytesLE(Q, bytes, 4)
  words.setUint32(36, power, true)
  words.setUint32(40, power, true)
  return bytes
}

async function writeSection(sink: Sink, id: number, content: Uint8Array): Promise<void> {
  await sink(sectionHead(id, content.length))
  await sink(content)
}

function sectionHead(id: number, size: number): Uint8Array {
  const bytes = new Uint8Array(12)
  const words = Binfile.view(bytes)
  words.setUint32(0, id, true)
  words.setBigUint64(4, BigInt(size), true)
  return bytes
}

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  Binfile.view(bytes).setUint32(0, value, true)
  return bytes
}
