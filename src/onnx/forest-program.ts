/** Sums of trees as core operators: comparisons, products level by level, and what is left is linear. */
import { scale } from './affine.js'
import { compare, constant, linear, max, product, type Value } from './builder.js'
import type { Range } from './elements.js'
import {
  leavesBelow,
  levelOf,
  type Signal,
  type Signals,
  type Sum,
  sumEach,
  sumTrees,
  type Trees,
} from './forest-sums.js'
import type { OpNode } from './node.js'
import { keepScores, type PostTransform } from './scores.js'
import { UnsupportedNodeError } from './unsupported.js'

export const AGGREGATES = ['SUM', 'AVERAGE', 'MIN', 'MAX'] as const

export type Aggregate = {
  readonly by: (typeof AGGREGATES)[number]
  /** One a target. */
  readonly base: readonly number[]
  readonly transform: PostTransform
}

/** Sums, means or extremes of leaves, rows x targets; of a transform that keeps their order, what it would be made of. */
export function aggregate(node: OpNode, x: Value, trees: Trees, { by, base, transform }: Aggregate): Value {
  if (by === 'MIN' || by === 'MAX') {
    return keepScores(node, greatestLeaves(node, x, trees, base, by === 'MAX' ? 1 : -1), transform)
  }
  const share = by === 'AVERAGE' ? 1 / trees.roots.length : 1
  const shared = { ...trees, leaves: trees.leaves.map((leaf) => ({ ...leaf, weight: leaf.weight * share })) }
  return keepScores(node, sumForest(node, x, shared, base), transform, spanOfScores(shared, base))
}

/** What the leaves add up to for each target, and a constant a target: rows x targets. */
export function sumForest(node: OpNode, x: Value, trees: Trees, base: readonly number[]): Value {
  const { signals, sums } = sumTrees(trees, base.length)
  return emitSums(node, x, { signals, sums: sums.map((sum, target) => shifted(sum, base[target]!)) })
}

/**
 * The greatest leaf for each target instead of their sum; the least for `sign` -1. Rows x targets.
 * Throws `UnsupportedNodeError` where a tree may have no leaf for a target that it adds to.
 */
function greatestLeaves(node: OpNode, x: Value, trees: Trees, base: readonly number[], sign: 1 | -1): Value {
  const [rows, targets, count] = [x.shape[0]!, base.length, trees.roots.length]
  const leaves = trees.leaves.map((leaf) => ({ ...leaf, weight: sign * leaf.weight }))
  const adds = addingTrees(trees)
  const each = emitSums(node, x, sumEach({ ...trees, leaves }, targets))
  const silent = constant([1], Float64Array.of(0))
  const member: number[] = []
  const groupStart = [0]
  for (let row = 0; row < rows; row++) {
    for (let target = 0; target < targets; target++) {
      const own = [...adds.keys()].filter((tree) => adds[tree]!.has(target))
      // a target that no tree adds to is 0
      if (own.length === 0) member.push(rows * count * targets)
      for (const tree of own) member.push((row * count + tree) * targets + target)
      groupStart.push(member.length)
    }
  }
  const groups = { groupStart: Int32Array.from(groupStart), member: Int32Array.from(member) }
  const best = max(node.graph, [each, silent], groups, [rows, targets])
  const bias = Float64Array.from({ length: rows * targets }, (_, at) => base[at % targets]!)
  return scale(node.graph, best, { shape: [], data: Float64Array.of(sign) }, bias)
}

/** For each tree the targets that its leaves add to: each leaf to all of them. */
function addingTrees({ branches, roots, leaves }: Trees): Set<number>[] {
  const own = new Map<number, Set<number>>()
  for (const leaf of leaves) {
    const set = own.get(leaf.node) ?? new Set()
    if (set.has(leaf.target)) throw twoWeights()
    own.set(leaf.node, set.add(leaf.target))
  }
  return roots.map((root) => {
    const below = leavesBelow(branches, root)
    const all = new Set(below.flatMap((leaf) => [...(own.get(leaf) ?? [])]))
    if (below.some((leaf) => (own.get(leaf)?.size ?? 0) < all.size)) {
      throw new UnsupportedNodeError(
        'it compares leaves, but some say nothing of a target that others of their tree do',
        'give each leaf a weight for every target',
      )
    }
    return all
  })
}

function twoWeights(): UnsupportedNodeError {
  return new UnsupportedNodeError('a leaf has two weights for one target', 'give it one')
}

function shifted(sum: Sum, by: number): Sum {
  return { ...sum, bias: sum.bias + by }
}

/** Between which numbers every score lies: the sums of the trees' least and greatest leaves. */
export function spanOfScores({ branches, roots, leaves }: Trees, base: readonly number[]): Range {
  const weights = new Map<string, number>()
  for (const { node, target, weight } of leaves) {
    const key = `${node}/${target}`
    weights.set(key, (weights.get(key) ?? 0) + weight)
  }
  const below = roots.map((root) => leavesBelow(branches, root))
  const spans = base.map((bias, target) => {
    const each = below.map((own) => own.map((leaf) => weights.get(`${leaf}/${target}`) ?? 0))
    const total = (best: (...values: number[]) => number) =>
      each.reduce((sum, own) => sum + own.reduce((a, b) => best(a, b)), bias)
    return { lo: total(Math.min), hi: total(Math.max) }
  })
  return { lo: Math.min(...spans.map(({ lo }) => lo)), hi: Math.max(...spans.map(({ hi }) => hi)) }
}

