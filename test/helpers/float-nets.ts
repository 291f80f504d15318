/** Float programs for tests: the layers of small nets, written out by hand, and random programs of any operators. */
import { sizeOf } from '../../src/base/tensor.js'
import type { Expression, FunctionName } from '../../src/model/functions.js'
import type { Graph, Node, Op, TensorId, TensorInfo } from '../../src/model/graph.js'
import type { Random } from './random.js'

type Window = { readonly kernel: number; readonly stride?: number; readonly pad?: number }

export class NetBuilder {
  readonly tensors: TensorInfo[] = []
  private readonly nodes: Node[] = []
  private readonly inputs: Graph['inputs'][number][] = []

  input(name: string, shape: readonly number[]): TensorId {
    const tensor = this.tensor(name, shape)
    this.inputs.push({ name, tensor })
    return tensor
  }

  node(source: string, op: Op, inputs: readonly TensorId[], shape: readonly number[]): TensorId {
    const name = `${source.toLowerCase()}${this.nodes.length}`
    const output = this.tensor(name, shape)
    this.nodes.push({ name, source, op, inputs, output })
    return output
  }

  shape(tensor: TensorId): readonly number[] {
    return this.tensors[tensor]!.shape
  }

  size(tensor: TensorId): number {
    return sizeOf(this.shape(tensor))
  }

  /** `weights` in rows of the input's size. */
  dense(from: TensorId, weights: ArrayLike<number>, bias: ArrayLike<number>): TensorId {
    const columns = this.size(from)
    const rows = Array.from({ length: bias.length }, (_, row) =>
      Array.from({ length: columns }, (_, column) => [column, row * columns + column] as const),
    )
    return this.linear('Gemm', [from], rows, weights, bias, [1, bias.length])
  }

  /** Over an input of [1, channels, height, width]; `weights` are [filters, channels, kernel, kernel]. */
  conv(from: TensorId, weights: ArrayLike<number>, bias: ArrayLike<number>, window: Window): TensorId {
    const [, channels, height, width] = this.shape(from) as [number, number, number, number]
    const k = window.kernel
    const rows: (readonly [number, number])[][] = []
    const biases: number[] = []
    const out = placesOf(height, window).length
    for (let filter = 0; filter < bias.length; filter++) {
      for (const top of placesOf(height, window)) {
        for (const left of placesOf(width, window)) {
          const row: [number, number][] = []
          for (let channel = 0; channel < channels; channel++) {
            for (let cell = 0; cell < k * k; cell++) {
              const [y, x] = [top + Math.floor(cell / k), left + (cell % k)]
              if (y < 0 || x < 0 || y >= height || x >= width) continue
              row.push([(channel * height + y) * width + x, (filter * channels + channel) * k * k + cell])
            }
          }
          rows.push(row)
          biases.push(bias[filter]!)
        }
      }
    }
    return this.linear('Conv', [from], rows, weights, biases, [
      1,
      bias.length,
      out,
      biases.length / bias.length / out,
    ])
  }

  relu(from: TensorId): TensorId {
    return this.clip(from, 0, Infinity, 'Relu')
  }

  clip(from: TensorId, lo: number, hi: number, source = 'Clip'): TensorId {
    return this.node(source, { kind: 'clamp', lo, hi }, [from], this.shape(from))
  }

  maxPool(from: TensorId, window: Window): TensorId {
    const { groups, shape } = this.windows(from, window)
    return this.node('MaxPool', { kind: 'max', ...groupsOf(groups) }, [from], shape)
  }

  averagePool(from: TensorId, window: Window): TensorId {
    const { groups, shape } = this.windows(from, window)
    const rows = groups.map((group) => group.map((column) => [column, 0] as const))
    return this.linear(
      'AveragePool',
      [from],
      rows,
      [1 / window.kernel ** 2],
      groups.map(() => 0),
      shape,
    )
  }

  /** The weighted sum of equally large tensors. */
  add(terms: readonly TensorId[], factors: readonly number[] = terms.map(() => 1)): TensorId {
    const size = this.size(terms[0]!)
    const row = (_: unknown, at: number) => terms.map((_, term) => [term * size + at, term] as const)
    const rows = Array.from({ length: size }, row)
    return this.linear('Add', terms, rows, factors, new Float64Array(size), this.shape(terms[0]!))
  }

  rearrange(from: readonly TensorId[], index: ArrayLike<number>, fill = 0, source = 'Transpose'): TensorId {
    return this.node(source, { kind: 'rearrange', index: Int32Array.from(index), fill }, from, [
      1,
      index.length,
    ])
  }

