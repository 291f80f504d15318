/** Programs whose weights are secret: what their structure depends on, and other weights in them. */
import { describe, expect, test } from 'vitest'
import { encode } from '../../src/artifacts/iden3/r1cs.js'
import { sectionsOf } from '../../src/artifacts/model-commitment.js'
import { sha256 } from '../../src/base/digest.js'
import { build, evaluate } from '../../src/circuit/circuit.js'
import { draft, privateInputsOf } from '../../src/circuit/synthesize.js'
import { execute } from '../../src/model/execute.js'
import type { Graph } from '../../src/model/graph.js'
import type { QuantizedModel } from '../../src/model/quantized.js'
import { quantizeInputs } from '../../src/quantize/input.js'
import { ArchitectureError, quantizeLike, SecretRangeError } from '../../src/quantize/like.js'
import { quantize, rewriteSecret } from '../../src/quantize/quantize.js'
import { isSatisfied } from '../helpers/circuits.js'
import { NetBuilder, randomNet, randomSample, randomValues } from '../helpers/float-nets.js'
import { Random } from '../helpers/random.js'

type Draw = (count: number) => Float64Array

const ARCHITECTURES: Readonly<Record<string, (draw: Draw) => Graph>> = {
  MLP: (draw) => {
    const net = new NetBuilder()
    const hidden = net.relu(net.dense(net.input('x', [1, 6]), draw(30), draw(5)))
    return net.finish(net.dense(hidden, draw(15), draw(3)))
  },
  'MLP that divides its input first, and adds a bias on its own': (draw) => {
    const net = new NetBuilder()
    const x = net.node('Mul', diagonal(draw(1), 6), [net.input('x', [1, 6])], [1, 6])
    const made = net.dense(x, draw(24), new Float64Array(4))
    const constant = net.node('Constant', { kind: 'constant', data: draw(4) }, [], [1, 4])
    return net.finish(net.dense(net.relu(net.add([made, constant])), draw(8), draw(2)))
  },
  CNN: (draw) => {
    const net = new NetBuilder()
    const image = net.input('image', [1, 1, 6, 6])
    const conv = net.relu(net.conv(image, draw(18), draw(2), { kernel: 3, pad: 1 }))
    const pooled = net.maxPool(conv, { kernel: 2, stride: 2 })
    const second = net.relu(net.conv(pooled, draw(24), draw(3), { kernel: 2 }))
    const mean = net.averagePool(second, { kernel: 2 })
    return net.finish(net.dense(net.reshape(mean, [1, 3]), draw(9), draw(3)))
  },
  'residual net with Relu6': (draw) => {
    const net = new NetBuilder()
    const first = net.clip(net.dense(net.input('x', [1, 4]), draw(16), draw(4)), 0, 6)
    const branch = net.relu(net.dense(first, draw(16), draw(4)))
    return net.finish(net.dense(net.add([first, branch]), draw(8), draw(2)))
  },
  'net that squares': (draw) => {
    const net = new NetBuilder()
    const first = net.dense(net.input('x', [1, 4]), draw(16), draw(4))
    const square = net.product([first], [0, 1, 2, 3], [0, 1, 2, 3])
    return net.finish(net.dense(square, draw(8), draw(2)))
  },
  'net with a gate': (draw) => {
    const net = new NetBuilder()
    const x = net.input('x', [1, 4])
    const gate = net.clip(net.dense(x, draw(16), draw(4)), 0, 1)
    const gated = net.product([net.dense(x, draw(16), draw(4)), gate], [0, 1, 2, 3], [4, 5, 6, 7])
    return net.finish(net.relu(net.dense(gated, draw(8), draw(2))))
  },
}

/** In 0.1 to 0.5 of magnitude, so that any two models of an architecture fit each other's ranges. */
const drawFrom =
  (random: Random): Draw =>
  (count) =>
    randomValues(random, count, 0.5).map((value) => value + Math.sign(value) * 0.1)

describe.each(Object.entries(ARCHITECTURES))('%s', (_, make) => {
  const random = new Random(3)
  const graph = make(drawFrom(random))
  const samples = Array.from({ length: 40 }, () => randomSample(graph, random))
  const { model } = quantize(graph, samples, { weights: 'committed' })

  test('keeps every number of the model out of the circuit', () => {
    const secrets = model.nodes.filter(({ op }) => op.kind === 'linear' && op.secret !== undefined)
    expect(secrets.length).toBe(rewriteSecret(graph).nodes.filter(({ op }) => 'standIns' in op).length)
    for (const { op, name } of model.nodes) {
      if (op.kind !== 'linear' || op.secret !== undefined) continue
      expect([...new Set(op.bias)], name).toEqual([0])
      expect(new Set(op.weights).size, name).toBeLessThanOrEqual(2)
    }
    expect(model.nodes.some(({ op }) => op.kind === 'constant')).toBe(false)
  })

  test('is computed about as the float model is, and proven as it is computed', () => {
    const blueprint = draft(model)
    const { r1cs } = build(blueprint)
    const { tensor } = model.outputs[0]!
    for (const sample of samples.slice(0, 4)) {
      const inputs = quantizeInputs(model, sample)
      const given = privateInputsOf(blueprint, inputs, [9n])
      expect(isSatisfied(r1cs, evaluate(blueprint, { publicInputs: [1n], privateInputs: given }))).toBe(true)
      expect(worstError(graph, model, sample, tensor)).toBeLessThan(0.05)
    }
  })

  test('takes other weights on the same circuit, zeros and equal ones among them', () => {
    const digest = digestOf(model)
    const odd: Draw = (count) => Float64Array.from({ length: count }, (_, i) => (i % 3 === 0 ? 0 : 0.25))
    const others = [drawFrom(random), drawFrom(random), odd].map(make)
    for (const other of others) {
      const refilled = quantizeLike({ graph, model }, other, samples)
      expect(digestOf(refilled.model)).toBe(digest)
      for (const sample of samples.slice(0, 4)) {
        const { tensor } = refilled.model.outputs[0]!
        expect(worstError(other, refilled.model, sample, tensor)).toBeLessThan(0.1)
      }
      expect(refilled.trace.counterpart.some((id) => id >= 0)).toBe(true)
    }
  })

  test('gives its own program back for its own weights', () => {
    const again = quantizeLike({ graph, model }, graph, samples).model
    expect(again.nodes).toEqual(model.nodes)
  })
})

