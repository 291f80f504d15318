/** Elementary functions that are the same everywhere: near the engine's, exact where they say so, and pinned bit by bit. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../src/base/digest.js'
import {
  acos,
  acosh,
  asin,
  asinh,
  atan,
  atanh,
  cos,
  cosh,
  exp,
  expm1,
  exponentOf,
  log,
  log1p,
  log2,
  power,
  powerOfTwo,
  sin,
  sinh,
  tan,
  tanh,
} from '../../src/base/elementary.js'
import { Random } from '../../src/base/random.js'

const OWN = {
  acos,
  acosh,
  asin,
  asinh,
  atan,
  atanh,
  cos,
  cosh,
  exp,
  expm1,
  log,
  log1p,
  log2,
  sin,
  sinh,
  tan,
  tanh,
}
type Name = keyof typeof OWN

/** Between which numbers each function is tried. */
const SPANS: Readonly<Record<Name, readonly [number, number]>> = {
  exp: [-700, 700],
  expm1: [-40, 700],
  log: [1e-300, 1e300],
  log2: [1e-300, 1e300],
  log1p: [-0.999, 1e6],
  sinh: [-700, 700],
  cosh: [-700, 700],
  tanh: [-25, 25],
  asinh: [-1e10, 1e10],
  acosh: [1, 1e10],
  atanh: [-0.999, 0.999],
  sin: [-1e4, 1e4],
  cos: [-1e4, 1e4],
  tan: [-1e4, 1e4],
  asin: [-1, 1],
  acos: [-1, 1],
  atan: [-1e3, 1e3],
}

/** Even over the span, and ever nearer to its end that is nearer to 0. */
function pointsOf([lo, hi]: readonly [number, number]): number[] {
  const random = new Random(7)
  const even = Array.from({ length: 400 }, () => lo + (hi - lo) * random.unit())
  const near = Math.abs(lo) < Math.abs(hi) || lo < 0 ? Math.max(lo, 0) : lo
  const closer = Array.from({ length: 400 }, (_, i) => near + (hi - near) * random.unit() * 2 ** -(i % 40))
  return [...even, ...closer, ...(lo < 0 && hi > 0 ? closer.map((x) => Math.max(lo, -x)) : [])]
}

describe.each(Object.entries(SPANS))('%s', (name, span) => {
  const own = OWN[name as Name]
  const engine = Math[name as Name]

  test('is within four units in the last place of the engine’s', () => {
    for (const x of pointsOf(span)) {
      const [found, expected] = [own(x), engine(x)]
      const unit = 2 ** (exponentOf(expected || 1e-300) - 52)
      expect(Math.abs(found - expected), `${name}(${x}) = ${found}, not ${expected}`).toBeLessThanOrEqual(
        4 * unit,
      )
    }
  })

  test('gives what the language says of special numbers', () => {
    for (const x of [0, -0, Infinity, -Infinity, Number.NaN, 1, -1, 2, -2])
      if (!Number.isFinite(engine(x)) || engine(x) === 0) expect(own(x), `${name}(${x})`).toBe(engine(x))
  })
})

test('every bit is what it was', () => {
  const values = Object.entries(SPANS).flatMap(([name, span]) => pointsOf(span).map(OWN[name as Name]))
  const powers = pointsOf([0.001, 50]).flatMap((x) => [0.5, -1.7, 3, 12.25].map((y) => power(x, y)))
  const bytes = new Uint8Array(Float64Array.from([...values, ...powers]).buffer)
  expect(sha256(bytes)).toBe(PINNED)
})

const PINNED = 'sha256:7cce62d2306d0a2f77940b07f3f9e83f2fec109a14eb6b2087b93b6b32e58c9c'

test('sines of large angles lose nothing', () => {
  // W. Kahan's example of an angle next to a multiple of pi / 2, and 10^22, which float64 has exactly
  expect(cos(5.319372648326541e255)).toBe(-4.687165924254628e-19)
  expect(sin(1e22)).toBe(-0.8522008497671888)
})

test('powers of two and whole powers are exact', () => {
  for (let n = -1074; n <= 1023; n++) {
    expect(powerOfTwo(n)).toBe(2 ** n)
    expect(log2(2 ** n)).toBe(n)
    expect(exponentOf(1.5 * 2 ** n)).toBe(n === -1074 ? n + 1 : n)
  }
  for (let base = 2; base <= 9; base++) {
    for (let k = 1; base ** k <= 2 ** 53; k++)
      expect(power(-base, k)).toBe(Number((-BigInt(base)) ** BigInt(k)))
  }
})

test('nothing that engines may compute differently is called in src', () => {
  const root = fileURLToPath(new URL('../../src', import.meta.url))
  const called =
    /\bMath\.(exp|expm1|log|log10|log1p|log2|pow|sin|cos|tan|asin|acos|atan|atan2|sinh|cosh|tanh|asinh|acosh|atanh|cbrt|hypot)\b/
  // whole powers of two and four are exact in every engine; of what is no number of ours nothing is asked
  const raised = /(?<![24n]) \*\* /
  const found = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !ALLOWED.some((allowed) => file.startsWith(allowed)))
    .flatMap((file) =>
      readFileSync(join(root, file), 'utf8')
        .split('\n')
        .filter((line) => !/^\s*(\/\*\*|\*|\/\/)/.test(line) && (called.test(line) || raised.test(line)))
        .map((line) => `${file}: ${line.trim()}`),
    )
  expect(found).toEqual([])
})

/** Whose results are times, figures of whole numbers, or exact. */
const ALLOWED = [
  'base/elementary.ts',
  'base/elementary-constants.ts',
  // logarithms of sizes that are powers of two, and estimated times
  'prover/',
  // shapes: whole numbers far below 2^53
  'onnx/ops/space-to-depth.ts',
  'onnx/ops/depth-to-space.ts',
  // a square of a whole root
  'circuit/gadgets/root.ts',
]
