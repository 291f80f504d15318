/**
 * Proving keys from hostile hands, given to our own prover: a clear error, or a proof that holds for the honest verifying
 * key. Never a proof that does not, and never an end that does not come.
 */
import { describe, expect, test } from 'vitest'
import { BaseError } from '../../src/base/errors.js'
import { P } from '../../src/base/field.js'
import { backendOf } from '../../src/prover/backend.js'
import { G1, G2, Q } from '../../src/prover/groth16/group.js'
import { readKey } from '../../src/prover/groth16/key.js'
import { TIERS } from '../../src/prover/groth16/tiers.js'
import { verify } from '../../src/prover/snarkjs.js'
import { chain, keysOf } from '../helpers/prover-circuits.js'
import { damage, randomOf } from '../helpers/r1cs.js'

const deep = process.env.ZKONNX_DEEP !== undefined
const SEED = 11
/** Nearly every wire counts: its values are full. */
const honest = await keysOf(chain(10))
const layout = sectionsOf(honest.zkey)

/** The error of opening and proving, or nothing where a proof was made, which then holds. */
async function outcome(
  bytes: Uint8Array,
  choice: Parameters<typeof backendOf>[0],
): Promise<Error | undefined> {
  const { verificationKey, wtns } = honest
  try {
    const key = { path: 'hostile.zkey', bytes }
    const opened = await backendOf(choice).open(key, { threads: 1, verificationKey })
    const { proof, publicSignals } = await opened.prove(wtns)
    await opened.close()
    expect(await verify(verificationKey, publicSignals, proof)).toBe(true)
    return undefined
  } catch (error) {
    return error as Error
  }
}

type Change = (bytes: Uint8Array, words: DataView) => Uint8Array | undefined

const word =
  (section: number, at: number, value: number): Change =>
  (_, words) => {
    words.setUint32(layout[section]!.offset + at, value, true)
    return undefined
  }
const copyWithin =
  (section: number, to: number, from: number, length: number): Change =>
  (bytes) => {
    const { offset } = layout[section]!
    bytes.copyWithin(offset + to, offset + from, offset + from + length)
    return undefined
  }
/** Two wires' points stand for one. */
const swap = (section: number, size: number) => copyWithin(section, 2 * size, 3 * size, size)
const element =
  (section: number, at: number, change: (value: bigint) => bigint): Change =>
  (bytes) => {
    const place = layout[section]!.offset + at
    const old = bytes.subarray(place, place + 32).reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n)
    for (let i = 0, rest = change(old); i < 32; i++, rest >>= 8n) bytes[place + i] = Number(rest & 255n)
    return undefined
  }

const HEADER = { wires: 72, signals: 76, domain: 80, alpha1: 84, beta2: 84 + 128, delta2: 84 + 448 }
const { wires, domainSize } = readKey(honest.zkey).header
const NAMES: Readonly<Record<number, string>> = { 5: 'A', 6: 'B1', 7: 'B2', 8: 'C', 9: 'H' }

