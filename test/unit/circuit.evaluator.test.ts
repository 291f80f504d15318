/** The evaluator: exact where numbers turn to bigints and back, and the builder's wires in the builder's order. */
import { expect, test } from 'vitest'
import { fromBytesLE, mod, P } from '../../src/base/field.js'
import type { Layout, Rows } from '../../src/circuit/cs/api.js'
import { Evaluator } from '../../src/circuit/cs/evaluator.js'
import type { Felt } from '../../src/circuit/cs/felt.js'
import { honestBits } from '../../src/circuit/cs/hints.js'
import { WireValues } from '../../src/circuit/cs/wires.js'
import { Random } from '../helpers/random.js'

const LAYOUT: Layout = { publicOutputs: [], publicInputs: [], privateInputs: [{ name: 'x', size: 2 }] }
const MAX = Number.MAX_SAFE_INTEGER

test('sums and products stay numbers up to the last exact integer, and are exact beyond', () => {
  const cs = evaluator()
  expect(cs.combine([MAX - 1, 1], [1, 1])).toBe(MAX)
  expect(cs.combine([MAX, 1], [1, 1])).toBe(2n ** 53n)
  expect(cs.combine([-MAX, -1], [1, 1])).toBe(P - 2n ** 53n)
  expect(cs.product(2 ** 27, 2 ** 27)).toBe(2n ** 54n)
  expect(cs.multiplyAdd(2 ** 30, -(2 ** 30), 1)).toBe(P - 2n ** 60n + 1n)
  expect(cs.combine([P - 1n], [1], 1)).toBe(0n)
})

test('a row that leaves the exact integers on its way is computed in the field', () => {
  const rows: Rows = {
    rowStart: Int32Array.of(0, 3),
    column: Int32Array.of(0, 1, 0),
    weight: Int32Array.of(0, 1, 2),
    weights: Float64Array.of(3, 1, -3),
    bias: Float64Array.of(5),
  }
  expect(evaluator().row(rows, 0, [10, 7])).toBe(12)
  // in float64, 3 * MAX rounds, and the 7 is lost
  expect(mod(BigInt(evaluator().row(rows, 0, [MAX, 7])))).toBe(12n)
  expect(mod(BigInt(evaluator().row(rows, 0, [P - 2n, 7])))).toBe(12n)
})

test('numbers and bigints of the same values give the same sums, products and limbs', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = new Random(seed)
    const scale = random.pick([1, 2 ** 20, 2 ** 45])
    const values = Array.from({ length: 4 }, () => random.int(-200, 200) * scale)
    const weights = values.map(() => random.int(-200, 200))
    const run = (as: (value: number) => Felt) => {
      const cs = evaluator()
      const sum = cs.combine(values.map(as), weights, scale)
      const product = cs.product(sum, as(values[0]!))
      const bits = cs.bits(cs.combine([product], [1], 2n ** 130n), 140, 'range')
      return [sum, product, cs.limb(bits, 0, 50), cs.limb(bits, 10, 140)].map((felt) => mod(BigInt(felt)))
    }
    expect(run(BigInt), `seed ${seed}`).toEqual(run((value) => value))
  }
})

test('honest bits are those of the canonical representative, from either kind of value', () => {
  for (const value of [0, 1, 5, 2 ** 31, 2 ** 32 + 1, 2 ** 52 + 3, MAX]) {
    expect(weigh(honestBits(value, 53, 'range', 0))).toBe(BigInt(value))
    expect(weigh(honestBits(BigInt(value), 53, 'range', 0))).toBe(BigInt(value))
    expect(weigh(honestBits(value, 100, 'range', 0))).toBe(BigInt(value))
  }
  expect(weigh(honestBits(-1, 10, 'range', 0))).toBe((P - 1n) % 2n ** 10n)
  expect(weigh(honestBits(13, 3, 'range', 0))).toBe(5n)
})

test('wires are canonical bytes, whatever they were set from', () => {
  const wires = new WireValues()
  const values: Felt[] = [0, -0, 1, -1, 2 ** 32, -(2 ** 40), MAX, -MAX, P - 1n, P, -1n, 2n ** 200n]
  for (const value of values) wires.push(value)
  const bytes = wires.toBytes()
  expect(values.map((_, wire) => fromBytesLE(bytes, 32 * wire))).toEqual(
    values.map((value) => mod(BigInt(value))),
  )
})

test('a wire that was large can be set to a small value, and grown storage keeps what it held', () => {
  const wires = new WireValues()
  for (let i = 0; i < 10_000; i++) wires.push(i % 2 === 0 ? i : BigInt(i) << 100n)
  wires.set(1, 7)
  wires.set(2, 1n << 99n)
  expect([wires.get(0), wires.get(1), wires.get(2), wires.get(9_999)]).toEqual([
    0,
    7,
    1n << 99n,
    9_999n << 100n,
  ])
  expect(wires.length).toBe(10_000)
})

function evaluator(): Evaluator {
  return new Evaluator(LAYOUT, { publicInputs: [], privateInputs: [3, 4] })
}

function weigh(bits: ArrayLike<Felt>): bigint {
  return Array.from(bits).reduce<bigint>((sum, bit, i) => sum + (BigInt(bit) << BigInt(i)), 0n)
}
