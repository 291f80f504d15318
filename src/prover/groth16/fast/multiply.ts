/**
 * Multi-scalar multiplication by buckets, as Pippenger has it.
 *
 * Each scalar is two halves of 127 bits (an endomorphism), each half a digit a window. Points with the same digit of a
 * window are added up in pairs, round by round; then these sums by the digit's low and high part; then those by single
 * bits. It is the same rounds each time, over a list of addresses for each sum. What is left is one point a bit of the
 * scalars, which plain arithmetic puts together. Windows go through their rounds together, as many as the room allows:
 * each round costs an inversion, however little it adds.
 */

import { G1, G2, Q } from '../group.js'
import type { AffineOf, GroupName, Share } from '../machine.js'
import type { Memory } from './memory.js'
import { elementBytes, type Kernels, type Layout } from './module.js'
import { FLAGS, HALF_BYTES, IMAGE, JOB_BYTES, NEGATED, STATE, TOLD } from './offsets.js'

/** Points of a key where kernels find them, none of them at infinity. */
export type Table = {
  readonly group: GroupName
  /** Addresses: of the index of each point's scalar, and of the points. */
  readonly indices: number
  readonly points: number
  readonly count: number
}

/** What a thread multiplies with. */
export type Bench = {
  readonly kernels: Kernels
  readonly memory: Memory
  readonly layout: Layout
  /** Room for one multiplication after the other, as large as the largest. */
  room(bytes: number): number
  /** Another, for points that a multiplication begins with. */
  spare(bytes: number): number
}

/** Coordinates' components, and bytes of x and y, and of a table's point, which has another x. */
const PARTS = { g1: 1, g2: 2 } as const

export function bytesOfPoint(group: GroupName, layout: Layout): { sum: number; table: number } {
  const coordinate = PARTS[group] * elementBytes(layout)
  return { sum: 2 * coordinate, table: 3 * coordinate }
}

/**
 * The sum of scalars[indices[i]] * points[i]; scalars are plain, in 32 bytes each. A share of it is that of some windows:
 * parts of the points would each have as many buckets as all.
 */
export function multiplyTable<Name extends GroupName>(
  bench: Bench,
  table: Table & { readonly group: Name },
  scalars: Uint8Array,
  { place, of }: Share = { place: 0, of: 1 },
): AffineOf<Name> {
  if (table.count === 0) return undefined
  const plan = planFor(bench, table, scalars.length)
  const halves = prepare(bench, table, plan, scalars)
  const longest = Math.max(1, halves.wide)
  const perTurn = Math.max(1, Math.min(plan.windows, Math.floor(AT_ONCE / longest)))
  const found: Sum[] = []
  const [first, end] = [place, place + 1].map((edge) => Math.floor((edge * plan.windows) / of)) as [
    number,
    number,
  ]
  for (let window = first; window < end; window += perTurn) {
    const turn = Array.from({ length: Math.min(perTurn, end - window) }, (_, i) => window + i)
    found.push(...addWindows(bench, plan, halves, turn))
  }
  return putTogether(bench, table.group, found)
}

/** A point that counts 2^bit times: the address of its entry. */
type Sum = { readonly entry: number; readonly point: { x: bigint[]; y: bigint[] }; readonly bit: number }

export type Plan = {
  readonly group: GroupName
  /** Bits of a digit. */
  readonly width: number
  readonly windows: number
  readonly places: Readonly<Record<keyof ReturnType<typeof sizes>, number>>
}

const JOBS = 2048
/** The magnitude of halves is below 2^127.2 / 2. */
const HALF_BITS = 127.2
/** Widths of windows whose top one has room for what is left of a half. */
const WIDTHS = [4, 6, 8, 10, 12, 13]
/** What a turn costs beside the additions of points, in such additions. */
const TURN = 2000
/** Halves that the windows of one turn have together. */
const AT_ONCE = 2 ** 17

