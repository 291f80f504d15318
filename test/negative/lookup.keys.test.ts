/**
 * Keys and proofs of circuits with lookups from hostile hands: a clear error, or a proof that holds for the honest
 * verifying key. Never a proof that does not, and never an end that does not come.
 */
import { describe, expect, test } from 'vitest'
import * as Binfile from '../../src/artifacts/iden3/binfile.js'
import { BaseError } from '../../src/base/errors.js'
import { P } from '../../src/base/field.js'
import { Q } from '../../src/prover/groth16/group.js'
import { findStray, readKey } from '../../src/prover/lookup/key.js'
import { LKEY, SECTION } from '../../src/prover/lookup/key-format.js'
import { makeDevKeys, readCircuit } from '../../src/prover/lookup/keys.js'
import { open } from '../../src/prover/lookup/prover.js'
import { prove } from '../../src/prover/lookup/reference.js'
import { verifyLookup } from '../../src/prover/lookup/verify.js'
import { FieldError } from '../../src/prover/proof.js'
import { filesOf, MIXED, squares } from '../helpers/lookup-circuits.js'
import { damage, randomOf } from '../helpers/r1cs.js'

const deep = process.env.ZKONNX_DEEP !== undefined
const SEED = 12
const { r1cs, lookups, wtns } = filesOf(MIXED)
const { lkey, keys } = await makeDevKeys(r1cs, lookups)
const { verificationKey } = keys
const layout = Binfile.directory(Binfile.fromBytes(lkey, 'key'), LKEY)
const { header } = readKey(lkey)

type Change = (bytes: Uint8Array, words: DataView) => void
const HEADER = { wires: 72, signals: 76, round2: 80, rows: 84, circuit: 88, points: 152 }
const word =
  (section: number, at: number, value: number): Change =>
  (_, words) =>
    words.setUint32(layout.get(section)!.offset + at, value, true)
const element =
  (section: number, at: number, change: (value: bigint) => bigint): Change =>
  (bytes) => {
    const place = layout.get(section)!.offset + at
    const old = bytes.subarray(place, place + 32).reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n)
    for (let i = 0, rest = change(old); i < 32; i++, rest >>= 8n) bytes[place + i] = Number(rest & 255n)
  }
const copy =
  (section: number, to: number, from: number, length: number): Change =>
  (bytes) => {
    const { offset } = layout.get(section)!
    bytes.copyWithin(offset + to, offset + from, offset + from + length)
  }
/** Of the points in the header: alpha1, beta1, beta2, deltaD1, deltaD2, deltaC1, deltaC2. */
const DELTA_D2 = HEADER.points + 64 * 3 + 128
const DELTA_C2 = DELTA_D2 + 128 + 64

const REFUSED: readonly (readonly [string, RegExp, Change])[] = [
  ['one wire more', /section C has/, word(1, HEADER.wires, header.wires + 1)],
  ['no wires', /among 0 wires/, word(1, HEADER.wires, 0)],
  ['more public signals', /section IC has/, word(1, HEADER.signals, header.publicSignals + 1)],
  ['2^32 - 1 public signals', /public signals/, word(1, HEADER.signals, 2 ** 32 - 1)],
  ['a second round that begins later', /section D has/, word(1, HEADER.round2, header.secondRound + 1)],
  ['more than 2^27 rows', /more than 2\^27/, word(1, HEADER.rows, 2 ** 27 + 1)],
  ['more rows in its header', /section H has/, word(1, HEADER.rows, header.rows + 1)],
  ['no rows in its header', /section H has/, word(1, HEADER.rows, 0)],
  ['another field', /not BN254/, element(1, 40, (prime) => prime + 2n)],
  ['alpha off the curve', /alpha1 is not a point/, element(1, HEADER.points, (x) => (x + 1n) % Q)],
  [
    'deltaD at infinity',
    /deltaD2 is not a point/,
    (bytes) => bytes.fill(0, layout.get(1)!.offset + DELTA_D2, layout.get(1)!.offset + DELTA_D2 + 128),
  ],
  ['equal deltas', /deltaC = deltaD/, copy(1, DELTA_D2, DELTA_C2, 128)],
  ['other lookups than its header says', /another digest/, word(1, HEADER.circuit + 32, 1)],
  ['more rows than there are', /cut short/, word(3, 0, 2 ** 30)],
  ['a row less', /follow its last coefficient/, word(3, 0, 5)],
  ['a large coefficient above the prime', /not below the prime/, element(3, 8, (value) => value + P)],
  ['more large coefficients than there are', /cut short/, word(3, 4, 2 ** 27)],
  ...(['a', 'b1', 'b2', 'd', 'c', 'h'] as const).map((name): (typeof REFUSED)[number] => [
    `a coordinate of ${name} plus the prime`,
    /not below the prime/,
    element(SECTION[name], 0, (x) => x + Q),
  ]),
]

