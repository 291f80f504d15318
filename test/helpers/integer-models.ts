/** Integer programs for tests: a builder, and random small ones. */
import { sizeOf } from '../../src/base/tensor.js'
import { boundsOf, OverflowError } from '../../src/model/bounds.js'
import type { Op, TensorInfo } from '../../src/model/graph.js'
import type { QuantizedModel, QuantizedOutput } from '../../src/model/quantized.js'
import type { Random } from './random.js'

export class ModelBuilder {
  private readonly tensors: TensorInfo[] = []
  private readonly nodes: QuantizedModel['nodes'][number][] = []
  private readonly inputs: QuantizedModel['inputs'][number][] = []

  input(name: string, shape: readonly number[], lo: number, hi: number): number {
    const tensor = this.tensor(name, shape)
    this.inputs.push({ name, tensor, lo: Float64Array.of(lo), hi: Float64Array.of(hi) })
    return tensor
  }

  node(
    op: Op,
    inputs: readonly number[],
    shape: readonly number[],
    name = `${op.kind}${this.nodes.length}`,
  ): number {
    const output = this.tensor(name, shape)
    this.nodes.push({ name, source: op.kind, op, inputs, output })
    return output
  }

  size(tensor: number): number {
    return sizeOf(this.tensors[tensor]!.shape)
  }

  finish(outputs: readonly number[], meaning: QuantizedOutput['meaning'] = 'values'): QuantizedModel {
    return {
      inputs: this.inputs,
      outputs: outputs.map((tensor) => ({ name: this.tensors[tensor]!.name, tensor, meaning })),
      tensors: this.tensors,
      nodes: this.nodes,
      scales: this.tensors.map(() => Float64Array.of(1)),
      notes: [],
    }
  }

  private tensor(name: string, shape: readonly number[]): number {
    return this.tensors.push({ name, shape }) - 1
  }
}

/** A dense or sparse linear operator with random integer weights, shared between rows as a convolution's are. */
export function randomLinear(random: Random, columns: number, rows: number, largest: number): Op {
  const weights = Float64Array.from({ length: random.int(1, 12) }, () => random.int(-largest, largest))
  const rowStart = new Int32Array(rows + 1)
  const column: number[] = []
  for (let row = 0; row < rows; row++) {
    for (let c = 0; c < columns; c++) if (random.int(0, 2) > 0) column.push(c)
    rowStart[row + 1] = column.length
  }
  return {
    kind: 'linear',
    rowStart,
    column: Int32Array.from(column),
    weight: Int32Array.from(column, () => random.int(0, weights.length - 1)),
    weights,
    bias: Float64Array.from({ length: rows }, () => random.int(-largest * 4, largest * 4)),
  }
}

/** Consecutive groups of the given sizes. */
export function groupsOf(sizes: readonly number[]): { groupStart: Int32Array; member: Int32Array } {
  const groupStart = new Int32Array(sizes.length + 1)
  sizes.forEach((size, i) => {
    groupStart[i + 1] = groupStart[i]! + size
  })
  return { groupStart, member: Int32Array.from({ length: groupStart[sizes.length]! }, (_, i) => i) }
}

/** A random program of a few layers over every core operator, within the exact integers. */
export function randomModel(random: Random): QuantizedModel {
  for (;;) {
    const model = anyModel(random)
    try {
      boundsOf(model)
      return model
    } catch (error) {
      if (!(error instanceof OverflowError)) throw error
    }
  }
}

function anyModel(random: Random): QuantizedModel {
  const builder = new ModelBuilder()
  const lo = random.int(-40, 10)
  let tensors = [builder.input('x', [random.int(1, 6)], lo, lo + random.int(0, 70))]
  if (random.int(0, 3) === 0) tensors.push(builder.input('z', [random.int(1, 4)], 0, random.int(1, 255)))
  for (let layer = random.int(1, 5); layer > 0; layer--)
    tensors = [...tensors, randomLayer(random, builder, tensors)]
  return builder.finish(random.int(0, 1) === 0 ? [tensors.at(-1)!] : tensors.slice(-2))
}

