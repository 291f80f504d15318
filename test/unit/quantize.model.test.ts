import { describe, expect, test } from 'vitest'
import { canonicalJson, sha256 } from '../../src/base/digest.js'
import { boundsOf, OverflowError } from '../../src/model/bounds.js'
import { execute } from '../../src/model/execute.js'
import type { Graph } from '../../src/model/graph.js'
import { at, type QuantizedModel } from '../../src/model/quantized.js'
import { NoSamplesError, SampleShapeError, SampleValueError } from '../../src/quantize/calibrate.js'
import { OutsideDomainError, quantizeInputs } from '../../src/quantize/input.js'
import { realsOf } from '../../src/quantize/output.js'
import { type QuantizeOptions, quantize, UnknownInputError } from '../../src/quantize/quantize.js'
import { BitsError, DEFAULT_BITS } from '../../src/quantize/scheme.js'
import { NetBuilder, randomNet, randomSample, randomValues } from '../helpers/float-nets.js'
import { ModelBuilder } from '../helpers/integer-models.js'
import { errorBounds } from '../helpers/quantization-error.js'
import { Random } from '../helpers/random.js'

const SEED = 77

function samplesOf(graph: Graph, random: Random, count: number): Float64Array[][] {
  return Array.from({ length: count }, () => randomSample(graph, random))
}

const kinds = (model: QuantizedModel): string[] => model.nodes.map(({ op }) => op.kind)

/** Runs the integer model on a real sample and reads its outputs back. */
function run(model: QuantizedModel, sample: Float64Array[]): Float64Array[] {
  const values = execute(model, quantizeInputs(model, sample))
  return model.outputs.map(({ tensor }) => realsOf(model, tensor, values[tensor]!))
}

describe('any program', () => {
  test.each([false, true])(
    `every tensor is as near to its float counterpart as the scales say (seed ${SEED}, channels %s)`,
    (channels) => {
      let compared = 0
      for (let round = 0; round < 300; round++) {
        const random = new Random(SEED + round)
        const graph = randomNet(random)
        const bits = {
          activation: random.int(4, 12),
          weight: random.int(4, 12),
          input: random.int(4, 12),
          channels,
        }
        const samples = samplesOf(graph, random, 20)
        const { model, trace } = quantize(graph, samples, { bits })
        for (const sample of samples.slice(0, 3)) {
          const integers = execute(model, quantizeInputs(model, sample))
          const floats = execute(trace.graph, sample)
          const allowed = errorBounds(model, trace, integers, sample)
          model.tensors.forEach(({ name }, tensor) => {
            const counterpart = trace.counterpart[tensor]!
            if (counterpart < 0) return
            realsOf(model, tensor, integers[tensor]!).forEach((real, i) => {
              compared++
              const error = Math.abs(real - floats[counterpart]![i]!)
              expect(error, `${name}[${i}], seed ${SEED + round}`).toBeLessThanOrEqual(
                allowed[tensor]![i]! * (1 + 1e-9) + 1e-12,
              )
            })
          })
        }
      }
      expect(compared).toBeGreaterThan(10_000)
    },
  )

  test('all values are integers inside their bounds', () => {
    for (let round = 0; round < 150; round++) {
      const random = new Random(SEED + round)
      const graph = randomNet(random)
      const samples = samplesOf(graph, random, 10)
      const { model } = quantize(graph, samples)
      const bounds = boundsOf(model)
      for (const sample of samples) {
        execute(model, quantizeInputs(model, sample)).forEach((values, tensor) => {
          values.forEach((value, i) => {
            expect(Number.isInteger(value) && !Object.is(value, -0)).toBe(true)
            expect(value).toBeGreaterThanOrEqual(bounds[tensor]!.lo[i]!)
            expect(value).toBeLessThanOrEqual(bounds[tensor]!.hi[i]!)
          })
        })
      }
    }
  })

  test('more bits come nearer', () => {
    const random = new Random(SEED)
    const net = new NetBuilder()
    const hidden = net.relu(
      net.dense(net.input('x', [1, 8]), randomValues(random, 64), randomValues(random, 8)),
    )
    const graph = net.finish(net.dense(hidden, randomValues(random, 24), randomValues(random, 3)))
    const samples = samplesOf(graph, random, 50)
    const worst = [4, 6, 8, 10, 12].map((bits) => {
      const { model } = quantize(graph, samples, { bits: { activation: bits, weight: bits, input: bits } })
      const errors = samples.map((sample) => {
        const floats = execute(graph, sample)[graph.outputs[0]!.tensor]!
        return Math.max(...run(model, sample)[0]!.map((real, i) => Math.abs(real - floats[i]!)))
      })
      return Math.max(...errors)
    })
    worst.slice(1).forEach((error, i) => {
      expect(error).toBeLessThan(worst[i]! / 2)
    })
  })

  test('quantizing twice gives the same integers', () => {
    const digest = (model: QuantizedModel) =>
      sha256(
        canonicalJson(
          JSON.parse(
            JSON.stringify(model, (_, value) =>
              ArrayBuffer.isView(value) ? [...(value as Float64Array)] : value,
            ),
          ),
        ),
      )
    for (let round = 0; round < 20; round++) {
      const once = (): QuantizedModel => {
        const random = new Random(SEED + round)
        const graph = randomNet(random)
        return quantize(graph, samplesOf(graph, random, 10)).model
      }
      expect(digest(once())).toBe(digest(once()))
    }
  })

  test('unique names throughout', () => {
    for (let round = 0; round < 100; round++) {
      const random = new Random(SEED + round)
      const graph = randomNet(random)
      const { model } = quantize(graph, samplesOf(graph, random, 5))
      expect(new Set(model.nodes.map((node) => node.name)).size).toBe(model.nodes.length)
      expect(new Set(model.tensors.map((tensor) => tensor.name)).size).toBe(model.tensors.length)
    }
  })
})

