/**
 * Sums and differences of points with multiples of others, each by a scalar of its own: a[i] + s[i] b[i] and
 * a[i] - s[i] b[i], which transforms of points are made of.
 *
 * All points go through the same steps side by side, so that they share inversions. A scalar is two halves (an
 * endomorphism) of 32 signed digits of four bits each; a point's multiples from 1 to 8 are made first. Sums begin from a
 * fixed point, so that none is ever at infinity; its multiple is taken off at the end.
 */
import { BYTES, mod } from '../../../base/field.js'
import { G1, GENERATOR_1 } from '../group.js'
import { type Bench, begin, bytesOfPoint, type Plan, prepare, roomsOf, type Table } from './multiply.js'
import { FLAGS, HALF_BYTES, IMAGE, NEGATED, STATE, TOLD } from './offsets.js'

/** Points as keys have them: the sums, and behind them the differences. */
export function butterflies(bench: Bench, a: Uint8Array, b: Uint8Array, scalars: Uint8Array): Uint8Array {
  const count = scalars.length / BYTES
  const out = new Uint8Array(2 * a.length)
  for (let from = 0; from < count; from += AT_ONCE) {
    const [start, end] = [from, Math.min(count, from + AT_ONCE)]
    const part = (bytes: Uint8Array, size: number) => bytes.subarray(size * start, size * end)
    const made = butterfly(bench, part(a, G1.bytes), part(b, G1.bytes), part(scalars, BYTES))
    out.set(made.subarray(0, made.length / 2), G1.bytes * start)
    out.set(made.subarray(made.length / 2), a.length + G1.bytes * start)
  }
  return out
}

/** Pairs that go side by side: their doublings share one inversion, as many as there is room for. */
const AT_ONCE = 1024
const WIDTH = 4
const WINDOWS = 32
const MULTIPLES = 2 ** (WIDTH - 1)

/** What everything begins from, and what of it is left at the end, negated. Any points that nothing else has do. */
const FIRST = 0x5d1f4c8a97b3e26045f7a8c3d91e6b72a4c05f3e8d716b92n
const LAST = mod(-FIRST * 2n ** BigInt(WIDTH * (WINDOWS - 1)))

function fixedPoints(): Uint8Array {
  const bytes = new Uint8Array(2 * G1.bytes)
  ;[FIRST, LAST].forEach((scalar, i) => {
    G1.write(G1.combine([GENERATOR_1], [scalar]), bytes, i)
  })
  return bytes
}
let fixed: Uint8Array | undefined

function butterfly(bench: Bench, a: Uint8Array, b: Uint8Array, scalars: Uint8Array): Uint8Array {
  const count = scalars.length / BYTES
  fixed ??= fixedPoints()
  const isNothing = (i: number) => isZero(b, G1.bytes, i) || isZero(scalars, BYTES, i)
  const isMultiplied = (i: number) => !isNothing(i) && !isOne(scalars, i)
  const hard = Array.from({ length: count }, (_, i) => i).filter(isMultiplied)
  // an even number of them, whose product is no infinity either
  const many = hard.length + (hard.length % 2)
  const points = new Uint8Array(G1.bytes * many)
  const factors = new Uint8Array(BYTES * many)
  if (many > 0) {
    points.set(fixed.subarray(0, G1.bytes), G1.bytes * (many - 1))
    factors[BYTES * (many - 1)] = 2
  }
  hard.forEach((of, i) => {
    points.set(b.subarray(G1.bytes * of, G1.bytes * (of + 1)), G1.bytes * i)
    factors.set(scalars.subarray(BYTES * of, BYTES * (of + 1)), BYTES * i)
  })
  const room = layOut(bench, many, count)
  begin(bench.memory, room.plan)
  const products = many === 0 ? 0 : multiplyEach(bench, room, points, factors)
  const { stride, size } = room
  load(bench, a, room.plan.places.scalars, room.left)
  load(bench, b, room.plan.places.scalars, room.right)
  const placeOf = new Int32Array(count).fill(-1)
  hard.forEach((of, i) => {
    placeOf[of] = i
  })
  const lists = Array.from({ length: 2 * count }, (_, list) => {
    const i = list % count
    const left = isZero(a, G1.bytes, i) ? 0 : room.left + stride * i
    const own = placeOf[i]! >= 0 ? products + size * placeOf[i]! : room.right + stride * i
    const right = isNothing(i) ? 0 : own | (list < count ? 0 : NEGATED)
    return [left, right]
  })
  setNext(bench, room, room.sums, room.sums)
  return exported(bench, room, addUp(bench, room, lists))
}

