/** Elements at computed indices: of constants a sum of steps, of computed values a sum of products with indicators. */
import { type Shape, sizeOf } from '../base/tensor.js'
import { sumOfProducts } from './bilinear.js'
import { checkSize, type Value } from './builder.js'
import { intervalsOf } from './intervals.js'
import { isConstant, type OpNode } from './node.js'
import { type Stairs, spike, staircase } from './staircase.js'
import { UnsupportedNodeError } from './unsupported.js'

/** Result i is data[start[i] + step * index], for the index at element[i]; the axis has `extent` places. */
export type Picks = {
  readonly element: Int32Array
  readonly start: Int32Array
  readonly step: number
  readonly extent: number
}

type Reach = { readonly from: number; readonly to: number }

/**
 * Negative indices count from the end. An index that lies outside, for which ONNX Runtime fails, reads one of the ends.
 * Throws `UnsupportedNodeError` for indices that may be no whole numbers, and for infinities to choose from.
 */
export function pickAt(node: OpNode, data: Value, index: Value, picks: Picks, shape: Shape): Value {
  if (index.range === undefined) {
    throw new UnsupportedNodeError(
      'its indices are computed floats, which may be no whole numbers',
      'cast them to int64 before it',
    )
  }
  if (data.data?.some((entry) => !Number.isFinite(entry)))
    throw new UnsupportedNodeError('it reads infinities from a table', 'use finite numbers')
  const reaches = reachesOf(node, index, picks.extent)
  const entries = picks.element.reduce((sum, at) => sum + reaches[at]!.to - reaches[at]!.from + 1, 0)
  checkSize(node.graph, entries, 'a choice among so many places')
  const place = (i: number, at: number) => picks.start[i]! + picks.step * (at < 0 ? at + picks.extent : at)
  const made = isConstant(data)
    ? staircase(
        node.graph,
        index,
        stairsOf(picks, reaches, (i, at) => data.data[place(i, at)]!),
        shape,
      )
    : chosen(node, data, index, { picks, reaches, place }, shape)
  return { ...made, type: data.type, range: data.range }
}

function reachesOf(node: OpNode, index: Value, extent: number): Reach[] {
  const { lo, hi } = intervalsOf(node.graph, index)
  return Array.from(lo, (least, i) => {
    const from = Math.min(Math.max(Math.ceil(least), -extent), extent - 1)
    return { from, to: Math.max(from, Math.min(Math.floor(hi[i]!), extent - 1)) }
  })
}

function stairsOf(
  { element }: Picks,
  reaches: readonly Reach[],
  entry: (i: number, at: number) => number,
): Stairs[] {
  return Array.from(element, (own, i) => {
    const { from, to } = reaches[own]!
    const steps = Array.from({ length: to - from }, (_, j) => {
      const at = from + 1 + j
      return { at: at - 0.5, rise: entry(i, at) - entry(i, at - 1) }
    })
    return { element: own, base: entry(i, from), steps }
  })
}

/** The same indicators serve all elements that one index picks. */
function chosen(
  node: OpNode,
  data: Value,
  index: Value,
  {
    picks,
    reaches,
    place,
  }: { picks: Picks; reaches: readonly Reach[]; place: (i: number, at: number) => number },
  shape: Shape,
): Value {
  const first = new Int32Array(reaches.length)
  const rows = reaches.flatMap(({ from, to }, element): Stairs[] =>
    Array.from({ length: to - from + 1 }, (_, j) => ({ element, base: 0, steps: spike(from + j, 1) })),
  )
  reaches.forEach(({ from, to }, at) => {
    if (at + 1 < first.length) first[at + 1] = first[at]! + to - from + 1
  })
  const indicators = staircase(node.graph, index, rows, [rows.length])
  const rowStart = new Int32Array(picks.element.length + 1)
  const [left, right]: [number[], number[]] = [[], []]
  for (const [i, element] of picks.element.entries()) {
    const { from, to } = reaches[element]!
    for (let at = from; at <= to; at++) {
      left.push(first[element]! + at - from)
      right.push(place(i, at))
    }
    rowStart[i + 1] = left.length
  }
  const pairs = { rowStart, left: Int32Array.from(left), right: Int32Array.from(right) }
  return sumOfProducts(node.graph, { ...indicators, range: undefined }, data, pairs, shape)
}

/** What Gather reads: whole slices along an axis. */
export function slicesAlong(shape: Shape, axis: number, indices: number): Picks {
  const inner = sizeOf(shape.slice(axis + 1))
  const extent = shape[axis]!
  const outer = sizeOf(shape.slice(0, axis))
  const size = outer * indices * inner
  return {
    element: Int32Array.from({ length: size }, (_, i) => Math.floor(i / inner) % indices),
    start: Int32Array.from(
      { length: size },
      (_, i) => Math.floor(i / (inner * indices)) * extent * inner + (i % inner),
    ),
    step: inner,
    extent,
  }
}