describe('layers', () => {
  const random = new Random(5)

  test('convolution, Relu and pooling: the largest accumulator is rescaled, once a window', () => {
    const net = new NetBuilder()
    const x = net.conv(net.input('x', [1, 1, 6, 6]), randomValues(random, 18), [0.1, 0.2], { kernel: 3 })
    const graph = net.finish(net.maxPool(net.relu(x), { kernel: 2, stride: 2 }))
    const { model } = quantize(graph, samplesOf(graph, random, 20))
    expect(kinds(model)).toEqual(['linear', 'max', 'rescale'])
    const last = model.nodes.at(-1)!
    expect(last.op).toMatchObject({ kind: 'rescale', relu: true })
    expect(last.source).toBe('Relu')
  })

  test('the largest weight has the weight bits, and the rescaled range the activation bits', () => {
    const net = new NetBuilder()
    const graph = net.finish(
      net.relu(net.dense(net.input('x', [1, 6]), randomValues(random, 30), [0, 0, 0, 0, 0])),
    )
    const samples = samplesOf(graph, random, 60)
    for (const bits of [5, 8, 11]) {
      const { model } = quantize(graph, samples, { bits: { weight: bits, activation: bits } })
      const { op } = model.nodes[0]!
      const largest = op.kind === 'linear' ? Math.max(...op.weights.map(Math.abs)) : 0
      expect(largest).toBeGreaterThanOrEqual(2 ** (bits - 2) - 1)
      expect(largest).toBeLessThanOrEqual(2 ** (bits - 1) - 1)
      const tensor = model.outputs[0]!.tensor
      const seen = samples.map((sample) =>
        Math.max(...execute(model, quantizeInputs(model, sample))[tensor]!),
      )
      expect(Math.abs(Math.max(...seen) - (2 ** bits - 1))).toBeLessThanOrEqual(2 ** bits / 16)
    }
  })

  test('a layer a sixteenth as wide has two bits more', () => {
    const net = new NetBuilder()
    const wide = net.relu(net.dense(net.input('x', [1, 4]), randomValues(random, 256), new Float64Array(64)))
    const small = net.relu(net.dense(wide, randomValues(random, 256), [0, 0, 0, 0]))
    const graph = net.finish(net.dense(small, [1, 2, 3, 4], [0]))
    const { model } = quantize(graph, samplesOf(graph, random, 40))
    const largest = model.nodes.flatMap(({ op }) =>
      op.kind === 'linear' ? [Math.max(...op.weights.map(Math.abs))] : [],
    )
    expect(largest[0]!).toBeLessThan(128)
    expect(largest[1]!).toBeGreaterThanOrEqual(255)
    expect(largest[1]!).toBeLessThan(512)
  })

  describe('channels with scales of their own', () => {
    const small = randomValues(random, 9, 0.01)
    const large = randomValues(random, 9, 10)
    const net = new NetBuilder()
    const x = net.input('x', [1, 1, 6, 6])
    const pooled = net.maxPool(net.relu(net.conv(x, [...small, ...large], [0.01, 0.2], { kernel: 3 })), {
      kernel: 2,
      stride: 2,
    })
    // the narrow channel counts for as much as the wide one
    const weights = Float64Array.from({ length: 16 }, (_, i) => (i % 8 < 4 ? 1000 : 1) * random.float(-1, 1))
    const graph = net.finish(net.relu(net.dense(pooled, weights, [0, 0])))
    const samples = samplesOf(graph, random, 40)
    const made = (channels: boolean) =>
      quantize(graph, samples, { bits: { ...DEFAULT_BITS, channels } }).model
    const errorOf = (model: QuantizedModel) => {
      const errors = samples.map((sample) => {
        const floats = execute(graph, sample)[graph.outputs[0]!.tensor]!
        return Math.max(...run(model, sample)[0]!.map((real, i) => Math.abs(real - floats[i]!)))
      })
      return Math.max(...errors)
    }

    test('keep the digits of a narrow one, at the same operators', () => {
      const [shared, own] = [made(false), made(true)]
      expect(kinds(own)).toEqual(kinds(shared))
      expect(errorOf(own)).toBeLessThan(errorOf(shared) / 4)
    })

    test('are two, which differ as their ranges do, up to the finest that is allowed', () => {
      const model = made(true)
      const relu = model.nodes.find(({ op }) => op.kind === 'rescale')!
      const scales = new Set(model.scales[relu.output])
      expect(scales.size).toBe(2)
      expect(Math.max(...scales) / Math.min(...scales)).toBeCloseTo(16)
      expect(model.scales[model.outputs[0]!.tensor]).toHaveLength(1)
    })

    test('are one where something needs one', () => {
      const compared = new NetBuilder()
      const hidden = compared.dense(compared.input('x', [1, 2]), [1, 0, 0, 100], [0, 0])
      const label = compared.finish(compared.argMax(hidden))
      const { model } = quantize(label, samplesOf(label, random, 20), { bits: { channels: true } })
      expect(model.scales.every((scale) => scale.length === 1)).toBe(true)
    })
  })

  test('Relu6 is a rescale with Relu, and an upper limit in integers', () => {
    const net = new NetBuilder()
    const graph = net.finish(net.clip(net.dense(net.input('x', [1, 2]), [5, 0, 0, 5], [0, 0]), 0, 6))
    const { model } = quantize(graph, [
      [Float64Array.of(2, -2)],
      [Float64Array.of(-2, 2)],
      [Float64Array.of(0.31, 0)],
    ])
    expect(kinds(model)).toEqual(['linear', 'rescale', 'clamp'])
    const step = model.scales[model.outputs[0]!.tensor]![0]!
    expect(Math.abs(run(model, [Float64Array.of(2, -2)])[0]![0]! - 6)).toBeLessThanOrEqual(step / 2)
    expect(run(model, [Float64Array.of(2, -2)])[0]![1]).toBe(0)
    expect(Math.abs(run(model, [Float64Array.of(0.31, 0)])[0]![0]! - 1.55)).toBeLessThan(3 * step)
  })

  test('an upper limit that no input reaches costs no clamp', () => {
    const net = new NetBuilder()
    const graph = net.finish(net.clip(net.dense(net.input('x', [1, 2]), [1, 0, 0, 1], [0, 0]), 0, 6))
    expect(kinds(quantize(graph, samplesOf(graph, random, 20)).model)).not.toContain('clamp')
  })

  test('average pooling is exact', () => {
    const net = new NetBuilder()
    const graph = net.finish(net.averagePool(net.input('x', [1, 1, 4, 4]), { kernel: 2, stride: 2 }))
    const samples = Array.from({ length: 20 }, () => [
      Float64Array.from({ length: 16 }, () => random.int(0, 255) / 255),
    ])
    samples[0]![0]!.set([0, 1])
    const { model } = quantize(graph, samples)
    expect(kinds(model)).toEqual(['linear'])
    for (const sample of samples) {
      const wanted = execute(graph, sample)[graph.outputs[0]!.tensor]!
      run(model, sample)[0]!.forEach((real, i) => {
        expect(Math.abs(real - wanted[i]!)).toBeLessThan(1e-12)
      })
    }
  })

  test('a residual and its convolution are one sum, in which both keep their digits', () => {
    const net = new NetBuilder()
    const first = randomValues(random, 4)
    const x = net.relu(net.conv(net.input('x', [1, 1, 5, 5]), first, first, { kernel: 1 }))
    const small = net.conv(x, randomValues(random, 144, 0.05), new Float64Array(4), { kernel: 3, pad: 1 })
    const graph = net.finish(net.relu(net.add([small, x])))
    const { model } = quantize(graph, samplesOf(graph, random, 30))
    expect(kinds(model)).toEqual(['linear', 'rescale', 'linear', 'rescale'])
    const { op } = model.nodes[2]!
    const weights = op.kind === 'linear' ? [...op.weights].map(Math.abs).toSorted((a, b) => a - b) : []
    expect(weights.at(-1)!).toBeGreaterThan(127)
    expect(weights[Math.floor(weights.length / 2)]!).toBeGreaterThanOrEqual(5)
  })

  test('features of very different range all count', () => {
    const net = new NetBuilder()
    const graph = net.finish(net.dense(net.input('x', [1, 2]), [1000, 0.001], [0]))
    const samples = Array.from({ length: 40 }, () => [
      Float64Array.of(random.float(-1e-3, 1e-3), random.float(-1e3, 1e3)),
    ])
    const { model } = quantize(graph, samples)
    for (const sample of samples) {
      const wanted = sample[0]![0]! * 1000 + sample[0]![1]! * 0.001
      expect(Math.abs(run(model, sample)[0]![0]! - wanted)).toBeLessThan(0.02)
    }
  })

  test('a maximum of tensors with different scales compares them at one', () => {
    const net = new NetBuilder()
    const x = net.input('x', [1, 2])
    const both = [net.dense(x, [1, 2, 3, 4], [0, 0]), net.dense(x, [0.011, -0.02, 0.03, 0.04], [1, 1])]
    const groups = { groupStart: Int32Array.of(0, 2, 4), member: Int32Array.of(0, 2, 1, 3) }
    const graph = net.finish(net.node('Max', { kind: 'max', ...groups }, both, [1, 2]))
    const samples = samplesOf(graph, random, 40)
    const { model } = quantize(graph, samples)
    for (const sample of samples) {
      const wanted = execute(graph, sample)[graph.outputs[0]!.tensor]!
      run(model, sample)[0]!.forEach((real, i) => {
        expect(Math.abs(real - wanted[i]!)).toBeLessThan(0.1)
      })
    }
  })

  test('a long chain without activations is rescaled before its sums pass what float64 holds', () => {
    const net = new NetBuilder()
    // every layer is an output as well, so that none is composed with the next
    const layers = [net.input('x', [1, 30])]
    for (let depth = 0; depth < 6; depth++) {
      layers.push(net.dense(layers.at(-1)!, randomValues(random, 900, 0.5), randomValues(random, 30)))
    }
    const graph = net.finish(...layers.slice(1))
    const { model } = quantize(graph, samplesOf(graph, random, 20))
    expect(kinds(model)).toContain('rescale')
  })

  test('where intervals grow without end, layers saturate, and the model says so', () => {
    const net = new NetBuilder()
    let x = net.input('x', [1, 40])
    for (let depth = 0; depth < 14; depth++)
      x = net.relu(net.dense(x, randomValues(random, 1600, 0.3), randomValues(random, 40)))
    const graph = net.finish(net.dense(x, randomValues(random, 80), [0, 0]))
    const { model } = quantize(graph, samplesOf(graph, random, 20))
    expect(kinds(model)).toContain('clamp')
    expect(model.notes.join()).toMatch(/saturates: values beyond those seen in calibration/)
  })

  test('values too far apart for one scale are compared as finely as the larger needs', () => {
    const net = new NetBuilder()
    const x = net.input('x', [1, 2])
    const apart = [net.dense(x, [1e-9, 0], [0]), net.dense(x, [1e9, -1e9], [0])]
    const graph = net.finish(net.argMax(net.rearrange(apart, [0, 1])))
    const { model } = quantize(graph, samplesOf(graph, random, 40))
    expect(run(model, [Float64Array.of(0.5, 0.4)])[0]).toEqual(Float64Array.of(1))
    expect(run(model, [Float64Array.of(0.4, 0.5)])[0]).toEqual(Float64Array.of(0))
  })

  test('integers that float64 does not hold are an overflow that names the layer', () => {
    const builder = new ModelBuilder()
    const x = builder.input('x', [1], 0, 2 ** 30)
    const square = { kind: 'product' as const, left: Int32Array.of(0), right: Int32Array.of(0) }
    const model = builder.finish([builder.node(square, [x], [1], 'square')])
    expect(() => boundsOf(model)).toThrow(OverflowError)
    expect(() => boundsOf(model)).toThrow(/Layer "square"/)
  })
})

