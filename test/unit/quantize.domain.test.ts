import { describe, expect, test } from 'vitest'
import { type Domain, DomainError, domainOf, inPowersOfTwo } from '../../src/quantize/domain.js'
import { findGrid } from '../../src/quantize/grid.js'
import { InputSizeError, OutsideDomainError, quantizeInput } from '../../src/quantize/input.js'
import { Random } from '../helpers/random.js'

const image = { name: 'image', shape: [1, 1, 4, 4] }
const table = { name: 'row', shape: [1, 3] }

function samplesOf(count: number, size: number, value: (at: number) => number): Float64Array[] {
  // through float32, as samples come
  return Array.from({ length: count }, () =>
    Float64Array.from(new Float32Array(size).map((_, at) => value(at))),
  )
}

function quantized(domain: Domain, size: number, values: ArrayLike<number>): Float64Array {
  const model = { scales: [domain.scale], tensors: [{ name: 'x', shape: [size] }] }
  return quantizeInput(model, { name: 'x', tensor: 0, lo: domain.lo, hi: domain.hi }, values)
}

describe('grids', () => {
  test.each([
    [1 / 255, 255],
    [1 / 16, 16],
    [0.1, 60],
    [1, 100],
    [4, 200],
  ])('step %d is found among float32 values and off zero', (step, span) => {
    const random = new Random(7)
    for (const offset of [0, -3, 2.7]) {
      const levels = [0, span, ...Array.from({ length: 40 }, () => random.int(0, span))]
      const grid = findGrid(Float64Array.from(new Float32Array(levels.map((k) => offset + k * step))), 256)
      expect(grid?.span).toBe(span)
      expect(Math.abs(grid!.step / step - 1)).toBeLessThan(1e-5)
    }
  })

  test('a step that everyone knows is that number exactly', () => {
    expect(findGrid(Float64Array.from(new Float32Array([0, 1 / 255, 7 / 255, 1])), 256)?.step).toBe(1 / 255)
  })

  test('values at random have none, nor have more levels than asked for', () => {
    const random = new Random(8)
    expect(
      findGrid(
        Float64Array.from({ length: 20 }, () => random.float(0, 1)),
        256,
      ),
    ).toBeUndefined()
    expect(findGrid(Float64Array.of(0, 1, 256), 256)).toBeUndefined()
    expect(findGrid(Float64Array.of(0, 1, 255), 256)?.span).toBe(255)
  })

  test('one value has none', () => {
    expect(findGrid(Float64Array.of(5), 256)).toBeUndefined()
  })
})

describe('domains from samples', () => {
  test('pixels k/16 and k/255 keep their levels, and the range 0 to 1', () => {
    const random = new Random(1)
    for (const levels of [16, 255]) {
      const samples = samplesOf(40, 16, (at) =>
        at === 0 ? 0 : at === 1 ? 1 : random.int(0, levels) / levels,
      )
      const domain = domainOf(image, samples, 8)
      expect(domain).toEqual({
        scale: Float64Array.of(1 / levels),
        lo: Float64Array.of(0),
        hi: Float64Array.of(levels),
      })
    }
  })

  test('pixels that never came to full white may, and counts may go beyond those seen', () => {
    const random = new Random(9)
    const dim = domainOf(
      image,
      samplesOf(40, 16, (at) => (at < 2 ? at * 15 : random.int(0, 15)) / 16),
      8,
    )
    expect([dim.lo[0], dim.hi[0], dim.scale[0]]).toEqual([0, 16, 1 / 16])
    const counts = domainOf(
      image,
      samplesOf(40, 16, (at) => (at < 2 ? 20 + at * 60 : random.int(20, 80))),
      8,
    )
    expect([counts.lo[0], counts.hi[0], counts.scale[0]]).toEqual([0, 127, 1])
  })

  test('normalised pixels keep one level each', () => {
    const random = new Random(2)
    const samples = samplesOf(40, 16, (at) => ((at < 2 ? at : random.int(0, 255) / 255) - 0.1307) / 0.3081)
    const domain = domainOf(image, samples, 8)
    expect(domain.hi[0]! - domain.lo[0]!).toBe(255)
    const levels = Float64Array.from({ length: 16 }, (_, k) => (k * 17) / 255)
    const found = quantized(
      domain,
      16,
      levels.map((pixel) => (pixel - 0.1307) / 0.3081),
    )
    expect([...found].map((level) => level - found[0]!)).toEqual(Array.from({ length: 16 }, (_, k) => 17 * k))
  })

  test('values at random fill all levels, over a range widened but not below zero', () => {
    const random = new Random(3)
    const { scale, lo, hi } = domainOf(
      image,
      samplesOf(40, 16, () => random.float(0, 3)),
      8,
    )
    expect([scale.length, lo[0], hi[0]]).toEqual([1, 0, 255])
    expect(255 * scale[0]!).toBeGreaterThan(3.2)
    expect(255 * scale[0]!).toBeLessThan(3.4)
  })

  test('features of very different range have scales of their own', () => {
    const random = new Random(4)
    const sizes = [1e-3, 1, 4e3]
    const domain = domainOf(
      table,
      samplesOf(50, 3, (at) => random.float(-1, 1) * sizes[at]!),
      8,
    )
    expect(domain.scale).toHaveLength(3)
    sizes.forEach((size, at) => {
      // nearly twice the range of 2, in 512 levels
      expect(511 * (domain.scale[at]! / size)).toBeGreaterThan(3.6)
      expect(511 * (domain.scale[at]! / size)).toBeLessThan(4)
    })
  })

  test('a flag that never changed keeps both states, another constant its one value', () => {
    const random = new Random(5)
    const value = (at: number) => [0, 7.5, random.float(0, 1000), random.float(0, 1)][at]!
    const varying = domainOf({ name: 'row', shape: [1, 4] }, samplesOf(50, 4, value), 8)
    expect([varying.lo[0], varying.hi[0], varying.scale[0]]).toEqual([0, 1, 1])
    expect([varying.lo[1], varying.hi[1], varying.scale[1]]).toEqual([1, 1, 7.5])
  })

  test('two samples do not make a grid', () => {
    const domain = domainOf({ name: 'x', shape: [1] }, [Float64Array.of(0.3), Float64Array.of(0.9)], 8)
    expect(domain.hi[0]! - domain.lo[0]!).toBe(511)
  })
})