test.each(REFUSED)('a key with %s', (_, message, change) => {
  const bytes = lkey.slice()
  change(bytes, new DataView(bytes.buffer))
  expect(() => readKey(bytes)).toThrow(message)
})

test.each(['a', 'b1', 'b2', 'd', 'c', 'h'] as const)('a point of %s off the curve is found', (name) => {
  const bytes = lkey.slice()
  element(SECTION[name], 0, (x) => (x + 1n) % Q)(bytes, new DataView(bytes.buffer))
  expect(findStray(readKey(bytes))).toMatch(new RegExp(`point 0 of its section ${name}`, 'i'))
})

test(`with any damage, seed ${SEED}`, async () => {
  const random = randomOf(SEED)
  let made = 0
  for (let round = 0; round < (deep ? 1000 : 12); round++) {
    try {
      const prover = await open(
        'integer',
        { path: 'hostile.lkey', bytes: damage(lkey, random) },
        { threads: 1, verificationKey, tiers: [] },
      )
      const { proof, publicSignals } = await prover.prove(wtns)
      expect(verifyLookup(verificationKey, publicSignals, proof)).toBe(true)
      made++
    } catch (error) {
      expect(error, String(error)).toBeInstanceOf(BaseError)
    }
  }
  // what a key says of contributions, and the digest of its circuit, do not count
  expect(made).toBeLessThan(deep ? 300 : 6)
})

test('a circuit with the lookups of another', () => {
  expect(() => readCircuit(r1cs, filesOf(squares(3, 2)).lookups)).toThrow(BaseError)
})

describe('proofs, keys and signals that are not in their one form', () => {
  const { proof, publicSignals } = prove(readKey(lkey), MIXED.witness.values, { kappa: 4n, r: 5n, s: 6n })
  const plus = (value: string, prime: bigint) => (BigInt(value) + prime).toString()
  const [x, y] = proof.commitment
  const negated = (Q - BigInt(y)).toString()

  test.each([
    ['a commitment off the curve', { ...proof, commitment: [plus(x, 1n), y, '1'] }],
    ['a commitment whose x is not below the prime', { ...proof, commitment: [plus(x, Q), y, '1'] }],
    ['a commitment at infinity', { ...proof, commitment: ['0', '1', '0'] }],
    ['a commitment with a leading zero', { ...proof, commitment: [`0${x}`, y, '1'] }],
    ['a commitment of numbers', { ...proof, commitment: [1, 2, 1] }],
    ['no commitment', { ...proof, commitment: undefined }],
    ['a proof of plain Groth16', { ...proof, protocol: 'groth16' }],
    ['another curve', { ...proof, curve: 'bls12381' }],
    ['A at infinity', { ...proof, pi_a: ['0', '1', '0'] }],
    [
      'B outside its group',
      {
        ...proof,
        pi_b: [
          ['0', '0'],
          ['1', '0'],
          ['1', '0'],
        ],
      },
    ],
    ['nothing', null],
  ])('%s', (_, changed) => {
    expect(() => verifyLookup(verificationKey, publicSignals, changed)).toThrow(FieldError)
  })

  test('signals out of the field, or too few of them', () => {
    const [first, ...rest] = publicSignals
    for (const signals of [
      [plus(first!, P), ...rest],
      rest,
      [...publicSignals, '0'],
      ['-1', ...rest],
      'signals',
    ])
      expect(() => verifyLookup(verificationKey, signals, proof)).toThrow(FieldError)
  })

  test('a commitment of the other sign is another', () => {
    expect(verifyLookup(verificationKey, publicSignals, proof)).toBe(true)
    expect(verifyLookup(verificationKey, publicSignals, { ...proof, commitment: [x, negated, '1'] })).toBe(
      false,
    )
  })

  test.each([
    ['gamma for the delta of C', { vk_delta_2: verificationKey.vk_gamma_2 }],
    ['gamma for the delta of D', { vk_commitment_2: verificationKey.vk_gamma_2 }],
    ['one delta for both', { vk_commitment_2: verificationKey.vk_delta_2 }],
    ['a point of IC less', { IC: verificationKey.IC.slice(1) }],
    ['more signals than points', { nPublic: 3 }],
    ['no delta of D', { vk_commitment_2: undefined }],
    ['another protocol', { protocol: 'groth16' }],
  ])('a verifying key with %s', (_, change) => {
    expect(() => verifyLookup({ ...verificationKey, ...change }, publicSignals, proof)).toThrow(FieldError)
  })
})
