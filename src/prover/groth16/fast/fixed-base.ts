/**
 * Many multiples of a group's generator G: for each window of the scalars' bits a table of d 2^(width * window) G, and of
 * each scalar a list of one entry a window. Tables are lists too, of powers 2^k G.
 */
import { BYTES } from '../../../base/field.js'
import { G1, G2, GENERATOR_1, GENERATOR_2 } from '../group.js'
import type { GroupName } from '../machine.js'
import { type Bench, begin, bytesOfPoint, layOut, type Plan, sumLists } from './multiply.js'

/** A group's tables, as long as its machine is there: the larger one takes the place of the smaller. */
export type FixedBases = { g1?: FixedBase; g2?: FixedBase }

type FixedBase = {
  /** Bits of a window. */
  readonly width: number
  readonly windows: number
  /** The entry of d in a window. */
  entry(window: number, digit: number): number
}

const SCALAR_BITS = 254
const WIDTHS = [4, 8, 12]
/** Entries that are added up in one go. */
const AT_ONCE = 88_000

/** `scalar * G` for each plain scalar, as keys have points. */
export function multiplesOf(
  bench: Bench,
  bases: FixedBases,
  group: GroupName,
  scalars: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const count = scalars.length / BYTES
  const width = widthFor(count)
  const known = bases[group]
  const base = known !== undefined && known.width >= width ? known : tablesOf(bench, group, width)
  bases[group] = base
  const size = (group === 'g1' ? G1 : G2).bytes
  const points = new Uint8Array(size * count)
  const plan = planOf(bench, group)
  const together = Math.floor(AT_ONCE / base.windows)
  for (let from = 0; from < count; from += together) {
    const part = scalars.subarray(BYTES * from, BYTES * Math.min(count, from + together))
    const lists = Array.from({ length: part.length / BYTES }, (_, i) => entriesOf(base, part, i))
    begin(bench.memory, plan)
    points.set(exported(bench, group, sumLists(bench, plan, lists)), size * from)
  }
  return points
}

/** The width of windows that costs the fewest additions. */
function widthFor(count: number): number {
  const cost = (width: number) => Math.ceil(SCALAR_BITS / width) * (count + (2 ** width * width) / 2)
  return WIDTHS.reduce((best, width) => (cost(width) < cost(best) ? width : best))
}

function planOf(bench: Bench, group: GroupName): Plan {
  // its lists are 2^12, and its entries four times this
  return layOut(bench, group, Math.ceil(AT_ONCE / 4) + 1, 0, 12, 1)
}

function entriesOf({ width, windows, entry }: FixedBase, scalars: Uint8Array, index: number): number[] {
  const entries: number[] = []
  for (let window = 0; window < windows; window++) {
    const digit = bitsAt(scalars, BYTES * index, width * window, width)
    if (digit !== 0) entries.push(entry(window, digit))
  }
  return entries
}

/** At most 12 bits. */
function bitsAt(bytes: Uint8Array, offset: number, bit: number, width: number): number {
  const at = bit >> 3
  const byte = (k: number) => (at + k < BYTES ? bytes[offset + at + k]! : 0)
  const word = byte(0) | (byte(1) << 8) | (byte(2) << 16)
  return (word >> (bit & 7)) & (2 ** width - 1)
}

function tablesOf(bench: Bench, group: GroupName, width: number): FixedBase {
  const windows = Math.ceil(SCALAR_BITS / width)
  const stride = bytesOfPoint(group, bench.layout).sum
  const powers = powersOf(bench, group, width * windows)
  const plan = planOf(bench, group)
  const table = bench.memory.take(stride * windows * 2 ** width)
  const entry = (window: number, digit: number) => table + stride * (window * 2 ** width + digit)
  for (let window = 0; window < windows; window++) {
    const lists = Array.from({ length: 2 ** width }, (_, digit) =>
      powers.slice(width * window, width * (window + 1)).filter((_, bit) => (digit >> bit) & 1),
    )
    begin(bench.memory, plan)
    const sums = sumLists(bench, plan, lists)
    const { bytes } = bench.memory.views()
    // a power is its own sum, and lies elsewhere; no digit but 0 is infinity
    sums.forEach((sum, digit) => {
      if (digit > 0) bytes.copyWithin(entry(window, digit), sum, sum + stride)
    })
  }
  return { width, windows, entry }
}

/** The entries of 2^k G. */
function powersOf(bench: Bench, group: GroupName, count: number): number[] {
  const { kernels, memory, layout } = bench
  const stride = bytesOfPoint(group, layout).sum
  const powers = memory.take(stride * count)
  const imported = memory.take(bytesOfPoint(group, layout).table)
  const bytes = new Uint8Array(group === 'g1' ? G1.bytes : G2.bytes)
  if (group === 'g1') G1.write(GENERATOR_1, bytes, 0)
  else G2.write(GENERATOR_2, bytes, 0)
  const source = memory.take(bytes.length)
  memory.views().bytes.set(bytes, source)
  ;(group === 'g1' ? kernels.importG1 : kernels.importG2)(source, 1, imported)
  memory.views().bytes.copyWithin(powers, imported, imported + stride)
  const plan = planOf(bench, group)
  const entries = Array.from({ length: count }, (_, k) => powers + stride * k)
  for (let k = 1; k < count; k++) {
    begin(memory, plan)
    const [twice] = sumLists(bench, plan, [[entries[k - 1]!, entries[k - 1]!]])
    memory.views().bytes.copyWithin(entries[k]!, twice!, twice! + stride)
  }
  return entries
}

/** Points as keys have them, of sums; those that are nothing are all zero. */
function exported({ kernels, memory, spare }: Bench, group: GroupName, sums: Uint32Array): Uint8Array {
  const size = (group === 'g1' ? G1 : G2).bytes
  const present = [...sums.keys()].filter((i) => sums[i] !== 0)
  const entries = spare((4 + size) * present.length + 16)
  const out = 16 * Math.ceil((entries + 4 * present.length) / 16)
  const { words } = memory.views()
  present.forEach((i, k) => {
    words[entries / 4 + k] = sums[i]!
  })
  kernels.exportPoints(entries, present.length, size / 64, out)
  const { bytes } = memory.views()
  if (present.length === sums.length) return bytes.slice(out, out + size * sums.length)
  const points = new Uint8Array(size * sums.length)
  for (const [k, i] of present.entries())
    points.set(bytes.subarray(out + size * k, out + size * (k + 1)), size * i)
  return points
}
