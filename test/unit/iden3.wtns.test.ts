import { wtns as snarkjsWtns } from 'snarkjs'
import { describe, expect, test } from 'vitest'
import { MalformedFileError } from '../../src/artifacts/iden3/binfile.js'
import * as R1cs from '../../src/artifacts/iden3/r1cs.js'
import * as Wtns from '../../src/artifacts/iden3/wtns.js'
import { P, toBytesLE } from '../../src/base/field.js'
import { withThreads } from '../../src/prover/curve.js'
import { damage, randomOf } from '../helpers/r1cs.js'
import { examples } from '../helpers/r1cs-examples.js'
import { keepThreads } from '../helpers/threads.js'

keepThreads()

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const VALUES = 12 + 12 + 40 + 12

describe('wtns', () => {
  test.each(examples)(
    '$name: reads back, and snarkjs finds that it satisfies the system',
    async (example) => {
      const bytes = Wtns.encode(example.witness)
      expect(Wtns.decode(bytes)).toEqual(example.witness)
      const check = (file: Uint8Array) => snarkjsWtns.check(R1cs.encode(example.r1cs), file, silent)
      expect(await withThreads(() => check(bytes))).toBe(true)
    },
  )

  test('a value that is not below the prime, or a first value other than 1, is refused', () => {
    const bytes = Wtns.encode(examples[0]!.witness)
    toBytesLE(P, bytes, VALUES + 64)
    expect(() => Wtns.decode(bytes, 'a.wtns')).toThrow(
      'Malformed file a.wtns: value 2 is not below the prime.',
    )
    toBytesLE(P - 1n, bytes, VALUES + 64)
    expect(Wtns.get(Wtns.decode(bytes), 2)).toBe(P - 1n)
    bytes[VALUES] = 2
    expect(() => Wtns.decode(bytes)).toThrow('its first value is not 1')
  })

  test('damaged files raise MalformedFileError or decode to a witness that encodes to the same bytes', () => {
    const seed = 77
    const random = randomOf(seed)
    let refused = 0
    for (let round = 0; round < 400; round++) {
      const bytes = damage(Wtns.encode(examples[round % examples.length]!.witness), random)
      try {
        expect(Wtns.encode(Wtns.decode(bytes)), `seed ${seed}, round ${round}`).toEqual(bytes)
      } catch (error) {
        expect(error, `seed ${seed}, round ${round}`).toBeInstanceOf(MalformedFileError)
        refused++
      }
    }
    expect(refused).toBeGreaterThan(200)
  })
})
