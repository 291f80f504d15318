import { describe, expect, test } from 'vitest'
import { execute } from '../../src/model/execute.js'
import type { Graph, Op } from '../../src/model/graph.js'
import { PASSES, rewrite } from '../../src/quantize/rewrite.js'
import { groupsOf, NetBuilder, randomNet, randomSample, randomValues } from '../helpers/float-nets.js'
import { Random } from '../helpers/random.js'

const SEED = 20240611

function outputsOf(graph: Graph, sample: Float64Array[]): Float64Array[] {
  const values = execute(graph, sample)
  return graph.outputs.map((port) => values[port.tensor]!)
}

function expectSame(found: Float64Array[], wanted: Float64Array[], context: string): void {
  expect(found.length).toBe(wanted.length)
  found.forEach((values, port) => {
    expect(values.length, context).toBe(wanted[port]!.length)
    values.forEach((value, i) => {
      const allowed = 1e-9 * (1 + Math.abs(wanted[port]![i]!))
      expect(Math.abs(value - wanted[port]![i]!), `${context}, output ${port}[${i}]`).toBeLessThanOrEqual(
        allowed,
      )
    })
  })
}

const kinds = (graph: Graph): Op['kind'][] => graph.nodes.map((node) => node.op.kind)

describe('any program', () => {
  test.each(['rewrite', ...PASSES.map((pass) => pass.name)])(
    `keeps its meaning under %s (seed ${SEED})`,
    (name) => {
      const pass = PASSES.find((candidate) => candidate.name === name) ?? rewrite
      for (let round = 0; round < 400; round++) {
        const random = new Random(SEED + round)
        const graph = randomNet(random)
        const rewritten = pass(graph)
        for (let count = 0; count < 3; count++) {
          const sample = randomSample(graph, random)
          expectSame(outputsOf(rewritten, sample), outputsOf(graph, sample), `${name}, seed ${SEED + round}`)
        }
      }
    },
  )

  test('keeps what programs promise: unique names, columns once a row, makers before readers', () => {
    for (let round = 0; round < 400; round++) {
      const graph = rewrite(randomNet(new Random(SEED + round)))
      const made = new Set(graph.inputs.map((port) => port.tensor))
      expect(new Set(graph.tensors.map((tensor) => tensor.name)).size).toBe(graph.tensors.length)
      expect(new Set(graph.nodes.map((node) => node.name)).size).toBe(graph.nodes.length)
      for (const { op, inputs, output } of graph.nodes) {
        expect(inputs.every((input) => made.has(input))).toBe(true)
        made.add(output)
        if (op.kind !== 'linear') continue
        for (let row = 0; row < op.bias.length; row++) {
          const columns = op.column.subarray(op.rowStart[row], op.rowStart[row + 1])
          expect(new Set(columns).size).toBe(columns.length)
        }
      }
    }
  })
})