function planFor(bench: Bench, { group, count }: Table, scalarBytes: number): Plan {
  const cost = (width: number) => {
    const windows = Math.ceil(HALF_BITS / width)
    const turns = Math.ceil((windows * 2 * count) / AT_ONCE)
    return windows * (2 * count + 2 ** width) + TURN * turns
  }
  const width = WIDTHS.reduce((best, next) => (cost(next) < cost(best) ? next : best))
  const windows = Math.ceil(HALF_BITS / width)
  return layOut(bench, group, count, scalarBytes, width, windows)
}

/** Room for the sums of so many windows' lists. */
export function layOut(
  { layout, room }: Bench,
  group: GroupName,
  count: number,
  scalarBytes: number,
  width: number,
  windows: number,
): Plan {
  const wanted = sizes(group, layout, count, scalarBytes, width, windows)
  let place = room(Object.values(wanted).reduce((sum, size) => sum + align(size), 0))
  const places = Object.fromEntries(
    Object.entries(wanted).map(([name, size]) => {
      const at = place
      place += align(size)
      return [name, at]
    }),
  ) as Plan['places']
  return { group, width, windows, places }
}

const align = (size: number): number => 16 * Math.ceil(size / 16)

/** Bytes of each part of a multiplication's room. */
function sizes(
  group: GroupName,
  layout: Layout,
  count: number,
  scalarBytes: number,
  width: number,
  windows: number,
) {
  const { sum } = bytesOfPoint(group, layout)
  const lists = windows * 2 ** width
  // the wide ones of a turn's windows, and the narrow ones of the first window
  const entries = Math.min(AT_ONCE, windows * 2 * count) + 2 * count
  return {
    scalars: scalarBytes,
    halves: HALF_BYTES * 2 * count,
    entries: 4 * 2 * count,
    ...roomsOf(group, layout),
    starts: 4 * lists,
    ends: 4 * lists,
    sorted: 4 * (entries + 2 * lists),
    // each sum of two that are no sums themselves takes new room
    sums: sum * (entries / 2 + 2 * lists + 64),
  }
}

/** What rounds and scalars take, however many points there are. */
export function roomsOf(group: GroupName, layout: Layout) {
  return {
    told: TOLD.bytes,
    state: STATE.bytes,
    jobs: JOB_BYTES * (JOBS + 2),
    prefixes: (JOBS / 2 + 1) * 16 * layout.limbs * PARTS[group],
    scratch: 20 * 16 * layout.limbs,
    dummy: 3 * bytesOfPoint(group, layout).sum,
  }
}

type Halves = { readonly wide: number; readonly segments: readonly (readonly [number, number])[] }

/** Splits the scalars; those that fit in one window are at the end. */
export function prepare(
  { kernels, memory, layout }: Bench,
  { group, count, points, indices }: Table,
  { width, windows, places }: Plan,
  scalars: Uint8Array,
): Halves {
  const { bytes, words, longs } = memory.views()
  bytes.set(scalars, places.scalars)
  let bias = 0n
  for (let window = 0; window < windows - 1; window++) bias += 1n << BigInt(width * (window + 1) - 1)
  longs[(places.told + TOLD.biasLow) / 8] = BigInt.asIntN(64, bias)
  longs[(places.told + TOLD.biasHigh) / 8] = bias >> 64n
  longs[(places.told + TOLD.narrow) / 8] = 1n << BigInt(width - 1)
  words[(places.told + TOLD.wide) / 4] = points
  const stride = bytesOfPoint(group, layout).table
  kernels.prepare(
    places.scalars,
    indices,
    count,
    stride,
    places.halves,
    places.entries,
    2 * count,
    places.told,
  )
  const wide = words[(places.told + TOLD.wide) / 4]!
  const narrow = words[(places.told + TOLD.narrowCount) / 4]!
  return {
    wide,
    segments: [
      [0, wide],
      [2 * count - narrow, 2 * count],
    ],
  }
}

