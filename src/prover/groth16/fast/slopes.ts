/**
 * x (A B)'(x) at the points of a domain: each side's values go down to coefficients, are multiplied with their degrees, and
 * go up again to x A'(x) and x B'(x).
 */
import { BYTES, inverse, mod } from '../../../base/field.js'
import type { Domain } from '../machine.js'
import { reference } from '../reference.js'
import { pairBytes } from './module.js'
import type { Bench } from './multiply.js'
import { buildTransforms, FEWEST, type Tools, type Transforms, through, writePair } from './quotient.js'

type Place = {
  readonly transforms: Transforms
  /** The degrees in bit-reversed order, and their opposites, times 2 / n^2: transforms leave one n. */
  readonly rises: number
  readonly falls: number
}

export function loadDomain(tools: Tools, points: number): Domain {
  if (points < FEWEST) return reference.loadDomain(points)
  const place: Place = { transforms: buildTransforms(tools, points), ...buildDegrees(tools, points) }
  return { points, place }
}

function buildDegrees({ kernels, memory, layout }: Tools, points: number) {
  const bytes = (pairBytes(layout) * points) / 2
  const [plain, factor, degrees] = [memory.take(BYTES * points), memory.take(64), memory.take(bytes)]
  const [rises, falls] = [memory.take(bytes), memory.take(bytes)]
  const { words } = memory.views()
  const bits = Math.log2(points)
  for (let i = 0, degree = 0; i < points; i++) {
    words[(plain + BYTES * i) / 4] = degree
    // counts up in reversed bits
    degree ^= points - 2 ** (bits - 1 - (31 - Math.clz32((i + 1) & -(i + 1))))
  }
  kernels.importElements(plain, degrees, points / 2)
  const unit = mod(2n * inverse(BigInt(points) ** 2n))
  const factors = memory.take(pairBytes(layout))
  for (const [value, table] of [
    [unit, rises],
    [mod(-unit), falls],
  ] as const) {
    writePair(memory, factor, [value, value])
    kernels.importElements(factor, factors, 1)
    kernels.scale(degrees, factors, table, points / 2)
  }
  return { rises, falls }
}

/** As `Machine` says. The kernels subtract a product: with B's slopes negated, the sum of both is a difference. */
export function slopesOf(bench: Bench, domain: Domain, a: Uint8Array, b: Uint8Array): Uint8Array {
  if (domain.points < FEWEST) return reference.slopesOf(domain, a, b)
  const { kernels, memory, layout } = bench
  const { transforms, rises, falls } = domain.place as Place
  const side = (pairBytes(layout) * domain.points) / 2
  const [wires, ofA, ofB, slopeOfA, slopeOfB] = roomsFor(bench, BYTES * domain.points, side)
  const pairs = Math.ceil(a.length / BYTES / 2)
  const carry = (plain: Uint8Array, values: number, slopes: number, degrees: number) => {
    const { bytes } = memory.views()
    bytes.set(plain, wires)
    bytes.fill(0, wires + plain.length, wires + BYTES * domain.points)
    kernels.importElements(wires, values, domain.points / 2)
    bytes.copyWithin(slopes, values, values + side)
    through(bench, transforms, slopes, degrees)
  }
  carry(a, ofA, slopeOfA, rises)
  carry(b, ofB, slopeOfB, falls)
  kernels.multiply(ofA, slopeOfB, slopeOfB, pairs)
  kernels.join(slopeOfA, ofB, slopeOfB, wires, pairs)
  return memory.views().bytes.slice(wires, wires + a.length)
}

function roomsFor({ room }: Bench, wires: number, side: number): [number, number, number, number, number] {
  const first = room(wires + 4 * side)
  const sides = [0, 1, 2, 3].map((i) => first + wires + i * side) as [number, number, number, number]
  return [first, ...sides]
}
