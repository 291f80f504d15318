/**
 * Attacks that succeed on wrong designs of a commitment round, each on such a design and on ours. The wrong designs are
 * made here, of the parts of the right one: a verifier that hashes too little, a key with too few secrets.
 */
import { describe, expect, test } from 'vitest'
import * as Binfile from '../../src/artifacts/iden3/binfile.js'
import * as Lookups from '../../src/artifacts/lookups.js'
import { BYTES, fromBytesLE, inverse, mod, P, toBytesLE } from '../../src/base/field.js'
import { Random } from '../../src/base/random.js'
import { inG1, inG2 } from '../../src/prover/groth16/decimals.js'
import { G1, G2 } from '../../src/prover/groth16/group.js'
import { challengeOf } from '../../src/prover/lookup/challenge.js'
import { decodeCoefficients } from '../../src/prover/lookup/coefficients.js'
import { GENERATOR_2, type LookupKey, readKey, SameDeltaError } from '../../src/prover/lookup/key.js'
import { readBody, readHeader } from '../../src/prover/lookup/key-format.js'
import { type LookupVerificationKey, parseLookupVerificationKey } from '../../src/prover/lookup/proof.js'
import { commit, prove, respond, type Secrets, setup } from '../../src/prover/lookup/reference.js'
import { completeWitness } from '../../src/prover/lookup/rounds.js'
import { type Shape, shapeOf } from '../../src/prover/lookup/shape.js'
import { type LookupVerifier, openLookupVerifier } from '../../src/prover/lookup/verify.js'
import { FieldError, type G1Point, type PublicSignals } from '../../src/prover/proof.js'
import { build, type LookupCircuit } from '../helpers/lookup-circuits.js'
import { DRAWN, digestsOf } from '../helpers/lookup-keys.js'

const random = new Random(3)
const draw = () => ({ kappa: random.element(), r: random.element(), s: random.element() })
const [tau, alpha, beta, deltaD, deltaC] = DRAWN as [bigint, bigint, bigint, bigint, bigint]
const HONEST: Secrets = { tau, alpha, beta, deltaD, deltaC }
const TABLE = [0, 1, 2, 3, 4, 5, 6, 7]

/** A signal x, and a private number that is x + 1: both are to be of three bits. Wires: 1, x, challenge, number, counts. */
const circuitOf = (x: bigint, number = x + 1n): LookupCircuit =>
  build({
    name: 'a signal and its successor, of three bits',
    signals: [x],
    values: [number],
    gadgets: [[{ 1: 1n, 0: 1n }, { 0: 1n }, { 3: 1n }]],
    tables: [TABLE],
    lookups: [
      { table: 0, row: { 1: 1n } },
      { table: 0, row: { 3: 1n } },
    ],
  })
const honest = circuitOf(3n)
const { layout, r1cs } = honest
const { multiplicities, quotients } = layout.tables[0]!
/** The lookups' inverses. */
const INVERSES = [layout.secondRound, layout.secondRound + 1] as const

/** A key of these secrets, whatever they are: `readKey` refuses some. */
function keyOf(secrets: Secrets): LookupKey {
  const source = Binfile.fromBytes(setup(r1cs, layout, secrets, digestsOf(honest)), 'key')
  const [header, { layout: layoutBytes, coefficients, contributions: _, ...points }] = [
    readHeader(source),
    readBody(source),
  ]
  const rows = decodeCoefficients(source, coefficients, header.wires)
  const shape = shapeOf(rows, Lookups.decode(layoutBytes), header.wires) as Shape
  return { name: 'key', header, rows, layout, shape, points }
}

function verifyingKeyOf({ header }: LookupKey): LookupVerificationKey {
  return {
    protocol: 'groth16-lookup',
    curve: 'bn128',
    nPublic: header.publicSignals,
    vk_alpha_1: inG1(G1.read(header.alpha1, 0)),
    vk_beta_2: inG2(G2.read(header.beta2, 0)),
    vk_gamma_2: inG2(G2.read(GENERATOR_2, 0)),
    vk_delta_2: inG2(G2.read(header.deltaC2, 0)),
    vk_commitment_2: inG2(G2.read(header.deltaD2, 0)),
    IC: Array.from({ length: header.publicSignals + 2 }, (_, i) => inG1(G1.read(header.ic, i))),
  }
}