const REFUSED: readonly (readonly [string, RegExp, Change])[] = [
  ['one wire more', /section 5 has/, word(2, HEADER.wires, wires + 1)],
  ['2^32 - 1 wires', /section 5 has/, word(2, HEADER.wires, 2 ** 32 - 1)],
  ['no wires', /public signals among 0 wires/, word(2, HEADER.wires, 0)],
  ['more public signals than wires', /public signals among/, word(2, HEADER.signals, wires)],
  ['a domain of no power of two', /not a power of two/, word(2, HEADER.domain, domainSize + 1)],
  ['a domain of twice the size', /section 9 has/, word(2, HEADER.domain, 2 * domainSize)],
  ['a domain of 2^31', /not a power of two/, word(2, HEADER.domain, 2 ** 31)],
  ['a domain of one point', /not a power of two/, word(2, HEADER.domain, 1)],
  ['another scalar field', /not BN254/, element(2, 40, (prime) => prime + 2n)],
  ['another base field', /not BN254/, element(2, 4, (prime) => prime - 2n)],
  ['another protocol', /protocol is 2/, word(1, 0, 2)],
  ['more coefficients than there are', /section 4 has/, word(4, 0, 2 ** 31)],
  ['fewer coefficients than there are', /section 4 has/, word(4, 0, 1)],
  ['a coefficient of a third matrix', /coefficient 0 is for a matrix 2/, word(4, 4, 2)],
  ['a coefficient beyond the domain', /for row/, word(4, 8, domainSize)],
  ['a coefficient of no wire', /for wire/, word(4, 12, wires)],
  ['a coefficient that is not canonical', /not below the prime/, element(4, 16, (value) => (value % P) + P)],
  ['alpha off the curve', /alpha1 is not a point/, element(2, HEADER.alpha1, (x) => (x + 1n) % Q)],
  ['beta off the twist', /beta2 is not a point/, element(2, HEADER.beta2, (x) => (x + 1n) % Q)],
  ['delta equal to gamma', /gamma = delta/, copyWithin(2, HEADER.delta2, HEADER.delta2 - 192, 128)],
  ...Object.entries(NAMES).flatMap(([section, name]): (readonly [string, RegExp, Change])[] => [
    [
      `a point of ${name} off the curve`,
      new RegExp(`point 3 of its section ${name} is not on the curve`),
      element(Number(section), 3 * (name === 'B2' ? G2 : G1).bytes, (x) => (x + 1n) % Q),
    ],
    [
      `a coordinate of ${name} plus the prime`,
      new RegExp(`coordinate of its section ${name}.* is not below the prime`),
      element(Number(section), 64, (x) => x + Q),
    ],
    [
      `a point of ${name} in place of another`,
      /No proof of this witness verifies/,
      swap(Number(section), (name === 'B2' ? G2 : G1).bytes),
    ],
  ]),
  ['its last section twice', /section 10 stands in it twice/, (bytes) => again(bytes, 10)],
  ['its points of H twice', /section 9 stands in it twice/, (bytes) => again(bytes, 9)],
  ['a section that no key has', /unknown type 77/, (bytes) => again(bytes, 9, 77)],
  ['a section with two thirds of its name', /begins with/, (bytes) => bytes.fill(0, 2, 3)],
]

describe.each(TIERS)('tier $name', ({ name: tier }) => {
  test.each(REFUSED)('a key with %s', async (_, message, change) => {
    const bytes = honest.zkey.slice()
    const error = await outcome(change(bytes, new DataView(bytes.buffer)) ?? bytes, { name: 'zkonnx', tier })
    expect(error).toBeInstanceOf(BaseError)
    expect((error as BaseError).message).toMatch(message)
  })

  test('cut short at the beginning, the middle or the end of any section', async () => {
    for (const { offset, size } of Object.values(layout))
      for (const end of [offset - 12, offset - 1, offset, offset + (size >> 1), offset + size - 1])
        expect(await outcome(honest.zkey.slice(0, end), { name: 'zkonnx', tier })).toBeInstanceOf(BaseError)
  })

  test(`with any damage, seed ${SEED}`, async () => {
    const random = randomOf(SEED)
    let made = 0
    for (let round = 0; round < (deep ? 1000 : 30); round++) {
      const error = await outcome(damage(honest.zkey, random), { name: 'zkonnx', tier })
      if (error === undefined) made++
      else expect(error, String(error)).toBeInstanceOf(BaseError)
    }
    // what a ceremony says of itself does not count
    expect(made).toBeLessThan(deep ? 500 : 15)
  })
})

test('the honest key proves', async () => {
  expect(await outcome(honest.zkey, { name: 'zkonnx' })).toBe(undefined)
})

/** Sections by type. */
function sectionsOf(bytes: Uint8Array): Record<number, { offset: number; size: number }> {
  const words = new DataView(bytes.buffer, bytes.byteOffset)
  const found: Record<number, { offset: number; size: number }> = {}
  for (let at = 12; at < bytes.length; ) {
    const size = Number(words.getBigUint64(at + 4, true))
    found[words.getUint32(at, true)] = { offset: at + 12, size }
    at += 12 + size
  }
  return found
}

/** The file with a copy of a section at its end. */
function again(bytes: Uint8Array, section: number, as = section): Uint8Array {
  const { offset, size } = layout[section]!
  const longer = new Uint8Array(bytes.length + 12 + size)
  longer.set(bytes)
  longer.set(bytes.subarray(offset - 12, offset + size), bytes.length)
  const words = new DataView(longer.buffer)
  words.setUint32(8, words.getUint32(8, true) + 1, true)
  words.setUint32(bytes.length, as, true)
  return longer
}
