/**
 * The first k of each group in order. Every two members are compared once; how many stand ahead of a member is its place
 * in the order, so that places are distinct without anything to prove.
 *
 * Cost in a circuit, for groups of n: n (n - 1) / 2 comparisons, a rank of each place, and k n products for the values.
 */
import { type Shape, sizeOf } from '../base/tensor.js'
import { type Builder, checkSize, compare, linear, product, type Value } from './builder.js'
import { asFlag } from './flags.js'
import { range } from './layout.js'
import type { OpNode } from './node.js'
import type { Reduction } from './reduce.js'
import { spike, staircase } from './staircase.js'

/** Values of `x` and their indices, in falling order of `ranked`; of equal ones the first. The axis has k entries. */
export function sortAlong(
  node: OpNode,
  x: Value,
  ranked: Value,
  groups: Reduction,
  k: number,
): readonly (Value | undefined)[] {
  const { graph } = node
  checkSize(graph, sizeOf(x.shape) * groups.count, 'a sorting')
  const axis = x.shape.findIndex((extent, at) => extent !== groups.shape[at])
  const shape = x.shape.with(axis === -1 ? x.shape.length - 1 : axis, k)
  const chosen = chooseMembers(graph, places(graph, ranked, groups), groups, k)
  const order = outputOrder(groups, shape, k)
  const value = node.outputs[0]?.used ? valuesOf(graph, x, chosen, groups, order) : undefined
  const weights = Float64Array.from(range(groups.count))
  const index = sumChosen(graph, chosen, groups.count, order, weights)
  return [value, { ...index, type: 'int64', range: { lo: 0, hi: groups.count - 1 } }]
}

/** For each member, in the order of `groups.member`, how many of its group stand ahead of it. */
function places(builder: Builder, ranked: Value, { member, count }: Reduction): Value {
  const pairs = pairsOf(member.length / count, count)
  const difference = linear(builder, [ranked], differences(pairs, member), [pairs.length])
  const flags = compare(builder, difference, range(pairs.length), new Float64Array(pairs.length), [
    pairs.length,
  ])
  const ahead: { column: number; sign: 1 | -1 }[][] = Array.from(member, () => [])
  const bias = new Float64Array(member.length)
  pairs.forEach(([first, second], column) => {
    ahead[second]!.push({ column, sign: 1 })
    ahead[first]!.push({ column, sign: -1 })
    bias[first]! += 1
  })
  const entries = ahead.flat()
  const rowStart = Int32Array.from({ length: member.length + 1 }, (_, row) => row * (count - 1))
  const op = {
    rowStart,
    column: Int32Array.from(entries, ({ column }) => column),
    weight: Int32Array.from(entries, ({ sign }) => (sign === 1 ? 0 : 1)),
    weights: Float64Array.of(1, -1),
    bias,
  }
  return { ...linear(builder, [flags], op, [member.length]), type: 'int64', range: { lo: 0, hi: count - 1 } }
}

/** Places among `member` of every two of a group, the earlier one first. */
function pairsOf(groups: number, count: number): (readonly [number, number])[] {
  return Array.from({ length: groups }, (_, group) =>
    Array.from({ length: count }, (_, i) =>
      Array.from({ length: count - 1 - i }, (_, j) => {
        const first = group * count + i
        return [first, first + 1 + j] as const
      }),
    ).flat(),
  ).flat()
}

function differences(pairs: readonly (readonly [number, number])[], member: Int32Array) {
  return {
    rowStart: range(pairs.length + 1).map((row) => 2 * row),
    column: Int32Array.from(pairs.flatMap(([first, second]) => [member[first]!, member[second]!])),
    weight: range(2 * pairs.length).map((entry) => entry & 1),
    weights: Float64Array.of(1, -1),
    bias: new Float64Array(pairs.length),
  }
}

/** Flags, for each group, each place below k and each member: whether it stands there. */
function chooseMembers(builder: Builder, place: Value, { member, count }: Reduction, k: number): Value {
  const rows = Array.from({ length: (member.length / count) * k * count }, (_, at) => {
    const group = Math.floor(at / (k * count))
    return {
      element: group * count + (at % count),
      base: 0,
      steps: spike(Math.floor(at / count) % k, 1),
    }
  })
  return asFlag(staircase(builder, place, rows, [rows.length]))
}

/** For each element of the output, the number of its group times k, plus its place. */
function outputOrder({ groupStart, member, count }: Reduction, shape: Shape, k: number) {
  // the groups' places in the output are those of their members in the input, with another extent of the axis
  const groups = groupStart.length - 1
  const stride = count > 1 ? member[1]! - member[0]! : 1
  const order = new Int32Array(sizeOf(shape))
  for (let group = 0; group < groups; group++) {
    const first = member[group * count]!
    const outer = Math.floor(first / (stride * count))
    for (let place = 0; place < k; place++) {
      order[(outer * k + place) * stride + (first % stride)] = group * k + place
    }
  }
  return { shape, order }
}

function valuesOf(
  builder: Builder,
  x: Value,
  chosen: Value,
  { member, count }: Reduction,
  order: { shape: Shape; order: Int32Array },
): Value {
  const flags = sizeOf(chosen.shape)
  const perGroup = flags / (member.length / count)
  const left = range(flags)
  const right = left.map((at) => flags + member[Math.floor(at / perGroup) * count + (at % count)]!)
  const terms = product(builder, [chosen, x], left, right, [flags])
  const sum = sumChosen(builder, terms, count, order, new Float64Array(count).fill(1))
  return { ...sum, type: x.type, range: x.range }
}

/** The sum over a group's members at one place of the order, each times its weight. */
function sumChosen(
  builder: Builder,
  terms: Value,
  count: number,
  { shape, order }: { shape: Shape; order: Int32Array },
  weights: Float64Array,
): Value {
  const column = Int32Array.from({ length: order.length * count }, (_, entry) => {
    return order[Math.floor(entry / count)]! * count + (entry % count)
  })
  const op = {
    rowStart: range(order.length + 1).map((row) => row * count),
    column,
    weight: column.map((at) => at % count),
    weights,
    bias: new Float64Array(order.length),
  }
  return linear(builder, [terms], op, shape)
}
