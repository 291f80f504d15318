/** What is kept of samples stands in for them: the same integers follow, whatever the program. */
import { expect, test } from 'vitest'
import { Calibration, encodeCalibration } from '../../src/artifacts/calibration.js'
import { encode } from '../../src/artifacts/program-file.js'
import { coarse } from '../../src/quantize/calibrate.js'
import { prepare, prepareStored, quantizePrepared } from '../../src/quantize/quantize.js'
import { NetBuilder, randomNet, randomSample } from '../helpers/float-nets.js'
import { Random } from '../helpers/random.js'

const CHANNELS = { activation: 5, weight: 5, channels: true }

test.each([undefined, CHANNELS])('random programs are made again without their samples (%j)', (bits) => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = new Random(seed)
    const graph = randomNet(random)
    const samples = Array.from({ length: 20 }, () => randomSample(graph, random))
    const options = seed % 2 === 0 ? { task: 'classification' as const } : {}
    const { model, calibration } = quantizePrepared(prepare(graph, samples, options), bits)
    const stored = Calibration.parse(JSON.parse(encodeCalibration(calibration)))
    const again = quantizePrepared(prepareStored(graph, stored), bits)
    expect(encode(again.model), `seed ${seed}`).toEqual(encode(model))
    expect(again.calibration).toEqual(calibration)
  }
})

test('thresholds of compared inputs are kept', () => {
  const net = new NetBuilder()
  const x = net.input('x', [1, 2])
  const op = { kind: 'compare' as const, element: Int32Array.of(0, 1), threshold: Float64Array.of(0.5, 7) }
  const graph = net.finish(net.node('Less', op, [x], [1, 2]))
  const samples = [0.1, 0.5, 0.9].map((value) => [Float64Array.of(value, 10 * value)])
  const { model, calibration } = quantizePrepared(prepare(graph, samples), undefined)
  expect(calibration.thresholds).toHaveLength(1)
  expect(encode(quantizePrepared(prepareStored(graph, calibration), undefined).model)).toEqual(encode(model))
})

test('what was kept of another model, or with other bits, is refused', () => {
  const random = new Random(5)
  const [one, other] = [randomNet(random), randomNet(random)]
  const { calibration } = quantizePrepared(prepare(one, [randomSample(one, random)]), undefined)
  const names = (graph: typeof one) => graph.tensors.map(({ name }) => name).join()
  expect(names(one)).not.toBe(names(other))
  expect(() => prepareStored(other, calibration)).toThrow(/says nothing of/)
  const without = { ...calibration, domains: [] }
  expect(() => quantizePrepared(prepareStored(one, without), undefined)).toThrow(/says nothing of/)
})

test('ranges grow outward to a grid that a last bit does not cross, and keep their signs', () => {
  const random = new Random(11)
  for (let i = 0; i < 2_000; i++) {
    const size = 2 ** random.int(-60, 60)
    const [lo, hi] = [random.float(-1, 1) * size, random.float(-1, 1) * size].toSorted((a, b) => a - b)
    const range = coarse({ lo: lo!, hi: hi! })
    expect(range.lo).toBeLessThanOrEqual(lo!)
    expect(range.hi).toBeGreaterThanOrEqual(hi!)
    expect(Math.abs(range.lo - lo!)).toBeLessThanOrEqual(Math.abs(lo!) / 2048)
    expect(Math.sign(range.lo)).toBe(Math.sign(lo!))
    expect(Math.sign(range.hi)).toBe(Math.sign(hi!))
    expect(coarse(range)).toEqual(range)
  }
  expect(coarse({ lo: 0, hi: 255 })).toEqual({ lo: 0, hi: 255 })
  expect(coarse({ lo: -1, hi: Number.MIN_VALUE })).toEqual({ lo: -1, hi: Number.MIN_VALUE })
})
