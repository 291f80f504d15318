/** The machine of a tier of WebAssembly kernels: points and tables in the memory that its threads share. */
import { BYTES } from '../../../base/field.js'
import { G1, G2 } from '../group.js'
import type { AffineOf, GroupName, Machine, Points, Share, Tier, TierName } from '../machine.js'
import { butterflies } from './butterflies.js'
import { multiplyClasses } from './classes.js'
import { type FixedBases, multiplesOf } from './fixed-base.js'
import { type Memory, newMemory, over } from './memory.js'
import { compileKernels, type Kernels, type Layout, tie } from './module.js'
import { type Bench, bytesOfPoint, multiplyTable, type Table } from './multiply.js'
import { loadRows, partsOf, quotientOf } from './quotient.js'
import { loadDomain, slopePartsOf, slopesOf } from './slopes.js'

/** What a thread needs to work over the memory of another. */
type Shared = { readonly module: WebAssembly.Module; readonly block: WebAssembly.Memory }

export function tierOf(name: TierName, base64: () => Promise<string>, layout: Layout): Tier {
  return {
    name,
    async open(shared) {
      const given = shared as Shared | undefined
      const module = given?.module ?? (await compileKernels(await base64()))
      const memory = given === undefined ? newMemory() : over(given.block)
      return machineOver(name, { module, block: memory.block }, tie(module, memory), memory, layout)
    },
  }
}

function machineOver(
  name: TierName,
  shared: Shared,
  kernels: Kernels,
  memory: Memory,
  layout: Layout,
): Machine {
  const bench: Bench = { kernels, memory, layout, room: roomOf(memory), spare: roomOf(memory) }
  const once = [roomOf(memory), roomOf(memory), roomOf(memory)]
  const multiply = <Name extends GroupName>({ place }: Points<Name>, scalars: Uint8Array, share?: Share) =>
    multiplyTable(bench, place as Table & { readonly group: Name }, scalars, share) as AffineOf<Name>
  const bases: FixedBases = {}
  return {
    tier: name,
    shared,
    loadPoints: (group, bytes, count) => loadPoints(bench, group, bytes, count),
    multiply,
    multiplyOnce: (group, points, scalars) =>
      multiply(loadPoints(bench, group, points, scalars.length / BYTES, once), scalars),
    multiplesOf: (group, scalars) => multiplesOf(bench, bases, group, scalars),
    butterflies: (a, b, scalars) => butterflies(bench, a, b, scalars),
    loadRows: (coefficients, rows) => loadRows(bench, coefficients, rows),
    quotientOf: (rows, witness) => quotientOf(bench, rows, witness),
    loadDomain: (points) => loadDomain(bench, points),
    slopesOf: (domain, a, b) => slopesOf(bench, domain, a, b),
    multiplyClasses: ({ place }, classes, scalars) =>
      multiplyClasses(bench, place as Table & { readonly group: 'g1' }, classes, scalars),
    parts: partsOf({ kernels, memory, layout, take: memory.take }),
    slopeParts: slopePartsOf({ kernels, memory, layout, take: memory.take }),
  }
}

/** Takes more only when a larger room is wanted. */
function roomOf(memory: Memory): (bytes: number) => number {
  let [address, size] = [0, 0]
  return (bytes) => {
    if (bytes > size) {
      address = memory.take(bytes)
      size = bytes
    }
    return address
  }
}

/** To memory that is taken for them, or to rooms of before. */
function loadPoints<Name extends GroupName>(
  { kernels, memory, layout }: Bench,
  group: Name,
  bytes: Uint8Array,
  count: number,
  [ofIndices, ofPoints, ofSource]: readonly ((bytes: number) => number)[] = [],
): Points<Name> {
  const size = (group === 'g1' ? G1 : G2).bytes
  const present = presentPoints(bytes, size, count)
  const stride = bytesOfPoint(group, layout).table
  const indices = (ofIndices ?? memory.take)(4 * present.length)
  const points = (ofPoints ?? memory.take)(stride * present.length)
  const source = (ofSource ?? memory.take)(size * Math.min(present.length, AT_A_TIME))
  const importPoints = group === 'g1' ? kernels.importG1 : kernels.importG2
  const views = memory.views()
  views.words.set(present, indices / 4)
  for (let from = 0; from < present.length; from += AT_A_TIME) {
    const some = present.subarray(from, from + AT_A_TIME)
    let copied = 0
    for (const [start, end] of runs(some)) {
      views.bytes.set(bytes.subarray(size * start, size * end), source + size * copied)
      copied += end - start
    }
    importPoints(source, some.length, points + stride * from)
  }
  const table: Table = { group, indices, points, count: present.length }
  return { group, count, place: table }
}

const AT_A_TIME = 4096

/** Which points are not at infinity, which is all zero. */
function presentPoints(bytes: Uint8Array, size: number, count: number): Uint32Array {
  const whole = bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes)
  const words = new Uint32Array(whole.buffer, whole.byteOffset, (size * count) / 4)
  const perPoint = size / 4
  const present = new Uint32Array(count)
  let found = 0
  for (let i = 0; i < count; i++) {
    for (let word = perPoint * i; word < perPoint * (i + 1); word++) {
      if (words[word] === 0) continue
      present[found++] = i
      break
    }
  }
  return present.subarray(0, found)
}

/** Stretches of neighbours, the ends excluded. */
function* runs(indices: Uint32Array): Generator<readonly [start: number, end: number]> {
  let start = 0
  for (let i = 1; i <= indices.length; i++) {
    if (i < indices.length && indices[i] === indices[i - 1]! + 1) continue
    yield [indices[start]!, indices[i - 1]! + 1]
    start = i
  }
}