function randomLayer(random: Random, builder: ModelBuilder, tensors: readonly number[]): number {
  const inputs = [random.pick(tensors)]
  if (random.int(0, 2) === 0) inputs.push(random.pick(tensors))
  const size = inputs.reduce((sum, id) => sum + builder.size(id), 0)
  const first = builder.size(inputs[0]!)
  const groups = groupsOf(random.split(size))
  const layers: (() => number)[] = [
    () => {
      const rows = random.int(1, 5)
      return builder.node(randomLinear(random, size, rows, 40), inputs, [rows])
    },
    () =>
      builder.node(
        { kind: 'rescale', shift: random.int(0, 9), relu: random.int(0, 1) === 1 },
        [inputs[0]!],
        [first],
      ),
    () =>
      builder.node(
        { kind: 'round', shift: random.int(0, 9), even: random.int(0, 1) === 1 },
        [inputs[0]!],
        [first],
      ),
    () => builder.node({ kind: 'max', ...groups }, inputs, [groups.groupStart.length - 1]),
    () => builder.node({ kind: 'argmax', ...groups }, inputs, [groups.groupStart.length - 1]),
    () => {
      const hi = random.int(-30, 90)
      const bounds = { lo: random.pick([-Infinity, hi - random.int(0, 60)]), hi: random.pick([Infinity, hi]) }
      return builder.node({ kind: 'clamp', ...bounds }, [inputs[0]!], [first])
    },
    () => {
      const element = Int32Array.from({ length: random.int(1, 9) }, () => random.int(0, size - 1))
      const threshold = Float64Array.from(element, () => random.int(-60, 90))
      return builder.node({ kind: 'compare', element, threshold }, inputs, [element.length])
    },
    () => {
      const left = Int32Array.from({ length: random.int(1, 5) }, () => random.int(0, size - 1))
      const right = left.map(() => random.int(0, size - 1))
      return builder.node({ kind: 'product', left, right }, inputs, [left.length])
    },
    () => {
      const index = Int32Array.from({ length: random.int(1, 6) }, () => random.int(-1, size - 1))
      return builder.node({ kind: 'rearrange', index, fill: random.int(-5, 5) }, inputs, [index.length])
    },
    () => builder.node(randomPieces(random), [inputs[0]!], [first]),
    () => randomQuotient(random, builder, inputs[0]!, random.pick(tensors)),
    () => {
      const least = held(builder, inputs[0]!, 0)
      return builder.node({ kind: 'root', shift: random.int(0, 3), whole: true }, [least], [first])
    },
  ]
  return random.pick(layers)()
}

/** Lines that need not meet, some of which begin where no value is. */
function randomPieces(random: Random): Op {
  const places = Array.from({ length: random.int(0, 6) }, () => random.int(-90, 90))
  const start = Float64Array.from(new Set(places)).sort()
  const line = (most: number) =>
    Float64Array.from({ length: start.length + 1 }, () => random.int(-most, most))
  return { kind: 'piecewise', start, slope: line(random.pick([0, 1, 9])), offset: line(200) }
}

/** Of some elements by others, which are held above zero. */
function randomQuotient(random: Random, builder: ModelBuilder, from: number, by: number): number {
  const divisor = held(builder, by, random.int(1, 5))
  const count = random.int(1, 5)
  const left = Int32Array.from({ length: count }, () => random.int(0, builder.size(from) - 1))
  const right = left.map(() => builder.size(from) + random.int(0, builder.size(by) - 1))
  const op: Op = { kind: 'quotient', left, right, shift: random.int(0, 6), whole: true }
  return builder.node(op, [from, divisor], [count])
}

function held(builder: ModelBuilder, tensor: number, lo: number): number {
  return builder.node({ kind: 'clamp', lo, hi: Infinity }, [tensor], [builder.size(tensor)])
}