type Challenge = typeof challengeOf

const right = keyOf(HONEST)
const verifiers = new Map<LookupKey, Map<Challenge | undefined, LookupVerifier>>()
function accepts(
  key: LookupKey,
  signals: PublicSignals,
  proof: ReturnType<typeof respond>,
  challenge?: Challenge,
): boolean {
  const own = verifiers.get(key) ?? new Map<Challenge | undefined, LookupVerifier>()
  verifiers.set(key, own)
  const verifier = own.get(challenge) ?? openLookupVerifier(verifyingKeyOf(key), challenge)
  own.set(challenge, verifier)
  return verifier(signals, proof)
}

/** A whole witness with these wires; the others are zero. */
function witness(values: Readonly<Record<number, bigint>>): Uint8Array {
  const bytes = new Uint8Array(BYTES * r1cs.wires)
  for (const [wire, value] of Object.entries(values)) toBytesLE(mod(value), bytes, BYTES * Number(wire))
  return bytes
}

/**
 * All wires for x and x + 1, in the table or not, at a challenge; the first entry's multiplicity is what balances the sum.
 * Multiplicities belong to round 1: an honest prover has fixed them before it knows the challenge.
 */
function balanced(x: bigint, challenge: bigint): Uint8Array {
  const [first, second] = [x, x + 1n].map((value) => inverse(mod(challenge - value)))
  const sum = first! + second!
  return witness({
    ...{ 0: 1n, 1: x, [layout.beta]: challenge, 3: x + 1n },
    ...{ [INVERSES[0]]: first!, [INVERSES[1]]: second! },
    ...{ [multiplicities]: sum * challenge, [quotients]: sum },
  })
}

const FORGED_X = 2n ** 200n
const text = (x: bigint) => [x.toString()]

test('the honest prover is believed', () => {
  const { proof, publicSignals } = prove(right, honest.witness.values, draw())
  expect(accepts(right, publicSignals, proof)).toBe(true)
})

describe('a challenge that is known before the commitment', () => {
  const known: Challenge = () => 12345n

  test('shows any number to be of three bits', () => {
    const [full, blinding] = [balanced(FORGED_X, 12345n), draw()]
    const proof = respond(right, full, commit(right, full, blinding.kappa), blinding)
    expect(accepts(right, text(FORGED_X), proof, known)).toBe(true)
    expect(accepts(right, text(FORGED_X), proof)).toBe(false)
  })

  test('ours is not: round 2 finds nothing that balances what was committed to', () => {
    const [full, blinding] = [balanced(FORGED_X, 12345n), draw()]
    const commitment = commit(right, full, blinding.kappa)
    const challenge = challengeOf(commitment, text(FORGED_X))
    // all rows but the sum's hold, with the multiplicity that was committed to; or the sum's does, and an entry's not
    const count = fromBytesLE(full, BYTES * multiplicities)
    const rebalanced = balanced(FORGED_X, challenge)
    const kept = rebalanced.slice()
    toBytesLE(count, kept, BYTES * multiplicities)
    toBytesLE(mod(count * inverse(challenge)), kept, BYTES * quotients)
    const unkept = kept.slice()
    unkept.set(rebalanced.subarray(BYTES * quotients, BYTES * (quotients + 1)), BYTES * quotients)
    for (const values of [kept, unkept, rebalanced])
      expect(accepts(right, text(FORGED_X), respond(right, values, commitment, blinding))).toBe(false)
  })
})

