/**
 * Slice: starts, ends and axes as attributes before opset 10, as inputs (and steps) from then on.
 *
 * As in NumPy: negative positions count from the end, and positions outside are clamped, differently for either
 * direction of the step.
 */
import { ints } from '../attributes.js'
import { rearrange, type Value } from '../builder.js'
import { pickIndex } from '../layout.js'
import { InvalidNodeError, type OpNode, optionalList, requireInput, resolveAxis } from '../node.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const picks = x.shape.map((extent) => Array.from({ length: extent }, (_, at) => at))
  for (const { axis, start, end, step } of cuts(node, x.shape.length)) {
    picks[axis] = positions(x.shape[axis]!, start, end, step)
  }
  const shape = picks.map((pick) => pick.length)
  return rearrange(node.graph, [x], pickIndex(x.shape, picks), shape)
}

function cuts(node: OpNode, rank: number) {
  const list = (name: string, at: number) =>
    node.opset < 10 ? ints(node.attributes, name) : optionalList(node, at, name)
  const starts = list('starts', 1) ?? []
  const ends = list('ends', 2) ?? []
  const axes = list('axes', 3) ?? [...starts.keys()]
  const steps = (node.opset < 10 ? undefined : list('steps', 4)) ?? starts.map(() => 1)
  if ([ends, axes, steps].some((other) => other.length !== starts.length) || steps.includes(0)) {
    throw new InvalidNodeError(
      node,
      `it cuts at [${starts}] to [${ends}] on axes [${axes}] by steps [${steps}]`,
    )
  }
  return axes.map((axis, at) => {
    return { axis: resolveAxis(node, axis, rank), start: starts[at]!, end: ends[at]!, step: steps[at]! }
  })
}

function positions(extent: number, start: number, end: number, step: number): number[] {
  const [least, most] = step > 0 ? [0, extent] : [-1, extent - 1]
  const clamped = (at: number, floor: number) => Math.min(Math.max(at < 0 ? at + extent : at, floor), most)
  // going down, the first position is an element, but the end may lie before the first
  const from = clamped(start, Math.max(least, 0))
  const to = clamped(end, least)
  const count = Math.max(0, Math.ceil((to - from) / step))
  return Array.from({ length: extent === 0 ? 0 : count }, (_, at) => from + at * step)
}