describe('passes meet in real layers', () => {
  test('a convolution, its bias, normalisation and scaling are one linear operator named for the convolution', () => {
    const random = new Random(1)
    const net = new NetBuilder()
    let x = net.conv(net.input('x', [1, 2, 6, 6]), randomValues(random, 72), randomValues(random, 4), {
      kernel: 3,
    })
    for (const factor of [0.5, 3]) x = net.add([x], [factor])
    const graph = rewrite(net.finish(x))
    expect(graph.nodes.map(({ name, source }) => [name, source])).toEqual([['conv0', 'Conv']])
    const sample = randomSample(graph, random)
    expectSame(outputsOf(graph, sample), outputsOf(net.finish(x), sample), 'conv')
  })

  test('pooling comes before Relu, where windows do not overlap', () => {
    const net = new NetBuilder()
    const x = net.input('x', [1, 1, 4, 4])
    const pooled = net.maxPool(net.relu(net.conv(x, [1.5], [0.1], { kernel: 1 })), { kernel: 2, stride: 2 })
    expect(kinds(rewrite(net.finish(pooled)))).toEqual(['linear', 'max', 'clamp'])
  })

  test('pooling stays behind Relu, where windows overlap much', () => {
    const net = new NetBuilder()
    const x = net.input('x', [1, 1, 8, 8])
    const pooled = net.maxPool(net.relu(net.conv(x, [1.5], [0.1], { kernel: 1 })), { kernel: 3, stride: 1 })
    expect(kinds(rewrite(net.finish(pooled)))).toEqual(['linear', 'clamp', 'max'])
  })

  test('Relu moves through a transposition, which the next layer absorbs', () => {
    const net = new NetBuilder()
    const x = net.input('x', [1, 4])
    const hidden = net.relu(
      net.rearrange([net.dense(x, randomValues(new Random(2), 16), [1, 2, 3, 4])], [3, 1, 0, 2]),
    )
    const graph = rewrite(net.finish(net.dense(hidden, [1, 2, 3, 4], [0])))
    expect(kinds(graph)).toEqual(['linear', 'clamp', 'linear'])
  })

  test('Relu behind a concatenation meets each of the layers in front of it', () => {
    const net = new NetBuilder()
    const x = net.input('x', [1, 2])
    const branches = [net.dense(x, [1, 2], [0]), net.dense(x, [3, 4, 5, 6], [0, 1])]
    const graph = rewrite(net.finish(net.relu(net.rearrange(branches, [0, 1, 2], 0, 'Concat'))))
    expect(kinds(graph)).toEqual(['linear', 'linear', 'clamp', 'clamp', 'rearrange'])
  })

  test('a narrow waist is not composed: entries would grow', () => {
    const random = new Random(3)
    const net = new NetBuilder()
    const waist = net.dense(net.input('x', [1, 20]), randomValues(random, 40), [0, 0])
    const graph = rewrite(net.finish(net.dense(waist, randomValues(random, 60), new Float64Array(30))))
    expect(kinds(graph)).toEqual(['linear', 'linear'])
  })

  test('a producer that others read as well stays', () => {
    const net = new NetBuilder()
    const first = net.dense(net.input('x', [1, 2]), [1, 2, 3, 4], [0, 0])
    const graph = net.finish(net.add([first], [2]), first)
    expect(kinds(rewrite(graph))).toEqual(['linear', 'linear'])
  })

  test('a padding of zeros becomes missing entries, one of 0.5 part of the bias', () => {
    const net = new NetBuilder()
    const padded = net.rearrange([net.input('x', [1, 2])], [-1, 0, 1], 0.5, 'Pad')
    const graph = rewrite(net.finish(net.dense(padded, [4, 5, 6], [1])))
    expect(graph.nodes).toHaveLength(1)
    const { op } = graph.nodes[0]!
    expect(op).toMatchObject({ kind: 'linear', bias: Float64Array.of(3), weights: Float64Array.of(5, 6) })
  })

  test('a maximum over another padding than minus infinity keeps the padding', () => {
    const net = new NetBuilder()
    const padded = net.rearrange([net.input('x', [1, 2])], [-1, 0, 1], 0, 'Pad')
    const max = net.node('MaxPool', { kind: 'max', ...groupsOf([[0, 1, 2]]) }, [padded], [1])
    const graph = net.finish(max)
    expect(kinds(rewrite(graph))).toEqual(['rearrange', 'max'])
    expect(outputsOf(rewrite(graph), [Float64Array.of(-1, -2)])[0]).toEqual(Float64Array.of(0))
  })

  test('dead branches go, unread inputs stay', () => {
    const net = new NetBuilder()
    const x = net.input('x', [1, 2])
    net.input('unread', [3])
    net.dense(x, [1, 1], [0])
    const graph = rewrite(net.finish(net.relu(x)))
    expect(graph.inputs.map((port) => port.name)).toEqual(['x', 'unread'])
    expect(kinds(graph)).toEqual(['clamp'])
  })

  test('rewriting again changes nothing', () => {
    for (let round = 0; round < 100; round++) {
      const once = rewrite(randomNet(new Random(SEED + round)))
      expect(rewrite(once)).toBe(once)
    }
  })
})

describe('products', () => {
  const net = () => {
    const builder = new NetBuilder()
    const x = builder.input('x', [1, 3])
    const constant = builder.node(
      'Constant',
      { kind: 'constant', data: Float64Array.of(2, -3, 0) },
      [],
      [1, 3],
    )
    return { builder, x, constant }
  }

  test('with a constant are linear, one weight each', () => {
    const { builder, x, constant } = net()
    const graph = rewrite(builder.finish(builder.product([x, constant], [0, 4, 2, 3], [3, 1, 5, 4])))
    expect(kinds(graph)).toEqual(['linear'])
    expect(graph.nodes[0]!.inputs).toEqual([0])
    expect(outputsOf(graph, [Float64Array.of(5, 6, 7)])[0]).toEqual(Float64Array.of(10, -18, 0, -6))
  })

  test('of which some are with a constant are taken apart', () => {
    const { builder, x, constant } = net()
    const made = builder.product([x, constant], [0, 4, 1, 2], [1, 1, 3, 2])
    const graph = rewrite(builder.finish(builder.add([made, made])))
    expect(kinds(graph)).toEqual(['product', 'linear'])
    expect(graph.nodes[0]!.op).toMatchObject({ left: Int32Array.of(0, 2), right: Int32Array.of(1, 2) })
    expect(outputsOf(graph, [Float64Array.of(5, 6, 7)])[0]).toEqual(Float64Array.of(60, -36, 24, 98))
  })

  test('of the same pair are one', () => {
    const { builder, x } = net()
    const gram = builder.product([x, x], [0, 0, 1, 1], [3, 4, 3, 4])
    const graph = rewrite(builder.finish(builder.dense(gram, [1, 1, 1, 1], [0])))
    expect(kinds(graph)).toEqual(['product', 'linear'])
    expect(graph.nodes[0]!.op).toMatchObject({ left: Int32Array.of(0, 0, 1), right: Int32Array.of(0, 1, 1) })
    expect(outputsOf(graph, [Float64Array.of(5, 6, 0)])[0]).toEqual(Float64Array.of(121))
  })
})
