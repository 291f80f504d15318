/** Linear combinations: exact in float64 while they can be, in the field where not, always in normal form. */
import { describe, expect, test } from 'vitest'
import { mod, P } from '../../src/base/field.js'
import type { Rows } from '../../src/circuit/cs/api.js'
import { type Lc, ofBits, ofConstant, ofWire, Summer, ZERO } from '../../src/circuit/cs/lc.js'
import { Random } from '../helpers/random.js'

const WIRES = 3000
const MAX = Number.MAX_SAFE_INTEGER

describe('Summer.combine', () => {
  test('orders terms by wire and adds up those that meet', () => {
    const sum = combine([ofWire(9), ofWire(2), ofWire(9), ofWire(5)], [4, 3, -1, 7], 11)
    expect(sum).toEqual(lc([0, 11], [2, 3], [5, 7], [9, 3]))
  })

  test('leaves out terms that cancel, down to nothing', () => {
    expect(combine([ofWire(3), ofWire(4), ofWire(3)], [5, 1, -5], 0)).toEqual(lc([4, 1]))
    expect(combine([ofWire(3), ofConstant(8), ofWire(3)], [1, 1, -1], -8)).toEqual(ZERO)
    expect(combine([ofWire(3)], [0], 0)).toEqual(ZERO)
  })

  test('leaves no trace of one sum in the next', () => {
    const summer = new Summer()
    summer.combine([ofWire(7), ofWire(8)], [MAX, 2 ** 60], 3, WIRES)
    expect(summer.combine([ofWire(8)], [1], 0, WIRES)).toEqual(lc([8, 1]))
    expect(summer.combine([ofWire(WIRES - 1)], [2], 0, WIRES)).toEqual(lc([WIRES - 1, 2]))
  })

  test('stays in float64 up to the last exact integer, and goes to the field one further', () => {
    expect(combine([ofWire(1), ofWire(1)], [MAX - 1, 1], 0)).toEqual(lc([1, MAX]))
    expect(combine([ofWire(1), ofWire(1)], [MAX, 1], 0)).toEqual(large([1, 2n ** 53n]))
    expect(combine([ofWire(1), ofWire(1)], [-MAX, -1], 0)).toEqual(large([1, P - 2n ** 53n]))
  })

  test('falls back for products, constants and weights that float64 does not hold', () => {
    const wide = combine([ofWire(1)], [2 ** 40], 0)
    expect(combine([wide], [2 ** 40 + 1], 0)).toEqual(large([1, 2n ** 80n + 2n ** 40n]))
    expect(combine([ofWire(1)], [1n], 0)).toEqual(large([1, 1n]))
    expect(combine([ofWire(1)], [1], 2n ** 100n)).toEqual(large([0, 2n ** 100n], [1, 1n]))
    expect(combine([ofWire(1)], [1], -(2 ** 60))).toEqual(large([0, P - 2n ** 60n], [1, 1n]))
    expect(combine([ofConstant(P + 5n), ofWire(1)], [1, -1], 0)).toEqual(large([0, 5n], [1, P - 1n]))
  })

  test('cancels in the field too, also what is a multiple of its order', () => {
    const one = combine([ofWire(6)], [P - 1n], 0)
    expect(combine([one, ofWire(6)], [1, 1], 0)).toEqual({ wires: new Int32Array(0), coefficients: [] })
  })
})

describe('Summer.row', () => {
  const rows: Rows = {
    rowStart: Int32Array.of(0, 2, 2, 4),
    column: Int32Array.of(0, 1, 1, 2),
    weight: Int32Array.of(1, 0, 1, 1),
    weights: Float64Array.of(-3, 2),
    bias: Float64Array.of(7, 0, -1),
  }

  test('weighs shared weights over combinations, and adds the bias', () => {
    const values = [ofWire(4), lc([0, 1], [4, 1]), ofWire(2)]
    expect(row(rows, 0, values)).toEqual(lc([0, 4], [4, -1]))
    expect(row(rows, 1, values)).toEqual(ZERO)
    expect(row(rows, 2, values)).toEqual(lc([0, 1], [2, 2], [4, 2]))
  })

  test('falls back to the field for one large term, and then says the same', () => {
    const values = [large([4, 1n]), lc([0, 1], [4, 1]), ofWire(2)]
    expect(row(rows, 0, values)).toEqual(large([0, 4n], [4, P - 1n]))
  })
})