type Room = ReturnType<typeof layOut>

function layOut({ layout, room }: Bench, many: number, count: number) {
  const { sum: size, table: stride } = bytesOfPoint('g1', layout)
  const most = Math.max(many, count)
  const wanted = {
    ...roomsOf('g1', layout),
    scalars: Math.max(BYTES * many, G1.bytes * Math.max(count, MULTIPLES * many, 2)),
    halves: HALF_BYTES * 2 * many,
    entries: 4 * 2 * many,
    indices: 4 * many,
    starts: 4 * 2 * most,
    ends: 4 * 2 * most,
    sorted: 4 * 3 * 2 * most,
    sums: size * 2 * count,
    first: 2 * stride,
    multiples: size * MULTIPLES * many,
    table: stride * MULTIPLES * many,
    products: size * many,
    left: stride * count,
    right: stride * count,
  }
  const align = (bytes: number) => 16 * Math.ceil(bytes / 16)
  let at = room(Object.values(wanted).reduce((sum, bytes) => sum + align(bytes), 0))
  const places = {} as Record<keyof typeof wanted, number>
  for (const [name, bytes] of Object.entries(wanted)) {
    places[name as keyof typeof wanted] = at
    at += align(bytes)
  }
  const plan = { group: 'g1', width: WIDTH, windows: WINDOWS, places } satisfies Plan
  return { ...places, plan, size, stride }
}

/** scalars[i] * points[i], an even number: the address of the first, where they stand one behind the other. */
function multiplyEach(bench: Bench, room: Room, points: Uint8Array, scalars: Uint8Array): number {
  const { kernels, memory } = bench
  const { products, table, stride, size } = room
  const count = scalars.length / BYTES
  const source = room.plan.places.scalars
  makeMultiples(bench, room, points)
  load(bench, fixed!, source, room.first)
  const { bytes, words } = memory.views()
  for (let i = 0; i < count; i++) {
    bytes.copyWithin(products + size * i, room.first, room.first + size)
    words[room.indices / 4 + i] = i
  }
  const own: Table = { group: 'g1', indices: room.indices, points: table, count }
  prepare(bench, own, room.plan, scalars)
  const halves = halvesOf(bench, room, count)
  for (let window = WINDOWS - 1; window >= 0; window--) {
    if (window < WINDOWS - 1)
      for (let bit = 0; bit < WIDTH; bit++)
        kernels.doubleG1(products, products + size * count, room.plan.places.state)
    const lists = Array.from({ length: count }, (_, i) => [products + size * i])
    halves.forEach((of, i) => {
      for (const half of of) {
        const digit = digitAt(words, half >> 1, window)
        if (digit === 0) continue
        const entry = table + stride * (count * (Math.abs(digit) - 1) + i)
        lists[i]!.push(entry | (half & 1 ? IMAGE : 0) | (digit < 0 ? NEGATED : 0))
      }
    })
    addInPlace(bench, room, lists, products, size * count)
  }
  const end = Array.from({ length: count }, (_, i) => [products + size * i, room.first + stride])
  addInPlace(bench, room, end, products, size * count)
  return products
}

/** Tables of 1 to 8 times each point, with images. */
function makeMultiples(bench: Bench, room: Room, points: Uint8Array): void {
  const { kernels, memory } = bench
  const { multiples, table, stride, size, plan } = room
  const count = points.length / G1.bytes
  const source = plan.places.scalars
  load(bench, points, source, table)
  const { bytes } = memory.views()
  const of = (multiple: number) => multiples + size * count * (multiple - 1)
  for (let i = 0; i < count; i++)
    bytes.copyWithin(of(1) + size * i, table + stride * i, table + stride * i + size)
  for (let multiple = 2; multiple <= MULTIPLES; multiple++) {
    if (multiple % 2 === 0) {
      bytes.copyWithin(of(multiple), of(multiple / 2), of(multiple / 2) + size * count)
      kernels.doubleG1(of(multiple), of(multiple) + size * count, plan.places.state)
      continue
    }
    const lists = Array.from({ length: count }, (_, i) => [of(multiple - 1) + size * i, of(1) + size * i])
    setNext(bench, room, of(multiple), of(multiple))
    const found = addUp(bench, room, lists)
    if (found.some((entry, i) => entry !== of(multiple) + size * i))
      throw new Error('a point has a small order')
  }
  const { words } = memory.views()
  const entries = room.sorted / 4
  for (let i = 0; i < MULTIPLES * count; i += 2 * count) {
    for (let k = 0; k < 2 * count; k++) words[entries + k] = multiples + size * (i + k)
    kernels.exportPoints(room.sorted, 2 * count, 1, source)
    kernels.importG1(source, 2 * count, table + stride * i)
  }
}

