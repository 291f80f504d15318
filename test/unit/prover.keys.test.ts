import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MalformedFileError } from '../../src/artifacts/iden3/binfile.js'
import * as R1cs from '../../src/artifacts/iden3/r1cs.js'
import * as Wtns from '../../src/artifacts/iden3/wtns.js'
import { MissingFileError } from '../../src/artifacts/store.js'
import { sha256 } from '../../src/base/digest.js'
import {
  assertKeyFits,
  DEV_WARNING,
  isDevKey,
  KeyMismatchError,
  makeDevKeys,
  zkeyHeader,
} from '../../src/prover/keys.js'
import { openProver, WrongCircuitError } from '../../src/prover/open.js'
import { UnsafeKeyError, verificationKeyOf } from '../../src/prover/verification-key.js'
import { damage, randomOf } from '../helpers/r1cs.js'
import { examples } from '../helpers/r1cs-examples.js'

const { r1cs, witness } = examples[0]!
const r1csBytes = R1cs.encode(r1cs)
/** Places in a key: preamble, section 1, head of section 2; then in the header up to gamma and delta in G2. */
const HEADER = 12 + 12 + 4 + 12
const GAMMA_2 = HEADER + 84 + 64 + 64 + 128
const DELTA_2 = GAMMA_2 + 128 + 64

let dir: string
let made: Awaited<ReturnType<typeof makeDevKeys>>

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'zkonnx-keys-'))
  made = await makeDevKeys(r1csBytes)
  writeFileSync(join(dir, 'circuit.zkey'), made.zkey)
  writeFileSync(join(dir, 'verification_key.json'), JSON.stringify(made.keys.verificationKey))
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

describe('dev keys', () => {
  test('name their circuit, their file and what they are', () => {
    const { keys, zkey } = made
    expect(keys).toMatchObject({ kind: 'dev', circuit: sha256(r1csBytes), zkey: sha256(zkey) })
    expect(keys.verificationKey.zkonnx).toEqual({
      setup: 'dev',
      warning: DEV_WARNING,
      circuit: sha256(r1csBytes),
    })
    expect(isDevKey(zkeyHeader(zkey))).toBe(true)
    expect(new TextDecoder().decode(zkeyHeader(zkey).circuitHash)).toContain('zkonnx dev key')
  })

  test('fit their own circuit and no other', () => {
    const header = zkeyHeader(made.zkey)
    expect(header).toMatchObject({ wires: 5, publicSignals: 2, domainSize: 8, contributions: 0 })
    assertKeyFits(header, r1cs)
    for (const other of examples.slice(2)) {
      expect(() => assertKeyFits(header, other.r1cs), other.name).toThrow(KeyMismatchError)
    }
    expect(() => assertKeyFits(header, examples[2]!.r1cs)).toThrow(
      'The proving key belongs to another circuit: it has 5 wires, the circuit 6.',
    )
  })
})

describe('zkeyHeader', () => {
  test('reads the same from a file as from bytes', () => {
    expect(zkeyHeader(join(dir, 'circuit.zkey'))).toEqual(zkeyHeader(made.zkey))
    expect(() => zkeyHeader(join(dir, 'none.zkey'))).toThrow(MissingFileError)
  })

  test('a key with gamma = delta is refused', async () => {
    const forged = made.zkey.slice()
    forged.copyWithin(DELTA_2, GAMMA_2, GAMMA_2 + 128)
    expect(() => verificationKeyOf(zkeyHeader(forged))).toThrow(UnsafeKeyError)
  })

  test('another curve, another protocol and sizes that disagree are refused', () => {
    const edited = (offset: number, value: number) => {
      const bytes = made.zkey.slice()
      bytes[offset] = value
      return () => zkeyHeader(bytes)
    }
    expect(edited(HEADER + 4, 0)).toThrow('Malformed file .zkey: its curve is not BN254.')
    expect(edited(24, 2)).toThrow('its protocol is 2 instead of 1, Groth16')
    expect(edited(HEADER + 72, 6)).toThrow('its section 5 has 320 bytes instead of 384')
    expect(edited(HEADER + 80, 7)).toThrow('its domain of 7 points is not a power of two')
    expect(edited(HEADER + 76, 5)).toThrow('it has 5 public signals among 5 wires')
  })

  test('damaged keys raise MalformedFileError, or differ only where points and coefficients stand', () => {
    const seed = 11
    const random = randomOf(seed)
    let refused = 0
    for (let round = 0; round < 500; round++) {
      const bytes = damage(made.zkey, random)
      try {
        const { wires, publicSignals, domainSize } = zkeyHeader(bytes)
        expect([wires, publicSignals, domainSize], `seed ${seed}, round ${round}`).toEqual([5, 2, 8])
      } catch (error) {
        expect(error, `seed ${seed}, round ${round}`).toBeInstanceOf(MalformedFileError)
        refused++
      }
    }
    expect(refused).toBeGreaterThan(200)
  })
})

describe('openProver', () => {
  test('proves and verifies with the folder that it opened', async () => {
    const prover = await openProver(dir, sha256(r1csBytes))
    const { proof, publicSignals } = await prover.prove(Wtns.encode(witness))
    expect(publicSignals).toEqual(['32', '3'])
    expect(await prover.verify(publicSignals, proof)).toBe(true)
    expect(await prover.verify(['32', '4'], proof)).toBe(false)
    await prover.close()
  })

  test('keys of another circuit, or a folder without keys, are refused', async () => {
    await expect(openProver(dir, sha256('another'))).rejects.toThrow(WrongCircuitError)
    await expect(openProver(join(dir, 'none'), sha256(r1csBytes))).rejects.toThrow(MissingFileError)
  })
})
