import { describe, expect, test } from 'vitest'
import { execute } from '../../src/model/execute.js'
import type { Graph } from '../../src/model/graph.js'
import {
  assertFlips,
  FlipError,
  measureFidelity,
  ReferenceMismatchError,
  wilson,
} from '../../src/quantize/fidelity.js'
import { quantize } from '../../src/quantize/quantize.js'
import { NetBuilder, randomSample, randomValues } from '../helpers/float-nets.js'
import { Random } from '../helpers/random.js'

const random = new Random(21)
const net = new NetBuilder()
const hidden = net.relu(net.dense(net.input('x', [1, 6]), randomValues(random, 48), randomValues(random, 8)))
const graph = net.finish(net.dense(hidden, randomValues(random, 24), randomValues(random, 3)))
const samples = Array.from({ length: 120 }, () => randomSample(graph, random))
const reference = samples.map((sample) => outputsOf(graph, sample))
const labels = reference.map(([scores]) => scores!.indexOf(Math.max(...scores!)))

function outputsOf(program: Graph, sample: Float64Array[]): Float64Array[] {
  const values = execute(program, sample)
  return program.outputs.map(({ tensor }) => values[tensor]!)
}

const fine = quantize(graph, samples, {
  task: 'classification',
  bits: { activation: 12, weight: 12, input: 12 },
})
const coarse = quantize(graph, samples, {
  task: 'classification',
  bits: { activation: 2, weight: 3, input: 3 },
})

describe('a faithful model', () => {
  const fidelity = measureFidelity(fine, { samples, reference, labels })

  test('flips nothing, and is as accurate as the float one', () => {
    expect(fidelity.samples).toBe(120)
    expect(fidelity.outside).toEqual([])
    expect(fidelity.labels).toMatchObject({ flips: 0, rate: 0, accuracy: { float: 1, integer: 1 } })
    expect(() => assertFlips(fidelity, 0)).not.toThrow()
  })

  test('errors are small at every layer, and named', () => {
    expect(fidelity.layers.map(({ name, source }) => `${name} ${source}`)).toEqual([
      'gemm0 Gemm',
      'relu1 Relu',
      'gemm2 Gemm',
    ])
    for (const { worst, mean, relative } of fidelity.layers) {
      expect(worst).toBeGreaterThan(0)
      expect(worst).toBeLessThan(0.02)
      expect(mean).toBeLessThan(worst)
      expect(relative).toBeLessThan(1e-3)
    }
  })
})

describe('a model with too few bits', () => {
  const fidelity = measureFidelity(coarse, { samples, reference, labels })
  const found = fidelity.labels!

  test('flips labels, most of them narrow ones, and says which', () => {
    expect(found.flips).toBeGreaterThan(0)
    expect(found.flips).toBe(found.flipped.length)
    expect(found.rate).toBeCloseTo(found.flips / 120)
    expect(found.accuracy!.integer).toBeCloseTo(1 - found.rate)
    for (const { sample, float, integer, margin } of found.flipped) {
      expect(float).toEqual([labels[sample]])
      expect(integer).not.toEqual(float)
      const sorted = [...reference[sample]![0]!].toSorted((a, b) => b - a)
      expect(margin).toBeCloseTo(sorted[0]! - sorted[1]!)
    }
  })

  test('misses the target with an error whose fault is the answer', () => {
    const attempt = () => assertFlips(fidelity, 0)
    expect(attempt).toThrow(FlipError)
    expect(attempt).toThrow(
      new RegExp(
        `changes ${(100 * found.rate).toFixed(2)} % of the labels[^]*flipped samples: ${found.flipped[0]!.sample}`,
      ),
    )
    try {
      attempt()
    } catch (error) {
      expect((error as FlipError).fault).toBe('answer')
    }
    expect(() => assertFlips(fidelity, 1)).not.toThrow()
  })
})

describe('samples and references', () => {
  test('samples outside the domain are counted apart', () => {
    const wild = [Float64Array.from({ length: 6 }, () => 50)]
    const fidelity = measureFidelity(fine, {
      samples: [samples[0]!, wild, samples[1]!],
      reference: [reference[0]!, outputsOf(graph, wild), reference[1]!],
      labels: [labels[0]!, 0, labels[1]!],
    })
    expect(fidelity.samples).toBe(2)
    expect(fidelity.outside.map(({ sample }) => sample)).toEqual([1])
    expect(fidelity.labels!.accuracy).toEqual({ float: 1, integer: 1 })
    expect(() => measureFidelity(fine, { samples: [wild], reference: [outputsOf(graph, wild)] })).toThrow(
      /every sample is outside[\s\S]*Element 0 of input "x" is 50 in sample 0/,
    )
  })

  test('a model of numbers has errors, but no labels', () => {
    const fidelity = measureFidelity(quantize(graph, samples), { samples, reference })
    expect(fidelity.labels).toBeUndefined()
    expect(fidelity.outputs[0]!.worst).toBeGreaterThan(0)
    expect(() => assertFlips(fidelity, 0)).not.toThrow()
  })

  test('the error of an output is the difference from the reference', () => {
    const moved = reference.map((outputs) => outputs.map((values) => values.map((value) => value + 3)))
    expect(measureFidelity(fine, { samples, reference: moved }).outputs[0]!.mean).toBeCloseTo(3, 2)
  })

  test('labels of an ArgMax are compared as they are', () => {
    const withLabel = { ...net.finish(net.argMax(2 + 1)) }
    const quantized = quantize(withLabel, samples)
    const fidelity = measureFidelity(quantized, {
      samples,
      reference: labels.map((label) => [Float64Array.of(label)]),
      labels,
    })
    expect(fidelity.labels!.rate).toBeLessThan(0.05)
    const shifted = labels.map((label) => [Float64Array.of((label + 1) % 3)])
    expect(measureFidelity(quantized, { samples, reference: shifted }).labels!.rate).toBeGreaterThan(0.95)
  })

  test.each([
    ['no samples', { samples: [], reference: [] }],
    ['a reference short of a sample', { samples, reference: reference.slice(1) }],
    ['labels short of a sample', { samples, reference, labels: labels.slice(1) }],
    ['a reference of another size', { samples, reference: reference.map(() => [Float64Array.of(1)]) }],
  ])('%s', (_, data) => {
    expect(() => measureFidelity(fine, data)).toThrow(ReferenceMismatchError)
  })
})

test("Wilson's interval, against published values", () => {
  const rounded = (hits: number, count: number) =>
    wilson(hits, count).map((end) => Math.round(1e4 * end) / 1e4)
  // Newcombe 1998, Statistics in Medicine 17, table I, method 3
  expect(rounded(81, 263)).toEqual([0.2553, 0.3662])
  expect(rounded(15, 148)).toEqual([0.0624, 0.1605])
  expect(rounded(0, 20)).toEqual([0, 0.1611])
  expect(rounded(1, 29)).toEqual([0.0061, 0.1718])
})