  reshape(from: TensorId, shape: readonly number[]): TensorId {
    const index = Int32Array.from({ length: this.size(from) }, (_, i) => i)
    return this.node('Reshape', { kind: 'rearrange', index, fill: 0 }, [from], shape)
  }

  /** Element left[i] times element right[i] of the joined tensors. */
  product(from: readonly TensorId[], left: ArrayLike<number>, right: ArrayLike<number>): TensorId {
    const op = { kind: 'product' as const, left: Int32Array.from(left), right: Int32Array.from(right) }
    return this.node('Mul', op, from, [1, left.length])
  }

  smooth(from: TensorId, expression: Expression, source = 'Smooth'): TensorId {
    return this.node(source, { kind: 'smooth', expression }, [from], this.shape(from))
  }

  /** Element left[i] of one tensor by element right[i] of another. */
  quotient(from: TensorId, by: TensorId, left: ArrayLike<number>, right: ArrayLike<number>): TensorId {
    const op = {
      kind: 'quotient' as const,
      left: Int32Array.from(left),
      right: Int32Array.from(right, (at) => this.size(from) + at),
      shift: 0,
      whole: false,
    }
    return this.node('Div', op, [from, by], [1, left.length])
  }

  root(from: TensorId): TensorId {
    return this.node('Sqrt', { kind: 'root', shift: 0, whole: false }, [from], this.shape(from))
  }

  argMax(from: TensorId): TensorId {
    const all = Array.from({ length: this.size(from) }, (_, i) => i)
    return this.node('ArgMax', { kind: 'argmax', ...groupsOf([all]) }, [from], [1])
  }

  finish(...outputs: readonly TensorId[]): Graph {
    return {
      inputs: this.inputs,
      outputs: outputs.map((tensor) => ({ name: this.tensors[tensor]!.name, tensor })),
      tensors: this.tensors,
      nodes: this.nodes,
      notes: [],
    }
  }

  private linear(
    source: string,
    from: readonly TensorId[],
    rows: readonly (readonly (readonly [number, number])[])[],
    weights: ArrayLike<number>,
    bias: ArrayLike<number>,
    shape: readonly number[],
  ): TensorId {
    const rowStart = new Int32Array(rows.length + 1)
    rows.forEach((row, at) => {
      rowStart[at + 1] = rowStart[at]! + row.length
    })
    const column = Int32Array.from(rows.flatMap((row) => row.map(([at]) => at)))
    const weight = Int32Array.from(rows.flatMap((row) => row.map(([, index]) => index)))
    const op = {
      kind: 'linear' as const,
      rowStart,
      column,
      weight,
      weights: Float64Array.from(weights),
      bias: Float64Array.from(bias),
    }
    return this.node(source, op, from, shape)
  }

  private windows(from: TensorId, window: Window): { groups: number[][]; shape: number[] } {
    const [, channels, height, width] = this.shape(from) as [number, number, number, number]
    const groups: number[][] = []
    for (let channel = 0; channel < channels; channel++) {
      for (const top of placesOf(height, window)) {
        for (const left of placesOf(width, window)) {
          const group: number[] = []
          for (let cell = 0; cell < window.kernel ** 2; cell++) {
            const [y, x] = [top + Math.floor(cell / window.kernel), left + (cell % window.kernel)]
            if (y >= 0 && x >= 0 && y < height && x < width) group.push((channel * height + y) * width + x)
          }
          groups.push(group)
        }
      }
    }
    return { groups, shape: [1, channels, placesOf(height, window).length, placesOf(width, window).length] }
  }

  private tensor(name: string, shape: readonly number[]): TensorId {
    return this.tensors.push({ name, shape }) - 1
  }
}

/** Those that are defined everywhere and nowhere steep. */
const FUNCTIONS = [
  'sigmoid',
  'tanh',
  'softplus',
  'softsign',
  'erf',
  'gelu',
  'swish',
  'elu',
  'celu',
  'mish',
  'atan',
] as const satisfies readonly FunctionName[]

/** A random program over one or two inputs, in which every operator can follow every other. */
export function randomNet(random: Random): Graph {
  const net = new NetBuilder()
  const pool = Array.from({ length: random.int(1, 2) }, (_, i) => net.input(`x${i}`, [1, random.int(2, 8)]))
  for (let count = random.int(2, 10); count > 0; count--) pool.push(randomNode(net, random, pool))
  const outputs = new Set([pool.at(-1)!, random.pick(pool.slice(1))])
  return net.finish(...[...outputs].filter((tensor) => !tensor || !net.tensors[tensor]!.name.startsWith('x')))
}

/** Values of [-2, 2) for every input. */
export function randomSample(graph: Graph, random: Random): Float64Array[] {
  return graph.inputs.map(({ tensor }) =>
    Float64Array.from({ length: sizeOf(graph.tensors[tensor]!.shape) }, () => random.float(-2, 2)),
  )
}