test('structure does not depend on a single weight of a random net', () => {
  for (let seed = 1; seed <= 150; seed++) {
    const graph = randomNet(new Random(seed))
    const structure = (other: Graph) =>
      rewriteSecret(other).nodes.map(({ name, op }) =>
        op.kind === 'linear' && op.standIns !== undefined
          ? [name, op.rowStart, op.column, op.weight, op.standIns]
          : [name, op.kind],
      )
    const zeroed = {
      ...graph,
      nodes: graph.nodes.map((node) =>
        node.op.kind === 'linear' && node.source !== 'Add'
          ? {
              ...node,
              op: {
                ...node.op,
                weights: node.op.weights.map((_, i) => i % 2),
                bias: node.op.bias.map(() => 0),
              },
            }
          : node,
      ),
    }
    expect(structure(zeroed), `seed ${seed}`).toEqual(structure(graph))
  }
})

describe('what is not of the architecture is refused, by the name of its layer', () => {
  const random = new Random(8)
  const mlp = (hidden: number, make = (net: NetBuilder, from: number) => net.relu(from), size = 1) => {
    const net = new NetBuilder()
    const first = net.dense(
      net.input('x', [1, 4]),
      randomValues(random, 4 * hidden, size),
      randomValues(random, hidden, size),
    )
    return net.finish(net.dense(make(net, first), randomValues(random, 2 * hidden), randomValues(random, 2)))
  }
  const graph = mlp(3)
  const samples = Array.from({ length: 20 }, () => randomSample(graph, random))
  const template = { graph, model: quantize(graph, samples, { weights: 'committed' }).model }

  test.each([
    ['a wider layer', mlp(5)],
    ['another activation', mlp(3, (net, from) => net.clip(from, 0, 6))],
    ['a layer less', mlp(3, (_, from) => from)],
    ['another input', ARCHITECTURES.MLP!(drawFrom(random))],
  ])('%s', (_, other) => {
    expect(() => quantizeLike(template, other, samples)).toThrow(ArchitectureError)
  })

  test('a bias that its bits cannot hold', () => {
    const net = new NetBuilder()
    const first = net.dense(
      net.input('x', [1, 4]),
      randomValues(random, 12, 0.01),
      randomValues(random, 3, 5000),
    )
    const other = net.finish(net.dense(net.relu(first), randomValues(random, 6), randomValues(random, 2)))
    expect(() => quantizeLike(template, other, samples)).toThrow(SecretRangeError)
    expect(() => quantizeLike(template, other, samples)).toThrow(
      /A bias of layer ".*" does not fit the \d+ bits/,
    )
  })
})

test('a convolution has one bias a filter', () => {
  const random = new Random(4)
  const graph = ARCHITECTURES.CNN!(drawFrom(random))
  const { model } = quantize(graph, [randomSample(graph, random), randomSample(graph, random)], {
    weights: 'committed',
  })
  expect(sectionsOf(model).map(({ count }) => count)).toEqual([18, 2, 24, 3, 9, 3])
})

function digestOf(model: QuantizedModel): string {
  return sha256(encode(build(draft(model)).r1cs))
}

/** The largest difference of the output from the float model's, as a part of its range over the output's elements. */
function worstError(graph: Graph, model: QuantizedModel, sample: Float64Array[], tensor: number): number {
  const floats = execute(graph, sample)[graph.outputs[0]!.tensor]!
  const integers = execute(model, quantizeInputs(model, sample))[tensor]!
  const size = Math.max(1, ...floats.map(Math.abs))
  return (
    Math.max(...integers.map((value, i) => Math.abs(value * model.scales[tensor]![0]! - floats[i]!))) / size
  )
}

function diagonal(factor: Float64Array, size: number) {
  return {
    kind: 'linear' as const,
    rowStart: Int32Array.from({ length: size + 1 }, (_, row) => row),
    column: Int32Array.from({ length: size }, (_, row) => row),
    weight: new Int32Array(size),
    weights: factor,
    bias: new Float64Array(size),
  }
}