describe('what outputs mean', () => {
  const net = new NetBuilder()
  const scores = net.dense(net.input('x', [1, 2]), [1, 0, 0, 1, -1, -1], [0, 0, 0])
  const label = net.argMax(scores)
  const graph = net.finish(scores, label)
  const samples = samplesOf(graph, new Random(9), 20)
  const meanings = (options: QuantizeOptions) =>
    quantize(graph, samples, options).model.outputs.map(({ meaning }) => meaning)

  test('numbers, unless told otherwise; an ArgMax is a label', () => {
    expect(meanings({})).toEqual(['values', 'label'])
    expect(meanings({ task: 'classification' })).toEqual(['scores', 'label'])
    expect(meanings({ softmaxOutputs: [graph.outputs[0]!.name] })).toEqual(['scores', 'label'])
  })

  test('scores share a scale, whatever they were put together from', () => {
    const mixed = new NetBuilder()
    const x = mixed.input('x', [1, 2])
    const parts = [mixed.dense(x, [1, 2], [0]), mixed.dense(x, [0.01, 0.02], [0])]
    const joined = mixed.finish(mixed.rearrange([...parts], [0, 1], 0, 'Concat'))
    const { model } = quantize(joined, samples, { task: 'classification' })
    expect(model.scales[model.outputs[0]!.tensor]).toHaveLength(1)
  })

  test('the label is the place of the largest score', () => {
    const { model } = quantize(graph, samples, { task: 'classification' })
    for (const sample of samples) {
      const values = execute(model, quantizeInputs(model, sample))
      const [first, second] = model.outputs.map(({ tensor }) => values[tensor]!)
      expect(second![0]).toBe(first!.indexOf(Math.max(...first!)))
    }
  })
})

