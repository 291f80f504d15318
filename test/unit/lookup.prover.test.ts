/** The prover of circuits with lookups as commands use it: its falls to the next tier, its draws, and what it refuses. */
import { describe, expect, test } from 'vitest'
import * as Wtns from '../../src/artifacts/iden3/wtns.js'
import { P } from '../../src/base/field.js'
import type { Machine, Tier } from '../../src/prover/groth16/machine.js'
import { TIERS } from '../../src/prover/groth16/tiers.js'
import { challengeOf } from '../../src/prover/lookup/challenge.js'
import { makeDevKeys } from '../../src/prover/lookup/keys.js'
import { NoProofError, open, prepare, WitnessError } from '../../src/prover/lookup/prover.js'
import { LookupError, MultiplicityError } from '../../src/prover/lookup/rounds.js'
import { verifyLookup } from '../../src/prover/lookup/verify.js'
import type { G1Point } from '../../src/prover/proof.js'
import { filesOf, MIXED } from '../helpers/lookup-circuits.js'

const { r1cs, lookups, wtns } = filesOf(MIXED)
const { lkey, keys } = await makeDevKeys(r1cs, lookups)
const { verificationKey } = keys
const key = { path: 'circuit.lkey', bytes: lkey }
const working = TIERS.find(({ name }) => name === 'integer')!
const plain = TIERS.find(({ name }) => name === 'plain')!

/** A tier that works until a proof is asked of it. */
const broken = (change: Partial<Machine>): Tier => {
  let opened = 0
  return {
    name: 'integer',
    open: async (shared) => ({ ...(await working.open(shared)), ...(opened++ >= 0 ? change : {}) }),
  }
}

describe('where a tier fails, the next one proves', () => {
  test.each([
    [
      'its kernels throw',
      {
        slopesOf: () => {
          throw new Error('no memory')
        },
      },
      /\(integer\) failed: no memory/,
    ],
    [
      'its proof does not verify',
      { slopesOf: (_, a) => new Uint8Array(a.length) },
      /\(integer\) made did not verify/,
    ],
    [
      'its sums are no points',
      { multiplyClasses: () => ({ x: 1n, y: 1n }) },
      /\(integer\) made did not verify/,
    ],
  ] satisfies [string, Partial<Machine>, RegExp][])('%s', async (_, change, note) => {
    const prover = await open(undefined, key, { threads: 1, verificationKey, tiers: [broken(change), plain] })
    const made = await prover.prove(wtns)
    expect(made.note).toMatch(note)
    expect(verifyLookup(verificationKey, made.publicSignals, made.proof)).toBe(true)
    await prover.close()
  })

  test('and where none is left, there is no proof', async () => {
    const tiers = [broken({ slopesOf: (_, a) => new Uint8Array(a.length) })]
    const prover = await open(undefined, key, { threads: 1, verificationKey, tiers })
    await expect(prover.prove(wtns)).rejects.toThrow(NoProofError)
  })
})

test('another commitment is made where the challenge is an entry of a table', async () => {
  const seen: G1Point[] = []
  // 3 is an entry, and so is -9
  const challenge: typeof challengeOf = (commitment, signals) => {
    seen.push(commitment)
    return [3n, P - 9n][seen.length - 1] ?? challengeOf(commitment, signals)
  }
  const prover = await open('integer', key, { threads: 1, verificationKey, challenge })
  const { proof, publicSignals } = await prover.prove(wtns)
  expect(verifyLookup(verificationKey, publicSignals, proof)).toBe(true)
  expect(new Set(seen.map(String)).size).toBe(3)
  expect(proof.commitment).toEqual(seen[2])
})

test('kappa, r and s are drawn for each proof', async () => {
  const prover = await open('integer', key, { threads: 1, verificationKey })
  const made = [await prover.prove(wtns), await prover.prove(wtns)].map(({ proof }) =>
    [proof.pi_a, proof.pi_b, proof.pi_c, proof.commitment].map(String),
  )
  expect(new Set(made.flat()).size).toBe(8)
})

test('a key that was converted before proves in its place', async () => {
  const prepared = await prepare('integer', key)
  const prover = await open(undefined, { ...key, prepared }, { threads: 1, verificationKey })
  const { proof, publicSignals } = await prover.prove(wtns)
  expect(verifyLookup(verificationKey, publicSignals, proof)).toBe(true)
})

describe('a witness that does not satisfy', () => {
  const changed = (wire: number, value: bigint) => {
    const values = Array.from({ length: MIXED.witness.wires }, (_, i) => Wtns.get(MIXED.witness, i))
    values[wire] = value
    return Wtns.encode(Wtns.fromValues(values))
  }

  test.each([
    ['a looked-up number that is not in its table', changed(4, 90n), LookupError],
    ['one of 200 bits', changed(4, 2n ** 200n), LookupError],
    [
      'a count of lookups that is wrong',
      changed(MIXED.layout.tables[0]!.multiplicities, 3n),
      MultiplicityError,
    ],
    ['a product that is wrong', changed(7, 5n), NoProofError],
    ['too few values', Wtns.encode(Wtns.fromValues([1n, 2n])), WitnessError],
  ])('%s', async (_, bytes, error) => {
    const prover = await open('plain', key, { threads: 1, verificationKey, tiers: [plain] })
    await expect(prover.prove(bytes)).rejects.toThrow(error)
  })
})
