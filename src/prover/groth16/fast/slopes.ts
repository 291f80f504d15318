/**
 * x (A B)'(x) at the points of a domain: each side's values go down to coefficients, are multiplied with their degrees, and
 * go up again to x A'(x) and x B'(x).
 */
import { BYTES, inverse, mod } from '../../../base/field.js'
import type { Domain, SlopeParts, Values } from '../machine.js'
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

/** As `Machine` says. */
export function slopesOf(bench: Bench, domain: Domain, a: Uint8Array, b: Uint8Array): Uint8Array {
  if (domain.points < FEWEST) return reference.slopesOf(domain, a, b)
  const parts = slopePartsOf({ ...bench, take: bench.room })
  const values = parts.take(domain)!
  parts.carry(domain, values, 0, a)
  parts.carry(domain, values, 1, b)
  return parts.join(values, 0, a.length / BYTES)
}

/** Addresses for A and B: of plain values, elements, and their slopes, B's negated. */
type ValuesPlace = { readonly plain: number; readonly values: number; readonly slopes: number }

/**
 * `take` gives room. The kernels subtract a product: with B's slopes negated, the sum of both is a difference. It is written
 * over A's plain values.
 */
export function slopePartsOf(bench: Tools & { readonly take: (bytes: number) => number }) {
  const { kernels, memory, layout, take } = bench
  const pair = pairBytes(layout)
  const placesOf = ({ place }: Values) => place as readonly [ValuesPlace, ValuesPlace]
  return {
    take({ points }) {
      if (points < FEWEST) return undefined
      const [plain, side] = [BYTES * points, (pair * points) / 2]
      const first = take(2 * (plain + 2 * side))
      const place = [first, first + plain + 2 * side].map((at) => ({
        plain: at,
        values: at + plain,
        slopes: at + plain + side,
      }))
      return { place }
    },
    carry(domain, own, which, given) {
      const { transforms, rises, falls } = domain.place as Place
      const { plain, values, slopes } = placesOf(own)[which]
      const { bytes } = memory.views()
      bytes.set(given, plain)
      bytes.fill(0, plain + given.length, plain + BYTES * domain.points)
      kernels.importElements(plain, values, domain.points / 2)
      bytes.copyWithin(slopes, values, values + (pair * domain.points) / 2)
      through(bench, transforms, slopes, which === 0 ? rises : falls)
    },
    join(own, from, to) {
      const [a, b] = placesOf(own)
      const [at, pairs] = [(pair * from) / 2, Math.ceil((to - from) / 2)]
      kernels.multiply(a.values + at, b.slopes + at, b.slopes + at, pairs)
      kernels.join(a.slopes + at, b.values + at, b.slopes + at, a.plain + BYTES * from, pairs)
      return memory.views().bytes.slice(a.plain + BYTES * from, a.plain + BYTES * to)
    },
  } satisfies SlopeParts
}
