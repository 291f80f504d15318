import { describe, expect, test } from 'vitest'
import * as Check from '../../src/artifacts/iden3/check.js'
import * as Wtns from '../../src/artifacts/iden3/wtns.js'
import { mod, P } from '../../src/base/field.js'
import { randomOf, system, witnessOf } from '../helpers/r1cs.js'
import { examples } from '../helpers/r1cs-examples.js'
import { syntheticSystem } from '../helpers/synthetic.js'

describe('firstUnsatisfied', () => {
  test.each(examples)('$name: the honest witness satisfies', ({ r1cs, witness }) => {
    expect(Check.firstUnsatisfied(r1cs, witness)).toBeUndefined()
  })

  test.each(examples)(
    '$name: agrees with plain field arithmetic on edited witnesses',
    ({ r1cs, witness }) => {
      const random = randomOf(9)
      for (let round = 0; round < 60; round++) {
        const values = Array.from({ length: witness.wires }, (_, wire) => Wtns.get(witness, wire))
        const wire = 1 + random(witness.wires - 1)
        const edits = [1n, -1n, 2n ** 53n, 2n ** 60n, P / 2n, BigInt(random(2 ** 31))]
        values[wire] = mod(values[wire]! + edits[random(edits.length)]!)
        const edited = Wtns.fromValues(values)
        const rows = Array.from({ length: r1cs.constraints }, (_, row) => row)
        const first = rows.find((row) => !Check.holds(r1cs, row, edited))
        expect(Check.firstUnsatisfied(r1cs, edited)).toBe(first)
      }
    },
  )

  test('float64 rounding hides nothing: 2^53 + 1 is not 2^53', () => {
    const r1cs = system(4, { outputs: 0, inputs: 0, privateInputs: 0 }, [
      [{ 1: 1n, 2: 1n }, { 0: 1n }, { 3: 1n }],
    ])
    expect(Check.firstUnsatisfied(r1cs, witnessOf(2n ** 53n - 1n, 1n, 2n ** 53n))).toBeUndefined()
    expect(Check.firstUnsatisfied(r1cs, witnessOf(2n ** 53n - 1n, 2n, 2n ** 53n))).toBe(0)
    const product = system(4, { outputs: 0, inputs: 0, privateInputs: 0 }, [
      [{ 1: 1n }, { 2: 1n }, { 3: 1n }],
    ])
    const [x, y] = [2n ** 27n + 1n, 2n ** 27n - 1n]
    expect(Check.firstUnsatisfied(product, witnessOf(x, y, x * y))).toBeUndefined()
    expect(Check.firstUnsatisfied(product, witnessOf(x, y, x * y + 1n))).toBe(0)
  })

  test('equality is modulo P, also for numbers that only look different', () => {
    const wrap = system(3, { outputs: 0, inputs: 0, privateInputs: 0 }, [[{ 1: 2n }, { 0: 1n }, { 2: 1n }]])
    expect(Check.firstUnsatisfied(wrap, witnessOf((P + 1n) / 2n, 1n))).toBeUndefined()
  })

  test('a large system with dense rows is checked whole, and one flipped bit is found', () => {
    const { r1cs, witness } = syntheticSystem(20_000)
    expect(Check.firstUnsatisfied(r1cs, witness)).toBeUndefined()
    const values = witness.values.slice()
    // the wire of constraint 15,000 is a bit, which becomes 2 and breaks its own row first
    values[32 * 15_002] = 2
    expect(Check.firstUnsatisfied(r1cs, { wires: witness.wires, values })).toBe(15_000)
  })

  test('a witness of another length is refused', () => {
    expect(() => Check.firstUnsatisfied(examples[0]!.r1cs, witnessOf(1n))).toThrow(Check.WitnessLengthError)
  })
})

describe('describe', () => {
  test('says number, equation, sides and values', () => {
    const { r1cs } = examples[0]!
    const text = Check.describe(
      r1cs,
      2,
      witnessOf(33n, 3n, 9n, 27n),
      (wire) => ['one', 'out', 'x', 'x2', 'x3'][wire]!,
    )
    expect(text).toBe('constraint 2: (5 + x3) * (1) = out\n  gives (32) * (1) = 33\n  with x3 = 27, out = 33')
  })
})
