/**
 * The kernels of every tier against plain arithmetic. Points are multiples of a generator that the test knows, so that a
 * sum of products is one multiple again, whatever its size. ZKONNX_DEEP runs more than 100,000 cases a tier.
 */
import { describe, expect, test } from 'vitest'
import { mod, P } from '../../src/base/field.js'
import { Random } from '../../src/base/random.js'
import { withoutThreads } from '../../src/prover/curve.js'
import { pack } from '../../src/prover/elements.js'
import { multiplyGenerator } from '../../src/prover/fixed-base.js'
import { G1, G2 } from '../../src/prover/groth16/group.js'
import type { GroupName, Machine } from '../../src/prover/groth16/machine.js'
import { evaluate, reference, toOdd } from '../../src/prover/groth16/reference.js'
import { selfTest, selfTestButterflies } from '../../src/prover/groth16/self-test.js'
import { TIERS } from '../../src/prover/groth16/tiers.js'
import { COEFFICIENT_BYTES } from '../../src/prover/zkey.js'

const deep = process.env.ZKONNX_DEEP !== undefined
const machines = await Promise.all(
  TIERS.map(async (tier) => ({ tier: tier.name, machine: await tier.open() })),
)

/** A root of x^2 + x + 1 modulo P: what endomorphisms multiply with. */
const LAMBDA = 4407920970296243842393367215006156084916469457145843978461n

/** Where digits, windows, halves and words begin and end. */
const CORNERS = [
  0n,
  1n,
  2n,
  3n,
  P - 1n,
  P - 2n,
  (P - 1n) / 2n,
  (P + 1n) / 2n,
  LAMBDA,
  LAMBDA + 1n,
  P - LAMBDA,
  P - LAMBDA - 1n,
  ...[8, 12, 13, 16, 32, 51, 63, 64, 96, 126, 127, 128, 191, 192, 252, 253].flatMap((bit) => [
    2n ** BigInt(bit) - 1n,
    2n ** BigInt(bit),
    2n ** BigInt(bit) + 1n,
  ]),
  ...['80', '7f', 'ff', '55', 'aa', '08', '0001', '8000', '7fff'].map((digits) =>
    mod(BigInt(`0x${digits.repeat(32 / (digits.length / 2))}`)),
  ),
]

/** Corners, small and full scalars, in a random mixture. */
function drawScalar(random: Random): bigint {
  const kind = random.int(0, 5)
  if (kind === 0) return random.pick(CORNERS)
  if (kind === 1) return BigInt(random.int(0, 1))
  if (kind === 2) return random.element() >> BigInt(random.int(1, 253))
  return random.element()
}

/** The points of these multiples of the generator, as a key has them; 0 is infinity. */
function pointsOf(group: GroupName, multiples: readonly bigint[]): Promise<Uint8Array> {
  const name = group === 'g1' ? 'G1' : 'G2'
  return withoutThreads((curve) => multiplyGenerator(curve, name, pack(multiples, 'plain')))
}

async function expectSum(
  machine: Machine,
  group: GroupName,
  multiples: readonly bigint[],
  scalars: readonly bigint[],
): Promise<void> {
  const points = machine.loadPoints(group, await pointsOf(group, multiples), multiples.length)
  const sum = machine.multiply(points, pack(scalars, 'plain'))
  const total = scalars.reduce((before, scalar, i) => mod(before + scalar * multiples[i]!), 0n)
  const bytes = await pointsOf(group, [total])
  expect(sum).toEqual(group === 'g1' ? G1.read(bytes, 0) : G2.read(bytes, 0))
}

const groups = ['g1', 'g2'] as const
const fill = <T>(count: number, value: (i: number) => T) => Array.from({ length: count }, (_, i) => value(i))

