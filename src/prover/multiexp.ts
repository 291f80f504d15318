/**
 * Sums of multiples of points (Pippenger's buckets), for proofs: what ffjavascript's own walks bit by bit over the whole
 * scalar, though most scalars of a witness are 0 or 1, and adds in Jacobian coordinates.
 *
 * Scalars above half the order are negated, digits are signed, and a window's points are sorted by digit and added in
 * pairs, round by round, so that all additions of a round share one inversion (proof-kernels.ts). The window's width is
 * the cheapest for the scalars at hand.
 *
 * The theorem: a scalar s < P becomes digits d_w with |d_w| <= 2^(c-1) and sum of d_w 2^(cw) = s or s - P, which are the
 * same multiple of a point of order P (points at infinity are left out). Negated where its highest word is above
 * HALF_WORD, its magnitude is below 2^253, so that windows of c bits up to bit 254 hold the last carry.
 * Assumes points of the group of order P; for others, which a hostile key may hold, the sum is some point of the curve.
 */
import { P } from '../base/field.js'

export type Group = 'G1' | 'G2'

/** Bytes of a coordinate. */
export const COORDINATE: Readonly<Record<Group, number>> = { G1: 32, G2: 64 }
export const PREFIX: Readonly<Record<Group, string>> = { G1: 'g1m', G2: 'g2m' }

export type Plan = {
  /** Bits of a window. */
  readonly window: number
  readonly windows: number
}

const WORDS = 8
const HALF_WORD = 0x18322739
/** Of a bucket's two additions, against one addition in a pair: measured. */
const BUCKET_COST = 4.5

const ORDER = Uint32Array.from({ length: WORDS }, (_, k) => Number((P >> BigInt(32 * k)) & 0xffffffffn))

/** The cheapest windows for these scalars: 32 bytes each, little-endian, below P. */
export function planWindows(scalars: Uint8Array): Plan {
  const words = wordsOf(scalars)
  const magnitude = new Uint32Array(WORDS)
  let [total, most, used] = [0, 0, 0]
  for (let at = 0; at < words.length; at += WORDS) {
    takeMagnitude(words, at, magnitude)
    const bits = bitLength(magnitude)
    total += bits
    if (bits > 0) used++
    if (bits > most) most = bits
  }
  let best: Plan & { cost: number } = { window: 2, windows: 0, cost: Number.POSITIVE_INFINITY }
  for (let window = 2; window <= 15; window++) {
    const windows = Math.ceil((most + 1) / window)
    const buckets = Math.min(2 ** (window - 1), used)
    const cost = total / window + used / 2 + windows * (buckets * 0.5 + 2 ** (window - 1) * BUCKET_COST)
    if (cost < best.cost) best = { window, windows, cost }
  }
  return { window: best.window, windows: most === 0 ? 0 : best.windows }
}

/** The signed digits of all scalars, window by window: those of window w start at w * count. */
export function digitsOf(scalars: Uint8Array, { window, windows }: Plan): Int16Array {
  const words = wordsOf(scalars)
  const count = words.length / WORDS
  const digits = new Int16Array(count * windows)
  const magnitude = new Uint32Array(WORDS)
  const [mask, half] = [2 ** window - 1, 2 ** (window - 1)]
  for (let i = 0; i < count; i++) {
    const isNegative = takeMagnitude(words, WORDS * i, magnitude)
    const bits = bitLength(magnitude)
    if (bits === 0) continue
    const last = Math.min(windows, Math.ceil((bits + 1) / window))
    let carry = 0
    for (let w = 0; w < last; w++) {
      let digit = (bitsAt(magnitude, w * window) & mask) + carry
      carry = digit > half ? 1 : 0
      if (carry === 1) digit -= mask + 1
      digits[w * count + i] = isNegative ? -digit : digit
    }
  }
  return digits
}

function wordsOf(scalars: Uint8Array): Uint32Array {
  // a copy where the bytes do not start at a multiple of four
  const aligned = scalars.byteOffset % 4 === 0 ? scalars : scalars.slice()
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4)
}

/** Writes s or P - s, whichever is below 2^253, and says whether it is the latter. */
function takeMagnitude(words: Uint32Array, at: number, magnitude: Uint32Array): boolean {
  const isNegative = words[at + WORDS - 1]! > HALF_WORD
  if (!isNegative) {
    for (let k = 0; k < WORDS; k++) magnitude[k] = words[at + k]!
    return false
  }
  let borrow = 0
  for (let k = 0; k < WORDS; k++) {
    const difference = ORDER[k]! - words[at + k]! - borrow
    borrow = difference < 0 ? 1 : 0
    magnitude[k] = difference
  }
  return true
}

function bitLength(words: Uint32Array): number {
  for (let k = WORDS - 1; k >= 0; k--) if (words[k] !== 0) return 32 * k + 32 - Math.clz32(words[k]!)
  return 0
}

/** At least 16 bits from this one on. */
function bitsAt(words: Uint32Array, bit: number): number {
  const [word, shift] = [bit >>> 5, bit & 31]
  const low = (words[word] ?? 0) >>> shift
  return shift <= 16 ? low : low | ((words[word + 1] ?? 0) << (32 - shift))
}

/** What the sums need of an instance of the module. */
export type Machine = {
  allocate(bytes: number): number
  /** Of the whole memory, as it is now. */
  bytes(): Uint8Array<ArrayBuffer>
  call(name: string, ...args: readonly number[]): void
}

