/**
 * What keys and proofs of a circuit will cost, from its sizes alone.
 *
 * A key's bytes follow from the format (zkey.ts). Time and memory are those of our own prover on one thread. The form of the
 * times was fitted to snarkjs, on ten models of 50 to 190,000 constraints, to within 15 %; then scaled to what our prover
 * took for LeNet-5 (1,154 ms a proof). scripts/bench/doctor.bench.ts compares others.
 * Witnesses of quantized nets are nearly all bits, so that time goes into the quotient, whose scalars are full: its
 * multiplication of points and the transforms. A short multiplication on the machine at hand, by ffjavascript, tells how
 * fast that is.
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
  const keyBytes = keySize(sizes, domain)
  const next =
    slowness * (TIME.base + TIME.point * additions(domain) + TIME.transform * domain * Math.log2(domain))
  return {
    power: Math.log2(domain),
    keyBytes,
    first: next + slowness * TIME.warmUp,
    next,
    memory: MEMORY.base + MEMORY.perKeyByte * keyBytes,
  }
}

export type LookupSizes = CircuitSizes & {
  /** Wires of round 2, entries of tables, and their bytes in the layout's file. */
  readonly secondRound: number
  readonly tableEntries: number
  readonly layoutBytes: number
}

/**
 * The same of a circuit with lookups: H has a point a row, of fewer rows; four transforms in place of six, of a smaller
 * domain; and a few multiplications as long as the tables. Throws `TooLargeError`.
 */
export function estimateLookupProving(sizes: LookupSizes, slowness: Slowness = 1): ProvingCost {
  const domain = domainSizeOf({ ...sizes, publicOutputs: sizes.publicSignals, publicInputs: 1 })
  const rows = sizes.constraints + sizes.publicSignals + 2
  const keyBytes = lookupKeySize(sizes, rows)
  const points = additions(rows) + LOOKUP_POINTS * additions(Math.max(2, 2 * sizes.tableEntries))
  const transforms = (4 / 6) * domain * Math.log2(domain)
  const next = slowness * (TIME.base + TIME.point * points + TIME.transform * transforms)
  return {
    power: Math.log2(domain),
    keyBytes,
    first: next + slowness * TIME.warmUp,
    next,
    memory: MEMORY.base + MEMORY.perKeyByte * keyBytes,
  }
}

/** Multiplications with full scalars of table length: A and C. */
const LOOKUP_POINTS = 2

/** About the bytes of a `.lkey`: in A and B stand only those wires that their matrices have. */
function lookupKeySize(sizes: LookupSizes, rows: number): number {
  const { wires, publicSignals, entries, secondRound, layoutBytes } = sizes
  const statement = publicSignals + 2
  const first = wires - secondRound - statement
  const points = 2 * statement + first / 4 + 2 * first + 2 * secondRound + rows
  return Math.round(1000 + layoutBytes + 3 * entries + 64 * points + 128 * first)
}

/** Milliseconds of processor time, on a virtual machine with two cores of an AMD EPYC, Node 20. */
const TIME = { base: 20, warmUp: 260, point: 1.8e-4, transform: 2.7e-4 }

/** What `probe` took there, between those proofs. */
const PROBE = 49.9

/** Bytes, of `zkonnx prove` with one worker. */
const MEMORY = { base: 250e6, perKeyByte: 2.6 }

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

/** ffjavascript's window for so many points; a table, since it is no formula there either. */
const WINDOWS = [
  1, 1, 1, 1, 2, 3, 4, 5, 6, 7, 7, 8, 9, 10, 11, 12, 13, 13, 14, 15, 16, 16, 17, 17, 17, 17, 17, 17, 17,
]

/** Of points, in a multiplication of as many full scalars: each window adds every point to a bucket, then the buckets. */
function additions(points: number): number {
  const window = WINDOWS[Math.floor(Math.log2(points))] ?? 17
  return Math.ceil(256 / window) * (points + 2 ** (window + 1))
}

const PROBE_POINTS = 2 ** 11

let measured: Promise<Slowness> | undefined

/** Times a multiplication of points, once a process: about half a second. */
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
    for (let round = 0; round < 4; round++) {
      const before = process.cpuUsage()
      await G1.multiExpAffine(bases, scalars)
      const { user, system } = process.cpuUsage(before)
      times.push((user + system) / 1000)
    }
    return Math.min(...times) / PROBE
  })
}