describe.each(machines)('$tier', ({ machine }) => {
  test('passes its self-test', () => {
    expect(selfTest(machine)).toBe(undefined)
  })

  describe.each(groups)('sums in %s', (group) => {
    const check = (multiples: readonly bigint[], scalars: readonly bigint[]) =>
      expectSum(machine, group, multiples, scalars)

    test('of no points is infinity', () => check([], []))
    test.each(CORNERS.filter((_, i) => deep || i % 8 === 0))('one point times %i', (scalar) =>
      check([7n], [scalar]),
    )
    test('every corner at once', () =>
      check(
        fill(CORNERS.length, (i) => BigInt(3 + i * i)),
        CORNERS,
      ))
    test('one point many times', () => {
      const random = new Random(2)
      return check(
        fill(300, () => 5n),
        fill(300, () => drawScalar(random)),
      )
    })
    test('one point many times with one scalar', () =>
      check(
        fill(257, () => 5n),
        fill(257, () => P - 3n),
      ))
    test('a point and its opposite with the same scalar cancel', () =>
      check(
        fill(100, (i) => (i % 2 === 0 ? 9n : P - 9n)),
        fill(100, (i) => BigInt(1000 + (i >> 1))),
      ))
    test('points all at infinity', () =>
      check(
        fill(50, () => 0n),
        fill(50, (i) => BigInt(i)),
      ))
    test('scalars all zero', () =>
      check(
        fill(50, (i) => BigInt(i)),
        fill(50, () => 0n),
      ))
    test('scalars all one', () =>
      check(
        fill(70, (i) => BigInt(i * i)),
        fill(70, () => 1n),
      ))
    test('scalars all of the largest', () =>
      check(
        fill(70, (i) => BigInt(i)),
        fill(70, () => P - 1n),
      ))
    test('sums of neighbours that meet their own opposites', () =>
      // in pairs: 1 + 2 = 3, 3 - 6 = -3, ...: equal and opposite points come up among sums
      check(
        [1n, 2n, 3n, P - 6n, P - 3n, 3n, 6n, P - 3n],
        fill(8, () => 0x1234567n),
      ))

    test.each(fill(deep ? 400 : 6, (seed) => seed))('random mixtures, seed %i', async (seed) => {
      const random = new Random(100 + seed)
      const count = random.int(1, deep ? 400 : 150)
      const few = fill(6, () => random.element())
      const multiples = fill(count, () =>
        random.pick([random.element(), random.pick(few), mod(-random.pick(few)), 0n]),
      )
      await check(
        multiples,
        fill(count, () => drawScalar(random)),
      )
    })

    test.each(deep ? [2 ** 13, 2 ** 15 + 1, 2 ** 16] : [3000])('%i points', async (count) => {
      const random = new Random(count)
      const multiples = fill(count, () => random.element())
      await check(
        multiples,
        fill(count, () => random.element()),
      )
      await check(
        multiples,
        fill(count, () => BigInt(random.int(0, 1))),
      )
    })
  })

  test('a machine keeps several sets of points, and multiplies them in any order', async () => {
    const random = new Random(3)
    const sets = await Promise.all(
      groups.flatMap((group) =>
        [1, 40, 0, 200].map(async (count) => {
          const multiples = fill(count, () => random.element())
          const points = machine.loadPoints(group, await pointsOf(group, multiples), count)
          return { group, multiples, points }
        }),
      ),
    )
    for (const { group, multiples, points } of [...sets, ...sets.reverse()]) {
      const scalars = multiples.map(() => drawScalar(random))
      const total = scalars.reduce((sum, scalar, i) => mod(sum + scalar * multiples[i]!), 0n)
      const bytes = await pointsOf(group, [total])
      const expected = group === 'g1' ? G1.read(bytes, 0) : G2.read(bytes, 0)
      expect(machine.multiply(points, pack(scalars, 'plain'))).toEqual(expected)
    }
  })

  test.each(fill(deep ? 15 : 11, (bits) => 2 ** (bits + 1)))('the quotient on %i rows', (rows) => {
    const random = new Random(rows)
    const values: Readonly<Record<string, () => bigint>> = {
      random: () => random.element(),
      largest: () => P - 1n,
      corners: () => random.pick(CORNERS),
      // in one place
      sparse: () => (random.int(0, rows) === 0 ? random.element() : 0n),
    }
    for (const [kind, draw] of Object.entries(values)) {
      // the reference takes seconds where rows are many
      if (rows > 2 ** 9 && kind !== 'random' && !deep) continue
      const [a, b] = [fill(rows, draw), fill(rows, draw)]
      const entries = [a, b].flatMap((side, i) => side.map((_, row) => [i, row, rows * i + row, 1n] as const))
      const got = machine.quotientOf(machine.loadRows(encode(entries), rows), pack([...a, ...b], 'plain'))
      expect(got).toEqual(pack(quotient(a, b), 'plain'))
    }
  })

  test('sums and differences with multiples of points, alike and at infinity among them', () => {
    expect(selfTestButterflies(machine)).toBeUndefined()
  })

  // over more than go side by side
  test.each(deep ? [1, 2, 1025] : [])('%i sums and differences', async (count) => {
    const random = new Random(count)
    const multiples = fill(2 * count, () => random.pick([random.element(), 1n, 0n, P - 1n]))
    const points = await pointsOf('g1', multiples)
    const [a, b] = [points.subarray(0, 64 * count), points.subarray(64 * count)]
    const scalars = pack(
      fill(count, () => drawScalar(random)),
      'plain',
    )
    expect(machine.butterflies(a, b, scalars)).toEqual(reference.butterflies(a, b, scalars))
  })

  test.each(fill(deep ? 14 : 8, (bits) => 2 ** (bits + 1)))('slopes on domains of %i points', (points) => {
    const random = new Random(points)
    const domain = machine.loadDomain(points)
    // fewer rows after more: nothing is left of them
    for (const rows of [points, points - 1, points / 2]) {
      const [a, b] = fill(2, () =>
        pack(
          fill(rows, () => random.pick([random.element(), random.pick(CORNERS)])),
          'plain',
        ),
      )
      expect(machine.slopesOf(domain, a!, b!)).toEqual(
        reference.slopesOf(reference.loadDomain(points), a!, b!),
      )
    }
  })

  test.each(fill(deep ? 200 : 10, (seed) => seed))('rows of any entries, seed %i', (seed) => {
    const random = new Random(500 + seed)
    const rows = 2 ** random.int(1, 6)
    const witness = [1n, ...fill(random.int(1, 40), () => drawScalar(random))]
    // none, some, or many a row; also the same place twice, and coefficients that are zero
    const entries = fill(random.int(0, 6 * rows), () => {
      const [side, row, wire] = [random.int(0, 1), random.int(0, rows - 1), random.int(0, witness.length - 1)]
      return [side, row, wire, random.pick([0n, 1n, P - 1n, drawScalar(random), 2n])] as const
    })
    const coefficients = encode(entries)
    const [a, b] = evaluate(coefficients, rows, pack(witness, 'plain'))
    expect(a).toEqual(rowsOf(entries, 0, rows, witness))
    expect(b).toEqual(rowsOf(entries, 1, rows, witness))
    const got = machine.quotientOf(machine.loadRows(coefficients, rows), pack(witness, 'plain'))
    expect(got).toEqual(pack(quotient(a!, b!), 'plain'))
  })

  test.runIf(deep)('100,000 scalars and points, one by one', async () => {
    const random = new Random(100_000)
    const multiples = fill(1000, () => random.element())
    const one = machine.loadPoints('g1', await pointsOf('g1', multiples.slice(0, 1)), 1)
    for (let round = 0; round < 100; round++) {
      const scalars = fill(1000, () => drawScalar(random))
      const expected = await pointsOf(
        'g1',
        scalars.map((scalar) => mod(scalar * multiples[0]!)),
      )
      scalars.forEach((scalar, i) => {
        expect(machine.multiply(one, pack([scalar], 'plain'))).toEqual(G1.read(expected, i))
      })
    }
  })
})

