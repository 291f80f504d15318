/**
 * What keys and proofs of a circuit will cost, from its sizes alone.
 *
 * A key's bytes follow from the format (zkey.ts). Time and memory are those of our own prover on one thread, with the proof's
 * verification. The times were fitted to nine models of 38 to 147,551 constraints over bits, to within 8 %, and to ten of 27
 * to 52,942 with lookups, to within 9 % (that is LeNet-5: 2,183 ms and 260). scripts/bench/doctor.bench.ts compares others.
 * Witnesses of quantized nets are nearly all small, so that time goes into the quotient, whose scalars are full: its
 * multiplication of points and the transforms; with lookups, into the points of tables' entries too. A short
 * multiplication on the machine at hand, by the same kernels, tells how fast that is.
 */
import { withoutThreads } from './curve.js'
import { domainSizeOf } from './qap.js'

export type CircuitSizes = {
  readonly constraints: number
  readonly wires: number
  readonly publicSignals: number
  /** Entries of the matrices A and B. */
  readonly entries: number
}

export type ProvingCost = {
  /** Of the powers of tau that a ceremony needs, at least. */
  readonly power: number
  readonly keyBytes: number
  /** Milliseconds of one thread: of the first proof of a process, and of each after it. */
  readonly first: number
  readonly next: number
  /** Peak memory of a process that makes one proof at a time. */
  readonly memory: number
}

/** Of the machine that the figures below are from: 1 is as fast, 2 takes twice as long. */
export type Slowness = number

/** Throws `TooLargeError` for a circuit that no key can be made for. */
export function estimateProving(sizes: CircuitSizes, slowness: Slowness = 1): ProvingCost {
  const domain = domainSizeOf({ ...sizes, publicOutputs: sizes.publicSignals, publicInputs: 0 })
  const { base, addition, transform, wire } = TIME.groth16
  const next = base + addition * additions(domain) + transform * steps(domain) + wire * sizes.wires
  return costOf(domain, keySize(sizes, domain), slowness * next, slowness, 'groth16')
}

export type LookupSizes = CircuitSizes & {
  readonly lookups: number
  readonly tableEntries: number
  /** Of the key, where they are known: see lookup/key-size.ts. */
  readonly keyBytes?: number | undefined
}

/**
 * The same of a circuit with lookups: H has a point a row, of fewer rows; the transforms are of a smaller domain; each entry
 * of a table has two points with full scalars, each lookup is an addition or two. Throws `TooLargeError`.
 */
export function estimateLookupProving(sizes: LookupSizes, slowness: Slowness = 1): ProvingCost {
  const domain = domainSizeOf({ ...sizes, publicOutputs: sizes.publicSignals, publicInputs: 1 })
  const rows = sizes.constraints + sizes.publicSignals + 2
  const { base, addition, transform, entry, lookup } = TIME.lookup
  const { tableEntries, lookups, keyBytes = lookupKeySize(sizes, rows) } = sizes
  const next = base + addition * additions(rows) + transform * steps(domain)
  const ofLookups = entry * tableEntries + lookup * lookups
  return costOf(domain, keyBytes, slowness * (next + ofLookups), slowness, 'lookup')
}

function costOf(
  domain: number,
  keyBytes: number,
  next: number,
  slowness: Slowness,
  kind: keyof typeof FIRST,
): ProvingCost {
  const { base, perKeyByte } = FIRST[kind]
  return {
    power: Math.log2(domain),
    keyBytes,
    first: next + slowness * (base + perKeyByte * keyBytes),
    next,
    memory: MEMORY.base + MEMORY.perKeyByte[kind] * keyBytes,
  }
}

