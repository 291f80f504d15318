/**
 * What a dishonest prover can answer when it is asked for the bits of a value, or for words: pure functions, by name.
 *
 * Traps: a lie can coincide with the truth (all zero, where the value is zero), and then is none; a lie whose sum is
 * right is refused by the bits' own constraints alone, one of boolean bits by the sum alone, so both kinds are needed.
 */
import { CAPACITY_BITS, inverse, mod, P } from '../base/field.js'
import type { HintName } from '../circuit/cs/api.js'
import { type Felt, normal } from '../circuit/cs/felt.js'
import { type BitsHint, honestBits, type WordsHint } from '../circuit/cs/hints.js'

export type Lie = {
  readonly name: string
  readonly bits: (value: Felt, count: number) => readonly bigint[]
}

/** Tells the lie at the request with this serial number, and is honest at all others. */
export function lieAt(serial: number, lie: Lie): BitsHint {
  return (value, count, hint, at) =>
    at === serial ? (lie.bits(value, count) as readonly Felt[]) : honestBits(value, count, hint, at)
}

/** All lies that make sense for a hint of this name over this many bits. */
export function liesFor(hint: HintName, count: number): Lie[] {
  const places = Array.from({ length: count }, (_, i) => i)
  const anywhere = [
    ...[1n, -1n, 2n].map(offBy),
    ...[allZero, allOne, aliased],
    ...places.map(flipped),
    ...places.map(wholeInBit),
    ...places.slice(1).flatMap((split) => [carried(split, 1n), carried(split, -1n)]),
  ]
  return hasSign(hint) && count > 0 ? [...anywhere, ...[0n, 1n].map((sign) => claimedSign(sign))] : anywhere
}

/** The bits of another value. */
export const offBy = (delta: bigint): Lie => ({
  name: `off by ${delta}`,
  bits: (value, count) => bitsOf(BigInt(value) + delta, count),
})

export const allZero: Lie = { name: 'all zero', bits: (_, count) => new Array<bigint>(count).fill(0n) }

const allOne: Lie = { name: 'all one', bits: (_, count) => new Array<bigint>(count).fill(1n) }

/** The same field element as another integer: what a decomposition as wide as the field would let through. */
const aliased: Lie = {
  name: 'value plus P, truncated',
  bits: (value, count) => truncated(mod(BigInt(value)) + P, count),
}

/** One bit wrong, the sum with it. */
export const flipped = (bit: number): Lie => ({
  name: `bit ${bit} flipped`,
  bits: (value, count) => bitsOf(BigInt(value), count).map((honest, i) => (i === bit ? 1n - honest : honest)),
})

/** The sum is right, for one "bit" takes all of it. */
const wholeInBit = (bit: number): Lie => ({
  name: `whole value in bit ${bit}`,
  bits: (value, count) =>
    allZero
      .bits(value, count)
      .map((_, i) => (i === bit ? mod(BigInt(value) * inverse(1n << BigInt(bit))) : 0n)),
})

/**
 * The sum is right: the limb from `split` up is `delta` too large, and the one below pays for it in its lowest "bit".
 * At the split of a rescale this is the quotient plus one with the remainder minus the divisor.
 */
export const carried = (split: number, delta: bigint): Lie => ({
  name: `limb above bit ${split} off by ${delta}, the lower one compensates`,
  bits: (value, count) => {
    const canonical = mod(BigInt(value))
    const upper = (canonical >> BigInt(split)) + delta
    return compensated(canonical, [...new Array<bigint>(split).fill(0n), ...bitsOf(upper, count - split)])
  },
})

/** The sum is right: the top bit claims a sign, and the lowest "bit" of the magnitude pays for it. */
export const claimedSign = (sign: bigint): Lie => ({
  name: sign === 1n ? 'claimed not to be negative' : 'claimed to be negative',
  bits: (value, count) => {
    const magnitude = bitsOf(BigInt(value), count - 1)
    return count === 1 ? [sign] : compensated(mod(BigInt(value)), [...magnitude, sign])
  },
})

/** A rank among one threshold is a sign. */
function hasSign(hint: HintName): boolean {
  return hint === 'argmax' || hint === 'clamp' || hint === 'max' || hint === 'rank' || hint === 'relu'
}

/** Changes the lowest bit so that the weighted sum is the value. */
function compensated(value: bigint, bits: readonly bigint[]): bigint[] {
  const sum = bits.reduce((total, bit, i) => total + (bit << BigInt(i)), 0n)
  return bits.map((bit, i) => (i === 0 ? mod(bit + value - sum) : bit))
}

function bitsOf(value: bigint, count: number): bigint[] {
  return truncated(mod(value), count)
}

function truncated(value: bigint, count: number): bigint[] {
  if (count >= CAPACITY_BITS) throw new RangeError(`${count} bits could wrap around the field`)
  return Array.from({ length: count }, (_, i) => (value >> BigInt(i)) & 1n)
}

/** What a dishonest prover can answer when it is asked for words. */
export type WordsLie = {
  readonly name: string
  readonly words: (honest: readonly Felt[]) => readonly Felt[]
}

/** Tells the lie at the request with this serial number, and is honest at all others. */
export function lieInWordsAt(serial: number, lie: WordsLie): WordsHint {
  return (honest, _, at) => (at === serial ? lie.words(honest) : honest)
}

/** Near the truth, just out of a table, far from everything, and no integer at all. */
const CHANGES: readonly (readonly [string, (word: bigint) => bigint])[] = [
  ...[1n, -1n, 2n, -2n, 256n, -256n, 1n << 64n].map(
    (delta) => [`off by ${delta}`, (word: bigint) => word + delta] as const,
  ),
  ['zero', () => 0n],
  ['negated', (word) => -word],
  ['doubled', (word) => 2n * word],
  ['half of it', (word) => word * inverse(2n)],
  // what a packed pair can be moved by, where its function is flat and nothing bounds it
  ...[3, 4, 5, 6, 8, 10, 12].map(
    (bits) => [`off by 1 / 2^${bits}`, (word: bigint) => word + inverse(1n << BigInt(bits))] as const,
  ),
  ['near P / 2', (word) => word + (P >> 1n)],
]

/** All lies about so many words: each word changed alone, all at once, and one paying for its neighbour. */
export function liesForWords(count: number): WordsLie[] {
  const places = Array.from({ length: count }, (_, i) => i)
  const changed = (honest: readonly Felt[], at: (i: number) => boolean, change: (word: bigint) => bigint) =>
    honest.map((word, i) => (at(i) ? normal(mod(change(BigInt(word)))) : word))
  const alone = places.flatMap((place) =>
    CHANGES.map(
      ([name, change]): WordsLie => ({
        name: `word ${place} ${name}`,
        words: (honest) => changed(honest, (i) => i === place, change),
      }),
    ),
  )
  const together = CHANGES.map(
    ([name, change]): WordsLie => ({
      name: `every word ${name}`,
      words: (honest) => changed(honest, () => true, change),
    }),
  )
  const carried = places.slice(1).map(
    (place): WordsLie => ({
      name: `word ${place} off by 1, the one below pays with 256`,
      words: (honest) =>
        honest.map((word, i) =>
          i === place ? normal(BigInt(word) + 1n) : i === place - 1 ? normal(BigInt(word) - 256n) : word,
        ),
    }),
  )
  return count > 1 ? [...alone, ...together, ...carried] : alone
}
