/** What trials of bits are judged by, and what is asked of them. */
import { describe, expect, test } from 'vitest'
import { execute } from '../../src/model/execute.js'
import { outputRanges } from '../../src/quantize/fidelity.js'
import { probe } from '../../src/quantize/probe.js'
import { prepare, type QuantizeOptions, quantizePrepared } from '../../src/quantize/quantize.js'
import { applicable, meets, missOf } from '../../src/quantize/target.js'
import { NetBuilder, randomSample, randomValues } from '../helpers/float-nets.js'
import { Random } from '../helpers/random.js'

const SEED = 11

/** A net of 6 inputs and 3 outputs, with 3000 samples, of which trials may see the first. */
function setUp(options: QuantizeOptions) {
  const random = new Random(SEED)
  const net = new NetBuilder()
  const hidden = net.relu(
    net.dense(net.input('x', [1, 6]), randomValues(random, 72), randomValues(random, 12)),
  )
  const graph = net.finish(net.dense(hidden, randomValues(random, 36), randomValues(random, 3)))
  const samples = Array.from({ length: 3000 }, () => randomSample(graph, random))
  const reference = samples.map((sample) => [execute(graph, sample)[graph.outputs[0]!.tensor]!])
  const prepared = prepare(graph, samples, options)
  const evidence = (count: number) => ({
    samples: samples.slice(0, count),
    heldOut: count / 2,
    reference: reference.slice(0, count),
    ranges: outputRanges(prepared),
  })
  const at = (bits: number, count: number) => {
    const { model } = quantizePrepared(prepared, { activation: bits, weight: bits, input: Math.max(8, bits) })
    return probe(model, evidence(count))
  }
  return { at }
}

describe('scores', () => {
  const { at } = setUp({ task: 'classification' })

  test.each([4, 5, 6])(
    'flips expected from 200 samples are of the size of those of 3000 (%d bits)',
    (bits) => {
      const { expected } = at(bits, 200)
      const { allFlips } = at(bits, 3000)
      expect(expected! / allFlips!).toBeGreaterThan(0.6)
      expect(expected! / allFlips!).toBeLessThan(3)
    },
  )

  test('models that flip nothing among few samples are told apart', () => {
    const [coarse, fine] = [at(7, 40), at(10, 40)]
    expect([coarse.allFlips, fine.allFlips]).toEqual([0, 0])
    expect(fine.expected!).toBeLessThan(coarse.expected!)
    expect(fine.noise!).toBeLessThan(coarse.noise! / 8)
  })

  test('a target is missed by flips that are seen, and by those expected', () => {
    const found = { ...at(8, 200), flips: 0, allFlips: 0, expected: 0.001 }
    const target = { maxFlip: 0.01 }
    expect(missOf(found, target)).toBeCloseTo(0.1)
    expect(missOf({ ...found, expected: 0.03 }, target)).toBeCloseTo(3)
    expect(missOf({ ...found, flips: 0.02 }, target)).toBeCloseTo(2)
    expect(missOf({ ...found, allFlips: 0.04 }, target)).toBeCloseTo(4)
    expect(missOf(found, { maxError: 0.01 })).toBe(0)
  })

  test('no target is finer than half a sample', () => {
    const found = { ...at(8, 200), flips: 0, allFlips: 0, expected: 0.0024 }
    expect(missOf(found, { maxFlip: 0 })).toBeLessThan(1)
    expect(missOf({ ...found, flips: 0.01 }, { maxFlip: 0 })).toBeGreaterThan(1)
    expect(meets({ flips: 0.01, error: undefined }, { maxFlip: 0 })).toBe(false)
  })
})

describe('numbers', () => {
  const { at } = setUp({})

  test('the worst error is in parts of the range', () => {
    const found = at(8, 200)
    expect(found).toMatchObject({ flips: undefined, expected: undefined })
    expect(found.error!).toBeGreaterThan(0)
    expect(found.error!).toBeLessThan(0.05)
    expect(at(12, 200).error!).toBeLessThan(found.error! / 4)
    expect(missOf(found, { maxError: found.error! / 2 })).toBeCloseTo(2)
    expect(meets(found as { flips: undefined; error: number }, { maxError: found.error! })).toBe(true)
  })
})

test('labels are held to flips, numbers to errors, unless something is asked for', () => {
  expect(applicable({}, true)).toEqual({ maxFlip: 0.005 })
  expect(applicable({}, false)).toEqual({ maxError: 0.01 })
  expect(applicable({ maxError: 0.2 }, true)).toEqual({ maxError: 0.2 })
})
