/** Softmax and its kin, for models that go on computing with probabilities. */
import { sizeOf } from '../base/tensor.js'
import { minus } from './affine.js'
import { type Builder, max, quotient, rearrange, smooth, type Value } from './builder.js'
import { type Reduction, weightedSum } from './reduce.js'

/** Groups that share a number, each element in one, in the order of the numbers' first appearance. */
function groupsBy(group: Int32Array): Reduction & { readonly of: Int32Array } {
  const members = new Map<number, number[]>()
  group.forEach((number, element) => {
    const known = members.get(number)
    if (known === undefined) members.set(number, [element])
    else known.push(element)
  })
  const lists = [...members.values()]
  const groupStart = new Int32Array(lists.length + 1)
  lists.forEach((list, at) => {
    groupStart[at + 1] = groupStart[at]! + list.length
  })
  const of = new Int32Array(group.length)
  lists.forEach((list, at) => {
    for (const element of list) of[element] = at
  })
  return {
    groupStart,
    member: Int32Array.from(lists.flat()),
    count: lists[0]?.length ?? 0,
    shape: [lists.length],
    of,
  }
}

/** exp(x - largest) / sum of the same, within each group: no exponential is larger than 1. */
export function softmax(builder: Builder, scores: Value, group: Int32Array): Value {
  const { powers, sums } = powersOf(builder, scores, group)
  return quotient(builder, powers, sums)
}

/** x - largest - log of the sum. */
export function logSoftmax(builder: Builder, scores: Value, group: Int32Array): Value {
  const { apart, sums } = powersOf(builder, scores, group)
  return minus(builder, apart, smooth(builder, sums, 'log'))
}

function powersOf(builder: Builder, scores: Value, group: Int32Array) {
  const groups = groupsBy(group)
  const spread = (value: Value) => rearrange(builder, [value], groups.of, scores.shape)
  const apart = minus(builder, scores, spread(max(builder, [scores], groups, groups.shape)))
  const powers = smooth(builder, apart, 'exp')
  return { apart, powers, sums: spread(weightedSum(builder, powers, groups, 1)) }
}

/** Numbers of groups for the rows of the last axis. */
export function rowGroups(shape: readonly number[]): Int32Array {
  const width = shape.at(-1) ?? 1
  return Int32Array.from({ length: sizeOf(shape) }, (_, at) => Math.floor(at / width))
}