/** The sums of some windows' points, one for each bit of their digits. */
function addWindows(bench: Bench, plan: Plan, halves: Halves, turn: readonly number[]): Sum[] {
  const { memory } = bench
  const { width } = plan
  const digits = 2 ** (width - 1) + 1
  begin(memory, plan)
  sortDigits(bench, plan, halves, turn, digits)
  const buckets = addLists(bench, plan, digits * turn.length)
  // by the low and the high part of the digit, and then by the bits of those
  const low = 2 ** Math.ceil(width / 2)
  const high = Math.floor((digits - 1) / low) + 1
  const partSums = sumParts(bench, plan, buckets, { windows: turn.length, digits, low, high })
  const byBit = turn.flatMap((window, i) => {
    const own = partSums.slice((low + high) * i, (low + high) * (i + 1))
    const bitsOf = (sums: Uint32Array, first: number) =>
      Array.from({ length: 32 - Math.clz32(sums.length - 1) }, (_, bit) => ({
        bit: width * window + first + bit,
        list: [...sums.filter((entry, value) => entry !== 0 && (value >> bit) & 1)],
      }))
    return [...bitsOf(own.slice(0, low), 0), ...bitsOf(own.slice(low), Math.log2(low))]
  })
  const sums = sumLists(
    bench,
    plan,
    byBit.map(({ list }) => list),
  )
  return byBit.flatMap(({ bit }, i) =>
    sums[i] === 0 ? [] : [{ entry: sums[i]!, point: readPoint(bench, plan.group, sums[i]!), bit }],
  )
}

type Digits = {
  readonly windows: number
  readonly digits: number
  readonly low: number
  readonly high: number
}

/** The sums of each window's buckets whose digits have the same low part, and of those with the same high part. */
function sumParts(bench: Bench, plan: Plan, buckets: Uint32Array, { windows, digits, low, high }: Digits) {
  const { words } = bench.memory.views()
  const { starts, ends, sorted } = plan.places
  let [place, list] = [sorted / 4, 0]
  // what a part of 0 counts is nothing
  const add = (first: number, step: number, end: number, from: number) => {
    words[starts / 4 + list] = 4 * place
    for (let digit = first; digit < end; digit += step)
      if (buckets[from + digit] !== 0) words[place++] = buckets[from + digit]!
    words[ends / 4 + list++] = 4 * place
  }
  for (let window = 0; window < windows; window++) {
    const from = digits * window
    for (let part = 0; part < low; part++) add(part === 0 ? digits : part, low, digits, from)
    for (let part = 0; part < high; part++)
      add(part === 0 ? digits : low * part, 1, Math.min(digits, low * (part + 1)), from)
  }
  return addLists(bench, plan, list)
}

/** Makes ready for rounds. */
export function begin(memory: Memory, { places }: Plan): void {
  const { words } = memory.views()
  words[(places.state + STATE.jobs) / 4] = places.jobs
  words[(places.state + STATE.jobsEnd) / 4] = places.jobs + JOB_BYTES * JOBS
  words[(places.state + STATE.prefixes) / 4] = places.prefixes
  words[(places.state + STATE.scratch) / 4] = places.scratch
  words[(places.state + STATE.dummy) / 4] = places.dummy
  words[(places.state + STATE.next) / 4] = places.sums
}

/** Sorts the entries of each window by the magnitude of their digits, by counting: lists of windows * digits. */
function sortDigits(
  { kernels, memory }: Bench,
  { places, width, windows }: Plan,
  { segments, wide }: Halves,
  turn: readonly number[],
  digits: number,
): void {
  const { words } = memory.views()
  const [starts, ends] = [places.starts / 4, places.ends / 4]
  words.fill(0, ends, ends + digits * turn.length)
  const each = (run: (from: number, to: number, digit: readonly number[], lists: number) => void) =>
    turn.forEach((window, i) => {
      const offset = width * window
      const byte = Math.min(offset >> 3, 8)
      const isTop = window === windows - 1
      const digit = [byte, offset - 8 * byte, isTop ? -1 : 2 ** width - 1, isTop ? 0 : 2 ** (width - 1)]
      // narrow scalars are their own first digit, and have no other
      const used = window === 0 ? segments : [[0, wide] as const]
      for (const [from, to] of used) run(from, to, digit, places.ends + 4 * digits * i)
    })
  each((from, to, digit, lists) => {
    const [first, end] = [from, to].map((at) => places.halves + HALF_BYTES * at) as [number, number]
    kernels.countDigits(first, end, ...digit, lists)
  })
  // a digit of 0 counts nothing, and is never placed
  for (let i = 0; i < turn.length; i++) words[ends + digits * i] = 0
  let place = places.sorted
  for (let list = 0; list < digits * turn.length; list++) {
    const size = words[ends + list]!
    words[starts + list] = place
    words[ends + list] = place
    place += size
  }
  each((from, to, digit, lists) => {
    const [first, end] = [from, to].map((at) => places.halves + HALF_BYTES * at) as [number, number]
    kernels.placeDigits(first, end, ...digit, lists, places.entries + 4 * from)
  })
}

