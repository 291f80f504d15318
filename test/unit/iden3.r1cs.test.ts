import { r1cs as snarkjsR1cs } from 'snarkjs'
import { describe, expect, test } from 'vitest'
import { MalformedFileError } from '../../src/artifacts/iden3/binfile.js'
import { coefficientOf, decode, encode, LARGE } from '../../src/artifacts/iden3/r1cs.js'
import { P, toBytesLE } from '../../src/base/field.js'
import { withThreads } from '../../src/prover/curve.js'
import { damage, randomOf, system } from '../helpers/r1cs.js'
import { examples } from '../helpers/r1cs-examples.js'
import { keepThreads } from '../helpers/threads.js'

keepThreads()

/** Where the constraints begin in a file of ours: after the preamble, the header's section and their own head. */
const ROWS = 12 + 12 + 64 + 12
const HEADER = 12 + 12

describe('r1cs', () => {
  test.each(examples)('$name: reads back as it was written', ({ r1cs }) => {
    expect(decode(encode(r1cs))).toEqual(r1cs)
  })

  test.each(examples)('$name: snarkjs reads the same numbers', async ({ r1cs }) => {
    const info = await withThreads(() => snarkjsR1cs.info(encode(r1cs)))
    expect(info).toMatchObject({
      nVars: r1cs.wires,
      nOutputs: r1cs.publicOutputs,
      nPubInputs: r1cs.publicInputs,
      nPrvInputs: r1cs.privateInputs,
      nLabels: r1cs.wires,
      nConstraints: r1cs.constraints,
      prime: P,
    })
  })

  test('every coefficient survives, on both sides of each border between codes', () => {
    const values = [
      0n,
      1n,
      -1n,
      2n ** 30n - 1n,
      2n ** 30n,
      1n - 2n ** 30n,
      -(2n ** 30n),
      2n ** 32n,
      P - 2n ** 32n,
      P / 2n,
    ]
    const row = Object.fromEntries(values.map((value, wire) => [wire, value]))
    const r1cs = system(values.length, { outputs: 0, inputs: 0, privateInputs: 0 }, [[row, {}, row]])
    const back = decode(encode(r1cs))
    const read = Array.from(back.a.coefficient, (code) => coefficientOf(back, code))
    expect(read).toEqual(values.map((value) => (value < 0n ? P + value : value)))
    expect(back.a.coefficient[3]).toBe(2 ** 30 - 1)
    expect(back.a.coefficient[4]).toBe(LARGE)
    expect(back.large.length).toBe(5)
    expect(back).toEqual(r1cs)
  })

  test('a coefficient equal to the prime is refused', () => {
    const bytes = encode(examples[0]!.r1cs)
    toBytesLE(P, bytes, ROWS + 8)
    expect(() => decode(bytes, 'model.r1cs')).toThrow(
      'Malformed file model.r1cs: constraint 0 has a coefficient at wire 2 that is not below the prime.',
    )
  })

  test('a wire out of range, and wires out of order, are refused', () => {
    const bytes = encode(examples[0]!.r1cs)
    const view = new DataView(bytes.buffer)
    view.setUint32(ROWS + 4, 5, true)
    expect(() => decode(bytes)).toThrow('constraint 0 has wire 5 of 5')
    const twice = system(3, { outputs: 0, inputs: 0, privateInputs: 0 }, [[{ 1: 1n, 2: 1n }, {}, {}]])
    const repeated = encode(twice)
    new DataView(repeated.buffer).setUint32(ROWS + 4 + 36, 1, true)
    expect(() => decode(repeated)).toThrow('constraint 0 has wire 1 after wire 1')
  })

  test('another field, and more constraints than the file holds, are refused', () => {
    const bytes = encode(examples[0]!.r1cs)
    bytes[HEADER + 4]! ^= 2
    expect(() => decode(bytes)).toThrow('its prime is not the order of the scalar field of BN254')
    const many = encode(examples[0]!.r1cs)
    new DataView(many.buffer).setUint32(HEADER + 60, 0xffffffff, true)
    expect(() => decode(many)).toThrow('its header says 4294967295 constraints, more than it has room for')
  })

  test('damaged files raise MalformedFileError or decode to a system that encodes to the same bytes', () => {
    const seed = 20_240_601
    const random = randomOf(seed)
    let refused = 0
    for (let round = 0; round < 600; round++) {
      const bytes = damage(encode(examples[round % examples.length]!.r1cs), random)
      try {
        // labels are not kept, so only what stands before them must come back
        const again = encode(decode(bytes))
        const labels = 8 * decode(bytes).wires
        expect(again.length, `seed ${seed}, round ${round}`).toBe(bytes.length)
        expect(again.subarray(ROWS, -labels)).toEqual(bytes.subarray(ROWS, bytes.length - labels))
      } catch (error) {
        expect(error, `seed ${seed}, round ${round}`).toBeInstanceOf(MalformedFileError)
        refused++
      }
    }
    expect(refused).toBeGreaterThan(300)
  })
})