export type SumsTask = {
  readonly group: Group
  /** Affine, two coordinates each. */
  readonly bases: Uint8Array
  readonly scalars: Uint8Array
  readonly plan: Plan
  /** The windows `first`, `first + step`, and so on. */
  readonly first: number
  readonly step: number
}

/** Pairs that share an inversion: their scratch stays in the cache. */
const MOST_PAIRS = 4096

/** For each of the task's windows the sum of digit times point, Jacobian, one after the other. */
export function windowSums(machine: Machine, task: SumsTask): Uint8Array<ArrayBuffer> {
  const { group, bases, scalars, plan, first, step } = task
  const coordinate = COORDINATE[group]
  const [point, sum] = [2 * coordinate, 3 * coordinate]
  const count = bases.length / point
  const buckets = 2 ** (plan.window - 1)
  const place = {
    bases: machine.allocate(bases.length),
    work: machine.allocate(point * ((count >>> 1) + 1)),
    pairs: machine.allocate(12 * MOST_PAIRS),
    scratch: machine.allocate(2 * coordinate * MOST_PAIRS),
    buckets: machine.allocate(4 * buckets),
    total: machine.allocate(sum),
  }
  const memory = machine.bytes()
  memory.set(bases, place.bases)
  const isThere = finitePoints(bases, point)
  const digits = digitsOf(scalars, plan)
  const words = new Uint32Array(memory.buffer)
  const out = new Uint8Array(sum * Math.max(0, Math.ceil((plan.windows - first) / step)))
  for (let window = first, k = 0; window < plan.windows; window += step, k++) {
    const own = digits.subarray(window * count, (window + 1) * count)
    const sorted = sortByDigit(own, isThere, buckets, place.bases, point)
    addRounds(machine, words, PREFIX[group], sorted, place, point)
    const top = writeBuckets(words, place.buckets, sorted)
    machine.call(`${PREFIX[group]}_reduce`, place.buckets, top, place.total)
    out.set(memory.subarray(place.total, place.total + sum), sum * k)
  }
  return out
}

/** 1 for each point that is not at infinity, which is all zeros. */
function finitePoints(bases: Uint8Array, point: number): Uint8Array {
  const words = wordsOf(bases)
  const size = point / 4
  const isThere = new Uint8Array(words.length / size)
  for (let i = 0; i < isThere.length; i++) {
    let k = 0
    while (k < size && words[size * i + k] === 0) k++
    isThere[i] = k < size ? 1 : 0
  }
  return isThere
}

type Sorted = {
  /** Addresses of points, the lowest bit set for negatives; those of bucket k start at starts[k]. */
  readonly entries: Uint32Array
  readonly starts: Int32Array
  readonly lengths: Int32Array
}

function sortByDigit(
  digits: Int16Array,
  isThere: Uint8Array,
  buckets: number,
  bases: number,
  point: number,
): Sorted {
  const lengths = new Int32Array(buckets + 1)
  for (let i = 0; i < digits.length; i++) if (isThere[i] === 1) lengths[Math.abs(digits[i]!)]!++
  lengths[0] = 0
  const starts = new Int32Array(buckets + 1)
  for (let k = 1; k <= buckets; k++) starts[k] = starts[k - 1]! + lengths[k - 1]!
  const entries = new Uint32Array(starts[buckets]! + lengths[buckets]!)
  const next = starts.slice()
  for (let i = 0; i < digits.length; i++) {
    const digit = digits[i]!
    if (digit === 0 || isThere[i] === 0) continue
    const bucket = Math.abs(digit)
    entries[next[bucket]!++] = (bases + point * i) | (digit < 0 ? 1 : 0)
  }
  return { entries, starts, lengths }
}

/**
 * Adds the points of each bucket in pairs until one is left. Sums go to places of their own, or over the sum that they
 * were made from, so that nothing that is still to be added is overwritten.
 */
function addRounds(
  machine: Machine,
  words: Uint32Array,
  prefix: string,
  { entries, starts, lengths }: Sorted,
  place: { readonly work: number; readonly pairs: number; readonly scratch: number },
  point: number,
): void {
  let [free, pairs] = [place.work, 0]
  const flush = () => {
    if (pairs > 0) machine.call(`${prefix}_addPairs`, place.pairs, pairs, place.scratch)
    pairs = 0
  }
  for (let open = true; open; flush()) {
    open = false
    for (let bucket = 1; bucket < lengths.length; bucket++) {
      const [start, length] = [starts[bucket]!, lengths[bucket]!]
      if (length < 2) continue
      const half = length >>> 1
      for (let k = 0; k < half; k++) {
        const [a, b] = [entries[start + 2 * k]!, entries[start + 2 * k + 1]!]
        let out = a >= place.work ? a : b
        if (out < place.work) {
          out = free
          free += point
        }
        const at = (place.pairs >>> 2) + 3 * pairs++
        words[at] = a
        words[at + 1] = b
        words[at + 2] = out
        entries[start + k] = out
        if (pairs === MOST_PAIRS) flush()
      }
      if (length % 2 === 1) entries[start + half] = entries[start + length - 1]!
      lengths[bucket] = length - half
      if (length - half > 1) open = true
    }
  }
}

/** Writes what is left of each bucket, and returns the highest that is not empty. */
function writeBuckets(words: Uint32Array, at: number, { entries, starts, lengths }: Sorted): number {
  let top = 0
  for (let bucket = 1; bucket < lengths.length; bucket++) {
    const isFull = lengths[bucket]! > 0
    words[(at >>> 2) + bucket - 1] = isFull ? entries[starts[bucket]!]! : 0
    if (isFull) top = bucket
  }
  return top
}