describe('declared domains', () => {
  const samples = [Float64Array.of(0.2, 0.4, 0.77), Float64Array.of(0.9, 0.13, 0.5)]

  test('every value between the ends is inside', () => {
    const random = new Random(6)
    for (let round = 0; round < 300; round++) {
      const lo = random.float(-50, 50)
      const hi = lo + random.float(1e-3, 100)
      const domain = domainOf(table, samples, random.int(2, 12), { lo, hi })
      const found = quantized(domain, 3, [lo, hi, lo + (hi - lo) * random.float(0, 1)])
      found.forEach((level) => {
        expect(level).toBeGreaterThanOrEqual(domain.lo[0]!)
        expect(level).toBeLessThanOrEqual(domain.hi[0]!)
      })
    }
  })

  test('one pair an element', () => {
    const domain = domainOf(table, samples, 8, { lo: 0, hi: [1, 10, 100] })
    expect([...domain.scale]).toEqual([1 / 255, 10 / 255, 100 / 255])
  })

  test.each([
    [{ lo: 1, hi: 1 }],
    [{ lo: 0, hi: Number.NaN }],
    [{ lo: [0, 0], hi: 1 }],
    [{ lo: 0, hi: [1, 1, Infinity] }],
  ])('%j is refused', (declared) => {
    expect(() => domainOf(table, samples, 8, declared)).toThrow(DomainError)
  })
})

describe('inputs', () => {
  const domain = { scale: Float64Array.of(0.5), lo: Float64Array.of(-2), hi: Float64Array.of(4) }

  test('round to the nearest level, halves up, and never to minus zero', () => {
    expect([...quantized(domain, 5, [0.25, -0.25, 0.24, 2, -1])]).toEqual([1, 0, 0, 4, -2])
    expect(Object.is(quantized(domain, 1, [-0.1])[0], 0)).toBe(true)
  })

  test.each([2.3, -1.3, Number.NaN, Infinity, -Infinity])(
    '%d is outside, and the error names it',
    (value) => {
      expect(() => quantized(domain, 2, [0, value])).toThrow(OutsideDomainError)
      expect(() => quantized(domain, 2, [0, value])).toThrow(
        new RegExp(`Element 1 of input "x" is ${value} in the sample, outside[^]*-1 to 2[^]*What to do`),
      )
    },
  )

  test('another number of values is an error that names both', () => {
    expect(() => quantized(domain, 2, [0])).toThrow(InputSizeError)
    expect(() => quantized(domain, 2, [0])).toThrow(/takes 2 values, but the sample has 1/)
  })
})

test('steps of a power of two hold all that the steps before them stood for', () => {
  const samples = [Float64Array.of(-1, 1, 0.123456)]
  const declared = { lo: -1, hi: 1 }
  const fine = inPowersOfTwo(domainOf(table, samples, 8, declared), 16)
  expect(Number.isInteger(Math.log2(fine.scale[0]!))).toBe(true)
  expect(fine.lo[0]! * fine.scale[0]!).toBeLessThanOrEqual(-1)
  expect(fine.hi[0]! * fine.scale[0]!).toBeGreaterThanOrEqual(1)
  const bytes = { scale: Float64Array.of(1), lo: Float64Array.of(0), hi: Float64Array.of(255) }
  const finer = inPowersOfTwo(bytes, 8)
  expect([finer.lo[0]! * finer.scale[0]!, finer.hi[0]! * finer.scale[0]!]).toEqual([0, 255])
})