describe('a challenge that leaves the public signals out', () => {
  const short: Challenge = (commitment) => challengeOf(commitment, [])
  /** Two lookups of the signal, and none of a private number that follows from it. */
  const open = build({
    name: 'a signal of three bits',
    signals: [3n],
    values: [],
    gadgets: [],
    tables: [TABLE],
    lookups: [{ table: 0, row: { 1: 1n } }],
  })

  test('lets the signal be chosen after it', () => {
    const key = readKey(setup(open.r1cs, open.layout, HONEST, digestsOf(open)))
    const { multiplicities: m, quotients: q } = open.layout.tables[0]!
    const blinding = draw()
    const first = new Uint8Array(BYTES * open.r1cs.wires)
    toBytesLE(1n, first)
    // commits to one lookup of 0 and one of 1, which no single lookup makes
    for (const t of [0, 1]) toBytesLE(1n, first, BYTES * (m + t))
    const commitment = commit(key, first, blinding.kappa)
    const forge = (challenge: bigint) => {
      const values = first.slice()
      const shares = [0n, 1n].map((entry) => inverse(mod(challenge - entry)))
      const sum = mod(shares[0]! + shares[1]!)
      const x = mod(challenge - inverse(sum))
      toBytesLE(x, values, BYTES)
      toBytesLE(challenge, values, BYTES * open.layout.beta)
      toBytesLE(sum, values, BYTES * open.layout.secondRound)
      shares.forEach((share, t) => {
        toBytesLE(share, values, BYTES * (q + t))
      })
      return { x, proof: respond(key, values, commitment, blinding) }
    }
    const { x, proof } = forge(challengeOf(commitment, []))
    expect(x).toBeGreaterThan(2n ** 128n)
    expect(accepts(key, text(x), proof, short)).toBe(true)
    expect(accepts(key, text(x), proof)).toBe(false)
    // nor with the challenge that the signal leads to, since that leads to another signal
    const again = forge(challengeOf(commitment, text(x)))
    expect(accepts(key, text(again.x), again.proof)).toBe(false)
    expect(accepts(key, text(x), again.proof)).toBe(false)
  })
})

/** D' = D - 5 times something proves the statement of x + 5, with a witness of x. */
function shifted(key: LookupKey, by: (ic: G1Point) => ReturnType<typeof G1.read>) {
  const blinding = draw()
  const commitment = commit(key, honest.witness.values, blinding.kappa)
  const ic = G1.read(key.header.ic, 1)
  const moved = inG1(G1.combine([read(commitment), by(inG1(ic))], [1n, P - 5n]))
  const signals = text(3n + 5n)
  const full = completeWitness(r1cs, layout, honest.witness, challengeOf(moved, signals))
  return { signals, proof: respond(key, full.values, moved, blinding) }
}
const read = ([x, y]: G1Point) => ({ x: BigInt(x), y: BigInt(y) })

describe('a commitment under the denominator of the statement', () => {
  const wrong = keyOf({ ...HONEST, deltaD: 1n })

  test('takes the statement over: a proof of 3 shows 8', () => {
    const { signals, proof } = shifted(wrong, (ic) => read(ic))
    expect(accepts(wrong, signals, proof)).toBe(true)
  })

  test('ours does not, and such keys are refused', () => {
    const { signals, proof } = shifted(right, (ic) => read(ic))
    expect(accepts(right, signals, proof)).toBe(false)
    expect(() => readKey(setup(r1cs, layout, { ...HONEST, deltaD: 1n }, digestsOf(honest)))).toThrow(
      SameDeltaError,
    )
    expect(() => parseLookupVerificationKey(verifyingKeyOf(wrong))).toThrow(FieldError)
  })

  test('it does again for who knows deltaD: both secrets need an honest contributor', () => {
    const { signals, proof } = shifted(right, (ic) => G1.combine([read(ic)], [inverse(deltaD)]))
    expect(accepts(right, signals, proof)).toBe(true)
  })
})

