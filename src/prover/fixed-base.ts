/**
 * Many multiples of a group's generator: for each window of the scalars' bits a table of the generator's multiples, and
 * for each scalar one table entry a window, added in batches (kernels.ts).
 */
import { BYTES } from '../base/field.js'
import type { Command, Curve, Element } from './curve.js'
import { concat } from './elements.js'

/**
 * `scalar * G` for each scalar: plain little-endian elements below the group's order in, affine points in Montgomery
 * form out (64 bytes in G1, 128 in G2, all zero at infinity). Uses all threads of the curve.
 */
export async function multiplyGenerator(
  curve: Curve,
  group: 'G1' | 'G2',
  scalars: Uint8Array,
): Promise<Uint8Array> {
  const count = scalars.length / BYTES
  const table = await buildTable(curve, group, windowBits(count))
  const tasks: Promise<Uint8Array[]>[] = []
  const share = Math.min(TASK, Math.ceil(count / curve.tm.concurrency))
  for (let start = 0; start < count; start += share) {
    const part = scalars.slice(BYTES * start, BYTES * Math.min(count, start + share))
    tasks.push(curve.tm.queueAction(multiplyTask(table, part)))
  }
  return concat((await Promise.all(tasks)).map(([points]) => points!))
}

type Table = {
  readonly group: 'G1' | 'G2'
  readonly bits: number
  /** For each window, 2^bits affine points, the first unused. */
  readonly rows: readonly Uint8Array[]
}

const SCALAR_BITS = 254
/** Points to a task: its table is copied for each. */
const TASK = 2 ** 15
/** Points that share an inversion, and the cache. */
const BATCH = 2 ** 11
/** An entry of a table costs about as much as three additions of a batch. */
const ENTRY_COST = 3
const MOST_BITS = 13

const affineBytes = (group: 'G1' | 'G2') => (group === 'G1' ? 64 : 128)
const exportName = (group: 'G1' | 'G2', name: string) => `${group === 'G1' ? 'g1m' : 'g2m'}_${name}`

/** The width of window that costs the fewest additions. */
function windowBits(count: number): number {
  let best = 1
  const cost = (bits: number) => Math.ceil(SCALAR_BITS / bits) * (ENTRY_COST * 2 ** bits + count)
  for (let bits = 2; bits <= MOST_BITS; bits++) if (cost(bits) < cost(best)) best = bits
  return best
}

async function buildTable(curve: Curve, group: 'G1' | 'G2', bits: number): Promise<Table> {
  const windows = Math.ceil(SCALAR_BITS / bits)
  let base = curve[group].g
  const rows: Promise<Uint8Array[]>[] = []
  for (let window = 0; window < windows; window++) {
    rows.push(curve.tm.queueAction(rowTask(group, curve[group].toAffine(base), 2 ** bits)))
    for (let bit = 0; bit < bits; bit++) base = curve[group].double(base)
  }
  return { group, bits, rows: (await Promise.all(rows)).map(([row]) => row!) }
}

function rowTask(group: 'G1' | 'G2', base: Element, count: number): Command[] {
  const size = affineBytes(group)
  return [
    { cmd: 'ALLOCSET', var: 0, buff: base },
    { cmd: 'ALLOC', var: 1, len: count * (size / 2) * 3 },
    { cmd: 'ALLOC', var: 2, len: count * size },
    { cmd: 'CALL', fnName: exportName(group, 'multiples'), params: [{ var: 0 }, { val: count }, { var: 1 }] },
    {
      cmd: 'CALL',
      fnName: exportName(group, 'batchToAffine'),
      params: [{ var: 1 }, { val: count }, { var: 2 }],
    },
    { cmd: 'GET', out: 0, var: 2, len: count * size },
  ]
}

function multiplyTask({ group, bits, rows }: Table, scalars: Uint8Array): Command[] {
  const size = affineBytes(group)
  const count = scalars.length / BYTES
  const task: Command[] = [
    // the digits of the last scalar are read four bytes at a time
    { cmd: 'ALLOCSET', var: 0, buff: concat([scalars, new Uint8Array(4)]) },
    { cmd: 'ALLOCSET', var: 1, buff: new Uint8Array(count * size) },
    { cmd: 'ALLOC', var: 2, len: BATCH * size },
    ...rows.map((row, window) => ({ cmd: 'ALLOCSET' as const, var: 3 + window, buff: row })),
  ]
  for (let start = 0; start < count; start += BATCH) {
    rows.forEach((_, window) => {
      const bit = window * bits
      task.push({
        cmd: 'CALL',
        fnName: exportName(group, 'addWindow'),
        params: [
          { var: 0, offset: BYTES * start },
          { val: Math.min(BATCH, count - start) },
          { var: 3 + window },
          { val: bit },
          { val: 2 ** Math.min(bits, SCALAR_BITS - bit) - 1 },
          { var: 2 },
          { var: 1, offset: size * start },
        ],
      })
    })
  }
  task.push({ cmd: 'GET', out: 0, var: 1, len: count * size })
  return task
}