/**
 * The sums for each row of `x` (rows x features): rows x sums.
 * Cost in a circuit: a rank for each feature, and its products.
 */
function emitSums(node: OpNode, x: Value, { signals, sums }: Signals): Value {
  const [rows, features] = x.shape as [number, number]
  const levels = byLevel(signals)
  const place = new Map(levels.flatMap((level) => level.map((at, i) => [at, i])))
  const made: Value[] = []
  const starts: number[] = []
  let size = 0
  const column = (row: number, at: number) => {
    const level = levelOf(signals[at]!)
    return starts[level]! + row * levels[level]!.length + place.get(at)!
  }
  for (const [level, numbers] of levels.entries()) {
    const own = numbers.map((at) => signals[at]!)
    const value =
      level === 0 ? emitFlags(node, x, own, rows, features) : emitProducts(node, made, own, rows, column)
    starts.push(size)
    size += rows * own.length
    if (value !== undefined) made.push(value)
  }
  return linear(node.graph, made, rowsOf(sums, rows, column), [rows, sums.length])
}

type Column = (row: number, at: number) => number

/** The numbers of the signals of each level, flags first. */
function byLevel(signals: readonly Signal[]): number[][] {
  const levels: number[][] = [[]]
  for (const [at, signal] of signals.entries()) {
    const level = levelOf(signal)
    while (levels.length <= level) levels.push([])
    levels[level]!.push(at)
  }
  return levels
}

function emitFlags(
  node: OpNode,
  x: Value,
  flags: readonly Signal[],
  rows: number,
  features: number,
): Value | undefined {
  const all = Array.from({ length: rows }, (_, row) => {
    return flags.flatMap((flag) =>
      flag.kind === 'flag' ? [{ element: row * features + flag.feature, threshold: flag.threshold }] : [],
    )
  }).flat()
  if (all.length === 0) return undefined
  const element = Int32Array.from(all, (flag) => flag.element)
  const threshold = Float64Array.from(all, (flag) => flag.threshold)
  return compare(node.graph, x, element, threshold, [all.length])
}

/** Factors that are one signal are read as they are; others are made first, those of each side in one operator. */
function emitProducts(
  node: OpNode,
  made: readonly Value[],
  products: readonly Signal[],
  rows: number,
  column: Column,
): Value {
  const inputs = [...made]
  let size = made.reduce((sum, value) => sum + value.shape[0]!, 0)
  const factors = Array.from({ length: rows }, (_, row) => {
    return products.flatMap((one) => (one.kind === 'flag' ? [] : [{ row, left: one.left, right: one.right }]))
  }).flat()
  const [left, right] = (['left', 'right'] as const).map((side) => {
    const sums: { row: number; sum: Sum }[] = []
    const places = factors.map(({ row, [side]: sum }) => {
      const only = onlySignal(sum)
      return only === undefined ? size + sums.push({ row, sum }) - 1 : column(row, only)
    })
    if (sums.length > 0) inputs.push(linear(node.graph, made, linearRows(sums, column), [sums.length]))
    size += sums.length
    return Int32Array.from(places)
  })
  return product(node.graph, inputs, left!, right!, [factors.length])
}

/** The signal that a sum is, if it is one. */
function onlySignal({ bias, terms }: Sum): number | undefined {
  const [only] = terms
  return bias === 0 && terms.size === 1 && only![1] === 1 ? only![0] : undefined
}

function rowsOf(sums: readonly Sum[], rows: number, column: Column) {
  return linearRows(
    Array.from({ length: rows }, (_, row) => sums.map((sum) => ({ row, sum }))).flat(),
    column,
  )
}

/** Sums as the rows of a linear operator over all signals so far. */
function linearRows(sums: readonly { readonly row: number; readonly sum: Sum }[], column: Column) {
  const entries = sums.map(({ row, sum }) =>
    [...sum.terms].map(([at, weight]) => [column(row, at), weight] as const).sort(([a], [b]) => a - b),
  )
  const rowStart = new Int32Array(sums.length + 1)
  for (const [at, { length }] of entries.entries()) rowStart[at + 1] = rowStart[at]! + length
  const flat = entries.flat()
  const distinct = [...new Set(flat.map(([, weight]) => weight))]
  const weightOf = new Map(distinct.map((weight, i) => [weight, i]))
  return {
    rowStart,
    column: Int32Array.from(flat, ([at]) => at),
    weight: Int32Array.from(flat, ([, weight]) => weightOf.get(weight)!),
    weights: Float64Array.from(distinct),
    bias: Float64Array.from(sums, ({ sum }) => sum.bias),
  }
}