export function randomValues(random: Random, length: number, size = 1): Float64Array {
  return Float64Array.from({ length }, () => random.float(-size, size))
}

function randomNode(net: NetBuilder, random: Random, pool: readonly TensorId[]): TensorId {
  // mostly go on from the last tensor, so that chains arise
  const from = random.int(0, 3) > 0 ? pool.at(-1)! : random.pick(pool)
  const size = net.size(from)
  switch (random.int(0, 12)) {
    case 0: {
      const rows = random.int(1, 6)
      return net.dense(from, randomValues(random, rows * size), randomValues(random, rows))
    }
    case 1:
      return net.relu(from)
    case 2:
      return net.clip(from, random.float(-1, 0), random.float(0, 2))
    case 3: {
      const equal = pool.filter((other) => net.size(other) === size)
      return net.add([from, random.pick(equal)], [random.float(-1, 2), random.float(-1, 2)])
    }
    case 4:
      return net.rearrange([from], shuffled(random, size))
    case 5: {
      const other = random.pick(pool)
      const all = size + net.size(other)
      const index = Array.from({ length: random.int(1, all + 2) }, () => random.int(-1, all - 1))
      return net.rearrange([from, other], index, random.pick([0, 0, 0.5]), 'Gather')
    }
    case 6: {
      const groups = Array.from({ length: random.int(1, size) }, () =>
        shuffled(random, size).slice(0, random.int(1, size)),
      )
      return net.node('MaxPool', { kind: 'max', ...groupsOf(groups) }, [from], [1, groups.length])
    }
    case 8: {
      const other = random.pick(pool)
      const all = size + net.size(other)
      const left = Array.from({ length: random.int(1, 8) }, () => random.int(0, all - 1))
      const right = left.map(() => random.int(0, all - 1))
      return net.product([from, other], left, right)
    }
    case 7: {
      // a padded pooling: the filling is never the largest, and no group consists of it alone
      const padded = net.rearrange([from], [...Array(size).keys(), -1, -1], -Infinity, 'Pad')
      const groups = Array.from({ length: size }, (_, at) => [at, random.int(0, size + 1)])
      return net.node('MaxPool', { kind: 'max', ...groupsOf(groups) }, [padded], [1, size])
    }
    case 10:
      return net.smooth(from, { fn: random.pick(FUNCTIONS), params: [1], x: 'x' })
    case 11:
      return randomQuotient(net, random, from, random.pick(pool))
    case 12:
      // near zero a root makes much of little
      return net.root(net.clip(from, random.pick([0.01, 0.2]), Infinity))
    default: {
      const data = randomValues(random, size)
      const constant = net.node('Constant', { kind: 'constant', data }, [], net.shape(from))
      return random.int(0, 1)
        ? net.add([from, constant])
        : net.rearrange([from, constant], [...Array(2 * size).keys()])
    }
  }
}

/** Elements of one tensor by those of another, which are held above zero and may have been moved about. */
function randomQuotient(net: NetBuilder, random: Random, from: TensorId, other: TensorId): TensorId {
  const held = net.clip(random.pick([from, other]), random.float(0.3, 1), random.pick([2, Infinity]))
  const size = net.size(held)
  const by = random.int(0, 1) ? held : net.rearrange([held], shuffled(random, size))
  const equal = net.size(from) === size && random.int(0, 1) === 1
  const places = Array.from({ length: equal ? size : random.int(1, 8) }, (_, i) => i)
  const left = places.map((i) => (equal ? i : random.int(0, net.size(from) - 1)))
  return net.quotient(
    from,
    by,
    left,
    places.map((i) => (equal ? i : random.int(0, size - 1))),
  )
}

function shuffled(random: Random, size: number): number[] {
  const places = [...Array(size).keys()]
  for (let i = size - 1; i > 0; i--) {
    const j = random.int(0, i)
    ;[places[i], places[j]] = [places[j]!, places[i]!]
  }
  return places
}

function placesOf(extent: number, { kernel, stride = 1, pad = 0 }: Window): number[] {
  const count = Math.floor((extent + 2 * pad - kernel) / stride) + 1
  return Array.from({ length: count }, (_, at) => at * stride - pad)
}

export function groupsOf(groups: readonly (readonly number[])[]): {
  groupStart: Int32Array
  member: Int32Array
} {
  const groupStart = new Int32Array(groups.length + 1)
  groups.forEach((group, at) => {
    groupStart[at + 1] = groupStart[at]! + group.length
  })
  return { groupStart, member: Int32Array.from(groups.flat()) }
}