test('both ways agree on random sums of small, large and cancelling terms', () => {
  for (let seed = 1; seed <= 500; seed++) {
    const random = new Random(seed)
    const scale = random.pick([1, 1, 2 ** 24, 2 ** 48])
    const terms = Array.from({ length: random.int(0, 8) }, () =>
      random.pick([
        ofWire(random.int(1, 6)),
        ofBits(random.int(1, 4), random.int(0, 60)),
        ofConstant(random.int(-9, 9)),
      ]),
    )
    const weights = terms.map(() => random.int(-3, 3) * scale)
    const constant = random.int(-9, 9) * scale
    const sum = combine(terms, weights, constant)
    expect(canonical(sum), `seed ${seed}`).toEqual(
      canonical(combine(terms, weights.map(BigInt), BigInt(constant))),
    )
    expect(canonical(sum), `seed ${seed}`).toEqual(reference(terms, weights, constant))
    expect([...sum.wires], `seed ${seed}`).toEqual([...new Set(sum.wires)].sort((a, b) => a - b))
  }
})

test('bits weigh powers of two, exact on both sides of float64', () => {
  expect(ofBits(3, 3)).toEqual(lc([3, 1], [4, 2], [5, 4]))
  expect(ofBits(1, 53).coefficients).toBeInstanceOf(Float64Array)
  expect(ofBits(1, 200).coefficients[199]).toBe(2n ** 199n)
  expect(ofBits(1, 0).wires).toHaveLength(0)
})

test('a constant is one term, none where zero, and canonical where large', () => {
  expect(ofConstant(0)).toBe(ZERO)
  expect(ofConstant(0n)).toBe(ZERO)
  expect(ofConstant(-4)).toEqual(lc([0, -4]))
  expect(ofConstant(-4n)).toEqual(lc([0, -4]))
  expect(ofConstant(-(2n ** 70n))).toEqual(large([0, P - 2n ** 70n]))
})

function combine(terms: readonly Lc[], weights: readonly (number | bigint)[], constant: number | bigint): Lc {
  return new Summer().combine(terms, weights, constant, WIRES)
}

function row(rows: Rows, index: number, values: readonly Lc[]): Lc {
  return new Summer().row(rows, index, values, WIRES)
}

function lc(...terms: readonly (readonly [wire: number, coefficient: number])[]): Lc {
  return {
    wires: Int32Array.from(terms, ([wire]) => wire),
    coefficients: Float64Array.from(terms, ([, coefficient]) => coefficient),
  }
}

function large(...terms: readonly (readonly [wire: number, coefficient: bigint])[]): Lc {
  return {
    wires: Int32Array.from(terms, ([wire]) => wire),
    coefficients: terms.map(([, coefficient]) => coefficient),
  }
}

function canonical({ wires, coefficients }: Lc): Map<number, bigint> {
  return new Map(Array.from(wires, (wire, i) => [wire, mod(BigInt(coefficients[i]!))]))
}

function reference(terms: readonly Lc[], weights: readonly number[], constant: number): Map<number, bigint> {
  const sums = new Map([[0, mod(BigInt(constant))]])
  terms.forEach((term, i) => {
    for (const [wire, coefficient] of canonical(term)) {
      sums.set(wire, mod((sums.get(wire) ?? 0n) + BigInt(weights[i]!) * coefficient))
    }
  })
  return new Map([...sums].filter(([, sum]) => sum !== 0n).sort(([a], [b]) => a - b))
}
