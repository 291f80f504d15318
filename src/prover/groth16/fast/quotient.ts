/**
 * The quotient's scalars: A w, B w and their product at the domain's points, carried over to the odd points of the domain
 * of twice the size. Down to bit-reversed coefficients, each times its power of the shift, and up again.
 */
import { BYTES, inverse, mod, power } from '../../../base/field.js'
import { COEFFICIENT_BYTES } from '../../zkey.js'
import type { QuotientParts, Rows, Values, Which } from '../machine.js'
import { reference, rootOfUnity } from '../reference.js'
import type { Memory } from './memory.js'
import { pairBytes } from './module.js'
import type { Bench } from './multiply.js'
import { ENTRY_BYTES } from './offsets.js'

/** Tables for one size of domain, at addresses. */
export type Transforms = { readonly size: number; readonly down: number; readonly up: number }

export type Tools = Pick<Bench, 'kernels' | 'memory' | 'layout'>

export function buildTransforms(tools: Tools, size: number): Transforms {
  const inverseRoot = (order: number) => inverse(rootOfUnity(order))
  const twiddles = (root: (order: number) => bigint) =>
    buildTable(tools, Math.max(2, size / 2), 1n, (stage) => root(2 ** (stage + 2)))
  return { size, down: twiddles(inverseRoot), up: twiddles(rootOfUnity) }
}

/** Powers of the shift to the odd points over the size, in bit-reversed order. */
function buildShifts(tools: Tools, size: number): number {
  const bits = Math.log2(size)
  const shift = rootOfUnity(2 * size)
  return buildTable(tools, size, inverse(BigInt(size)), (stage) =>
    power(shift, BigInt(2 ** (bits - stage - 1))),
  )
}

/** table[0] = first, table[2^stage + i] = table[i] * factor(stage) for i < 2^stage. */
function buildTable(
  { kernels, memory, layout }: Tools,
  size: number,
  first: bigint,
  factor: (stage: number) => bigint,
): number {
  const pair = pairBytes(layout)
  const table = memory.take((pair * size) / 2)
  const [plain, factors] = [memory.take(64), memory.take(pair)]
  writePair(memory, plain, [first, mod(first * factor(0))])
  kernels.importElements(plain, table, 1)
  for (let stage = 1; 2 ** stage < size; stage++) {
    const own = factor(stage)
    writePair(memory, plain, [own, own])
    kernels.importElements(plain, factors, 1)
    const pairs = 2 ** (stage - 1)
    kernels.scale(table, factors, table + pair * pairs, pairs)
  }
  return table
}

export function writePair(memory: Memory, address: number, values: readonly [bigint, bigint]): void {
  const { longs } = memory.views()
  values.forEach((value, i) => {
    for (let word = 0; word < 4; word++)
      longs[address / 8 + 4 * i + word] = BigInt.asIntN(64, value >> BigInt(64 * word))
  })
}

/** Values at the domain's points to coefficients, times the size; each times its factor; and up again, in place. */
export function through(
  { kernels, layout }: Tools,
  domain: Transforms,
  values: number,
  factors: number,
): void {
  const pair = pairBytes(layout)
  const pairs = domain.size / 2
  const isOdd = Math.log2(domain.size) % 2 === 1
  const half = () => kernels.halve(values, values + (pair * pairs) / 2, pairs / 2)
  let blocks = 1
  if (isOdd) {
    half()
    blocks = 2
  }
  for (; pairs / blocks >= 8; blocks *= 4) kernels.down(values, pairs / blocks / 4, blocks, 0, domain.down)
  kernels.downLast(values, blocks, 0, domain.down)
  kernels.multiply(values, factors, values, pairs)
  kernels.upFirst(values, pairs / 2, 0, domain.up)
  for (let size = 8; size <= (isOdd ? pairs / 2 : pairs); size *= 4)
    kernels.up(values, size / 4, pairs / size, 0, domain.up)
  if (isOdd) half()
}

/** Two matrices' entries where kernels find them: places of sums and of wires, and the coefficients two by two. */
type Place = {
  readonly domain: Transforms
  readonly shifts: number
  readonly entries: number
  readonly coefficients: number
  readonly pairs: number
}