/** The entry of the sum of each list of entries; 0 at infinity. */
export function sumLists(bench: Bench, plan: Plan, lists: readonly (readonly number[])[]): Uint32Array {
  const { words } = bench.memory.views()
  const { starts, ends, sorted } = plan.places
  let place = sorted / 4
  lists.forEach((list, i) => {
    words[starts / 4 + i] = 4 * place
    for (const entry of list) words[place++] = entry
    words[ends / 4 + i] = 4 * place
  })
  return addLists(bench, plan, lists.length)
}

/** The entry of each list's sum; 0 at infinity. */
export function addLists({ kernels, memory }: Bench, { places, group }: Plan, lists: number): Uint32Array {
  const { words } = memory.views()
  const round = group === 'g1' ? kernels.roundG1 : kernels.roundG2
  const { starts, ends, state } = places
  // sums of before are read again, and must stay
  words[(state + STATE.mark) / 4] = words[(state + STATE.next) / 4]!
  do round(starts, ends, lists, state)
  while (words[(state + STATE.pairs) / 4] !== 0)
  const found = new Uint32Array(lists)
  const [first, end] = [starts / 4, ends / 4]
  for (let list = 0; list < lists; list++) {
    const start = words[first + list]!
    if (words[end + list]! > start) found[list] = words[start / 4]!
  }
  return found
}

/** Coordinates, times the radix of the kernels; a negated or an image point may be an entry of its own. */
export function readPoint({ memory, layout }: Bench, group: GroupName, entry: number): Sum['point'] {
  const address = (entry & ~FLAGS) >>> 0
  const size = elementBytes(layout)
  const parts = PARTS[group]
  const read = (from: number) =>
    Array.from({ length: parts }, (_, part) => readElement(memory, layout, from + part * size))
  const y = read(address + parts * size)
  return {
    x: read(entry & IMAGE ? address + 2 * parts * size : address),
    y: entry & NEGATED ? y.map((value) => -value) : y,
  }
}

function readElement(memory: Memory, { limbs, limbBytes, width }: Layout, address: number): bigint {
  const { doubles, integers } = memory.views()
  const first = address / limbBytes
  let value = 0n
  for (let limb = limbs - 1; limb >= 0; limb--)
    value = (value << BigInt(width)) + BigInt((limbBytes === 8 ? doubles : integers)[first + limb]!)
  return value
}

function putTogether<Name extends GroupName>(
  { layout }: Bench,
  group: Name,
  sums: readonly Sum[],
): AffineOf<Name> {
  const plain = (value: bigint) => (((value * layout.perRadix) % Q) + Q) % Q
  const bits = sums.map(({ bit }) => bit)
  if (group === 'g1') {
    const points = sums.map(({ point }) => ({ x: plain(point.x[0]!), y: plain(point.y[0]!) }))
    return G1.weigh(points, bits) as AffineOf<Name>
  }
  const complex = ([real, imaginary]: bigint[]) => [plain(real!), plain(imaginary!)] as const
  const points = sums.map(({ point }) => ({ x: complex(point.x), y: complex(point.y) }))
  return G2.weigh(points, bits) as AffineOf<Name>
}