describe('one denominator for both rounds', () => {
  const shared = keyOf({ ...HONEST, deltaD: deltaC })

  /** Commits to nothing, and puts round 1 into C, with what it has of round 1 over some delta. */
  function late(key: LookupKey) {
    const blinding = draw()
    const nothing = witness({ 0: 1n })
    const commitment = commit(key, nothing, blinding.kappa)
    const full = balanced(FORGED_X, challengeOf(commitment, text(FORGED_X)))
    const proof = respond(key, full, commitment, blinding)
    const round1 = Array.from({ length: layout.secondRound - 3 }, (_, i) => i)
    const mass = G1.combine(
      round1.map((i) => G1.read(key.points.d, i)),
      round1.map((i) => fromBytesLE(full, BYTES * (3 + i))),
    )
    return { ...proof, pi_c: inG1(G1.add(read(proof.pi_c), mass)) }
  }

  test('lets round 1 be chosen after the challenge', () => {
    expect(accepts(shared, text(FORGED_X), late(shared))).toBe(true)
  })

  test('ours does not, and such keys are refused', () => {
    expect(accepts(right, text(FORGED_X), late(right))).toBe(false)
    expect(() => readKey(setup(r1cs, layout, { ...HONEST, deltaD: deltaC }, digestsOf(honest)))).toThrow(
      SameDeltaError,
    )
    expect(() => parseLookupVerificationKey(verifyingKeyOf(shared))).toThrow(FieldError)
  })
})

describe('a commitment without a blinding', () => {
  const guesses = Array.from({ length: 7 }, (_, x) => circuitOf(BigInt(x)))
  const recognised = (commitment: G1Point) =>
    guesses.findIndex(({ witness }) => String(commit(right, witness.values, 0n)) === String(commitment))

  test('is recognised by who guesses the witness', () => {
    expect(recognised(commit(right, honest.witness.values, 0n))).toBe(3)
  })

  test('ours is not, and two proofs of one witness share no element', () => {
    const proofs = [0, 1].map(() => prove(right, honest.witness.values, draw()).proof)
    for (const { commitment } of proofs) expect(recognised(commitment)).toBe(-1)
    const elements = proofs.map(({ pi_a, pi_b, pi_c, commitment }) =>
      [pi_a, pi_b, pi_c, commitment].map(String),
    )
    for (const [i, element] of elements[0]!.entries()) expect(elements[1]![i]).not.toBe(element)
  })
})

describe('pieces of honest proofs', () => {
  const blinding = draw()
  const [one, other] = [honest, circuitOf(5n)].map(({ witness }) => prove(right, witness.values, blinding))
  const verifies = (proof: ReturnType<typeof respond>, signals: PublicSignals = one!.publicSignals) =>
    accepts(right, signals, proof)

  test.each([
    ['another signal', () => verifies(one!.proof, text(4n))],
    [
      'the commitment of another proof',
      () => verifies({ ...one!.proof, commitment: other!.proof.commitment }),
    ],
    ['another proof with the signals of this one', () => verifies(other!.proof)],
    [
      'the commitment and one point of IC more',
      () => verifies({ ...one!.proof, commitment: plus(one!.proof.commitment, 1) }),
    ],
    [
      'the commitment and the challenge’s point',
      () => verifies({ ...one!.proof, commitment: plus(one!.proof.commitment, 2) }),
    ],
    [
      'the response to another challenge',
      () => {
        const full = completeWitness(r1cs, layout, honest.witness, 999n)
        return verifies(respond(right, full.values, one!.proof.commitment, blinding))
      },
    ],
    [
      'the response of another commitment, at its own challenge',
      () => {
        const { commitment } = other!.proof
        const full = completeWitness(
          r1cs,
          layout,
          honest.witness,
          challengeOf(commitment, one!.publicSignals),
        )
        return verifies(respond(right, full.values, commitment, blinding))
      },
    ],
    ['A and C swapped', () => verifies({ ...one!.proof, pi_a: one!.proof.pi_c, pi_c: one!.proof.pi_a })],
    [
      'C and the commitment swapped',
      () => verifies({ ...one!.proof, pi_c: one!.proof.commitment, commitment: one!.proof.pi_c }),
    ],
  ])('%s: refused', (_, attempt) => {
    expect(verifies(one!.proof)).toBe(true)
    expect(attempt()).toBe(false)
  })

  test('a number out of range has no honest proof', () => {
    const { witness } = circuitOf(7n)
    expect(() => prove(right, witness.values, draw())).toThrow(/which is not in its table/)
  })
})

function plus(commitment: G1Point, place: number): G1Point {
  return inG1(G1.add(read(commitment), G1.read(right.header.ic, place)))
}