test('a tier that is wrong in one way is found by the self-test', () => {
  const wrong: readonly Partial<Machine>[] = [
    { multiply: () => undefined },
    {
      multiply: (points, scalars) =>
        points.group === 'g2' ? undefined : reference.multiply(points, scalars),
    },
    { quotientOf: (rows, witness) => reference.quotientOf(rows, witness).fill(0, 0, 1) },
  ]
  for (const change of wrong) expect(selfTest({ ...reference, ...change })).toMatch(/wrong$/)
  expect(selfTest(reference)).toBe(undefined)
})

type Entry = readonly [side: number, row: number, wire: number, value: bigint]

function encode(entries: readonly Entry[]): Uint8Array {
  const bytes = new Uint8Array(COEFFICIENT_BYTES * entries.length)
  const words = new DataView(bytes.buffer)
  entries.forEach(([side, row, wire, value], i) => {
    for (const [at, word] of [side, row, wire].entries())
      words.setUint32(COEFFICIENT_BYTES * i + 4 * at, word, true)
    bytes.set(pack([value], 'coefficient'), COEFFICIENT_BYTES * i + 12)
  })
  return bytes
}

function rowsOf(entries: readonly Entry[], of: number, rows: number, witness: readonly bigint[]): bigint[] {
  const sums = fill(rows, () => 0n)
  for (const [side, row, wire, value] of entries)
    if (side === of) sums[row] = mod(sums[row]! + value * witness[wire]!)
  return sums
}

function quotient(a: readonly bigint[], b: readonly bigint[]): bigint[] {
  const [aOdd, bOdd, cOdd] = [a, b, a.map((value, i) => mod(value * b[i]!))].map(toOdd)
  return aOdd!.map((value, i) => mod(value * bOdd![i]! - cOdd![i]!))
}

test.each(machines)(
  "$tier: multiples of the groups' generators, by narrow tables and by wide ones",
  ({ machine, tier }) => {
    const random = new Random(17)
    for (const [group, { bytes: size }] of [
      ['g1', G1],
      ['g2', G2],
    ] as const)
      for (const count of tier === 'plain' ? [4] : [4, deep ? 6000 : 700]) {
        const drawn = Array.from({ length: count }, () => drawScalar(random))
        const scalars = count > 4 ? drawn : [...CORNERS, ...drawn]
        const points = machine.multiplesOf(group, pack(scalars, 'plain'))
        const checked = Array.from({ length: 40 }, (_, k) => Math.floor((k * scalars.length) / 40))
        const some = Uint8Array.from(checked.flatMap((i) => [...points.subarray(size * i, size * (i + 1))]))
        const expected = reference.multiplesOf(
          group,
          pack(
            checked.map((i) => scalars[i]!),
            'plain',
          ),
        )
        expect(Buffer.compare(some, expected), `${group}, ${count} scalars`).toBe(0)
      }
  },
)