/** Of each point: the places of its halves in words, twice, and 1 more where its image is meant. */
function halvesOf({ memory }: Bench, { plan, table, stride }: Room, count: number): number[][] {
  const { words } = memory.views()
  const { told, halves, entries } = plan.places
  const [wide, narrow] = [words[(told + TOLD.wide) / 4]!, words[(told + TOLD.narrowCount) / 4]!]
  const found = Array.from({ length: count }, (): number[] => [])
  for (let i = 0; i < 2 * count; i++) {
    if (i >= wide && i < 2 * count - narrow) continue
    const entry = words[entries / 4 + i]!
    const word = (halves + HALF_BYTES * i) / 4
    found[((entry & ~FLAGS) - table) / stride]!.push(2 * word + (entry & IMAGE ? 1 : 0))
  }
  return found
}

/** Halves stand with 8 added to each digit but the top one, which has the sign. */
function digitAt(words: Uint32Array, half: number, window: number): number {
  const word = words[half + (window >> 3)]!
  return window === WINDOWS - 1 ? word >> 28 : ((word >>> (4 * (window & 7))) & 15) - 8
}

/** Where sums go: what stands between is written over, and what is new stands behind. */
function setNext({ memory }: Bench, { plan }: Room, mark: number, next: number): void {
  const { words } = memory.views()
  words[(plan.places.state + STATE.mark) / 4] = mark
  words[(plan.places.state + STATE.next) / 4] = next
}

/** Each list begins with the sum that it is added to. */
function addInPlace(bench: Bench, room: Room, lists: readonly number[][], sums: number, bytes: number): void {
  setNext(bench, room, sums, sums + bytes)
  const found = addUp(bench, room, lists)
  if (found.some((entry, i) => entry !== lists[i]![0])) throw new Error('a sum came to infinity')
}

/** The entries of the lists' sums. */
function addUp({ kernels, memory }: Bench, { plan }: Room, lists: readonly number[][]): number[] {
  const { words } = memory.views()
  const { starts, ends, sorted, state } = plan.places
  let place = sorted / 4
  lists.forEach((list, i) => {
    words[starts / 4 + i] = 4 * place
    for (const entry of list) words[place++] = entry
    words[ends / 4 + i] = 4 * place
  })
  do kernels.roundG1(starts, ends, lists.length, state)
  while (words[(state + STATE.pairs) / 4] !== 0)
  return lists.map((_, i) =>
    words[ends / 4 + i]! > words[starts / 4 + i]! ? words[words[starts / 4 + i]! / 4]! : 0,
  )
}

function load({ kernels, memory }: Bench, points: Uint8Array, source: number, to: number): void {
  memory.views().bytes.set(points, source)
  kernels.importG1(source, points.length / G1.bytes, to)
}

function exported({ kernels, memory }: Bench, room: Room, entries: readonly number[]): Uint8Array {
  const { words, bytes } = memory.views()
  const source = room.plan.places.scalars
  const out = new Uint8Array(G1.bytes * entries.length)
  const half = entries.length / 2
  for (const first of [0, half]) {
    for (let i = 0; i < half; i++)
      words[room.sorted / 4 + i] = (entries[first + i]! & ~FLAGS) >>> 0 || room.first
    kernels.exportPoints(room.sorted, half, 1, source)
    out.set(bytes.subarray(source, source + G1.bytes * half), G1.bytes * first)
  }
  entries.forEach((entry, i) => {
    if (entry === 0) out.fill(0, G1.bytes * i, G1.bytes * (i + 1))
    else if (entry & NEGATED) G1.write(G1.negate(G1.read(out, i)), out, i)
  })
  return out
}

function isZero(bytes: Uint8Array, size: number, i: number): boolean {
  for (let at = size * i; at < size * (i + 1); at++) if (bytes[at] !== 0) return false
  return true
}

function isOne(scalars: Uint8Array, i: number): boolean {
  for (let at = BYTES * i + 1; at < BYTES * (i + 1); at++) if (scalars[at] !== 0) return false
  return scalars[BYTES * i] === 1
}