/** About the bytes of a `.lkey`: in A and B stand only those wires that their matrices have. */
function lookupKeySize(sizes: LookupSizes, rows: number): number {
  const { wires, publicSignals, entries, lookups, tableEntries } = sizes
  const secondRound = lookups + tableEntries
  const layoutBytes = 2 * lookups + 8 * tableEntries
  const statement = publicSignals + 2
  const first = wires - secondRound - statement
  const points = 2 * statement + first / 4 + 2 * first + 2 * secondRound + rows
  return Math.round(1000 + layoutBytes + 3 * entries + 64 * points + 128 * first)
}

/** Milliseconds of processor time, on a virtual machine with two busy cores of an AMD EPYC, Node 20. */
const TIME = {
  groth16: { base: 30, addition: 1.34e-4, transform: 2.5e-4, wire: 1.2e-3 },
  lookup: { base: 39, addition: 6.4e-5, transform: 1e-4, entry: 1.32e-2, lookup: 7.2e-3 },
} as const

/** Before a process's first proof: to read the key, and to compile. */
const FIRST = {
  groth16: { base: 130, perKeyByte: 7e-6 },
  lookup: { base: 130, perKeyByte: 2e-5 },
} as const

/** What `probe` took there, between those proofs. */
const PROBE = 15

/** Bytes, of `zkonnx prove` with one worker. */
const MEMORY = { base: 178e6, perKeyByte: { groth16: 4.8, lookup: 8.7 } } as const

/**
 * The bytes of a `.zkey` without contributions: header and IC, a coefficient for each entry of A and B and each public
 * row, three points of G1 and one of G2 a wire, one of G1 a point of the domain.
 */
function keySize({ wires, publicSignals, entries }: CircuitSizes, domain: number): number {
  const sections = 12 + 10 * 12
  const header = 4 + 660 + 4 + 68
  const statement = publicSignals + 1
  const coefficients = 44 * (entries + statement)
  const points = 64 * (statement + 2 * wires + (wires - statement) + domain) + 128 * wires
  return sections + header + coefficients + points
}

/** A window for so many points: ffjavascript's, which the fit goes by. */
const WINDOWS = [
  1, 1, 1, 1, 2, 3, 4, 5, 6, 7, 7, 8, 9, 10, 11, 12, 13, 13, 14, 15, 16, 16, 17, 17, 17, 17, 17, 17, 17,
]

/** Of points, in a multiplication of as many full scalars: each window adds every point to a bucket, then the buckets. */
function additions(points: number): number {
  const window = WINDOWS[Math.floor(Math.log2(points))] ?? 17
  return Math.ceil(256 / window) * (points + 2 ** (window + 1))
}

/** Of a transform. */
function steps(points: number): number {
  return points * Math.log2(points)
}

const PROBE_POINTS = 2 ** 11
/** The least of a few is no quiet one on a busy machine. */
const ROUNDS = 12

let measured: Promise<Slowness> | undefined

/** Times a multiplication of points, once a process: about a fifth of a second. */
export function probe(): Promise<Slowness> {
  measured ??= measure()
  return measured
}

/**
 * The best of several: the first is slow while the code is compiled. Processor time, so that what else the machine does
 * just now is left out.
 */
function measure(): Promise<Slowness> {
  return withoutThreads(async ({ G1 }) => {
    const bases = new Uint8Array(64 * PROBE_POINTS)
    const scalars = new Uint8Array(32 * PROBE_POINTS)
    let point = G1.g
    for (let i = 0; i < PROBE_POINTS; i++) {
      bases.set(G1.toAffine(point), 64 * i)
      point = G1.add(point, G1.g)
    }
    // any scalars below the order: what counts is that no window of them is empty
    for (let i = 0; i < scalars.length; i++)
      scalars[i] = i % 32 === 31 ? 0x1f : (Math.imul(i, 0x9e3779b1) >>> 13) & 0xff
    const times: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const before = process.cpuUsage()
      await G1.multiExpAffine(bases, scalars)
      const { user, system } = process.cpuUsage(before)
      times.push((user + system) / 1000)
    }
    return Math.min(...times) / PROBE
  })
}