describe('what is refused', () => {
  const net = new NetBuilder()
  const graph = net.finish(net.relu(net.input('x', [1, 2])))
  const samples = samplesOf(graph, new Random(3), 4)

  test.each([
    ['no samples', () => quantize(graph, []), NoSamplesError],
    ['a sample of the wrong size', () => quantize(graph, [[Float64Array.of(1)]]), SampleShapeError],
    ['a sample without the input', () => quantize(graph, [[]]), SampleShapeError],
    ['NaN', () => quantize(graph, [[Float64Array.of(1, Number.NaN)]]), SampleValueError],
    ['17 bits', () => quantize(graph, samples, { bits: { activation: 17 } }), BitsError],
    [
      'a domain for no input',
      () => quantize(graph, samples, { domains: { y: { lo: 0, hi: 1 } } }),
      UnknownInputError,
    ],
    [
      'samples outside a declared domain',
      () => quantize(graph, samples, { domains: { x: { lo: 0, hi: 0.1 } } }),
      OutsideDomainError,
    ],
  ])('%s', (_, attempt, error) => {
    expect(attempt).toThrow(error)
  })

  test('a calibration sample outside a declared domain is named', () => {
    const attempt = () =>
      quantize(graph, [[Float64Array.of(0, 0)], [Float64Array.of(0, 2)]], {
        domains: { x: { lo: 0, hi: 1 } },
      })
    expect(attempt).toThrow('Element 1 of input "x" is 2 in sample 1, outside the declared domain.')
  })

  test('a declared domain is what the model checks', () => {
    const { model } = quantize(graph, samples, { domains: { x: { lo: -3, hi: 5 } } })
    const { lo, hi, tensor } = model.inputs[0]!
    expect(lo[0]! * at(model.scales[tensor]!, 0)).toBeCloseTo(-3, 1)
    expect(hi[0]! * at(model.scales[tensor]!, 0)).toBeCloseTo(5, 1)
  })
})