/** The kernels' last stages take groups of four. */
export const FEWEST = 4

/** `coefficients` as a key has them. */
export function loadRows(bench: Bench, coefficients: Uint8Array, rows: number): Rows {
  if (rows < FEWEST) return reference.loadRows(coefficients, rows)
  const { kernels, memory, layout } = bench
  const count = coefficients.length / COEFFICIENT_BYTES
  const pairs = Math.ceil(count / 2)
  const pair = pairBytes(layout)
  const entries = memory.take(2 * ENTRY_BYTES * pairs)
  const source = memory.take(COEFFICIENT_BYTES * 2 * pairs)
  const values = memory.take(pair * pairs)
  const { bytes, words } = memory.views()
  bytes.set(coefficients, source)
  const side = (pair * rows) / 2
  for (let i = 0; i < count; i++) {
    const at = (source + COEFFICIENT_BYTES * i) / 4
    const [matrix, row, wire] = [words[at]!, words[at + 1]!, words[at + 2]!]
    words[entries / 4 + 2 * i] = matrix * side + pair * (row >> 1) + layout.limbBytes * (row & 1)
    words[entries / 4 + 2 * i + 1] = BYTES * wire
  }
  if (count % 2 === 1) {
    // nothing, added to the first sum
    bytes.fill(0, source + COEFFICIENT_BYTES * count, source + COEFFICIENT_BYTES * (count + 1))
    words.fill(0, entries / 4 + 2 * count, entries / 4 + 2 * count + 2)
  }
  kernels.importCoefficients(source + 12, COEFFICIENT_BYTES, values, pairs)
  return {
    rows,
    place: {
      domain: buildTransforms(bench, rows),
      shifts: buildShifts(bench, rows),
      ...{ entries, coefficients: values, pairs },
    } satisfies Place,
  }
}

/** Plain values of A B - C at the odd points, in 32 bytes each. */
export function quotientOf(bench: Bench, rows: Rows, witness: Uint8Array): Uint8Array {
  if (rows.rows < FEWEST) return reference.quotientOf(rows, witness)
  const { take, evaluate, carry, join } = partsOf({ ...bench, take: bench.room })
  const values = take(rows, witness.length)!
  evaluate(rows, values, witness)
  for (const which of [0, 1, 2] as const) carry(rows, values, which)
  return join(rows, values)
}

/** Addresses: of A w, with B w and C w behind it, and of the witness, over which the result is written. */
type ValuesPlace = { readonly sums: number; readonly wires: number }

/** `take` gives room. */
export function partsOf(bench: Tools & { readonly take: (bytes: number) => number }) {
  const { kernels, memory, layout } = bench
  const sideOf = ({ rows }: Rows) => (pairBytes(layout) * rows) / 2
  const placeOf = ({ place }: Values) => place as ValuesPlace
  return {
    take(rows, wireBytes) {
      if (rows.rows < FEWEST) return undefined
      const sums = bench.take(3 * sideOf(rows) + Math.max(wireBytes, BYTES * rows.rows))
      return { place: { sums, wires: sums + 3 * sideOf(rows) } satisfies ValuesPlace }
    },
    evaluate(rows, values, witness) {
      const { entries, coefficients, pairs } = rows.place as Place
      const { sums, wires } = placeOf(values)
      const side = sideOf(rows)
      const { bytes } = memory.views()
      bytes.fill(0, sums, sums + 2 * side)
      bytes.set(witness, wires)
      kernels.evaluate(entries, coefficients, sums, wires, pairs)
      kernels.multiply(sums, sums + side, sums + 2 * side, rows.rows / 2)
    },
    carry(rows: Rows, values: Values, which: Which) {
      const { domain, shifts } = rows.place as Place
      through(bench, domain, placeOf(values).sums + which * sideOf(rows), shifts)
    },
    join(rows, values) {
      const { sums, wires } = placeOf(values)
      const side = sideOf(rows)
      kernels.join(sums, sums + side, sums + 2 * side, wires, rows.rows / 2)
      return memory.views().bytes.slice(wires, wires + BYTES * rows.rows)
    },
  } satisfies QuotientParts
}
