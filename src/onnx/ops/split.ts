/**
 * Split along one axis. The parts' extents are an attribute before opset 13, an input from then on; without them the
 * parts are equal, but for a smaller last one (allowed from opset 18 on).
 */
import { int, ints } from '../attributes.js'
import { rearrange, type Value } from '../builder.js'
import { pickIndex } from '../layout.js'
import { InvalidNodeError, type OpNode, optionalList, requireInput, resolveAxis } from '../node.js'

export const tolerance = 'exact'

export function lower(node: OpNode): readonly Value[] {
  const x = requireInput(node, 0)
  const axis = resolveAxis(node, int(node.attributes, 'axis', 0), x.shape.length)
  let start = 0
  return partsOf(node, x.shape[axis]!).map((extent) => {
    const from = start
    start += extent
    const pick = Int32Array.from({ length: extent }, (_, at) => from + at)
    const picks = x.shape.map((_, at) => (at === axis ? pick : undefined))
    return rearrange(node.graph, [x], pickIndex(x.shape, picks), x.shape.with(axis, extent))
  })
}

function partsOf(node: OpNode, extent: number): readonly number[] {
  const count = node.outputs.length
  const listed = node.opset < 13 ? ints(node.attributes, 'split') : optionalList(node, 1, 'parts')
  const part = Math.ceil(extent / count)
  const parts =
    listed ?? Array.from({ length: count }, (_, at) => Math.max(0, Math.min(part, extent - at * part)))
  const sum = parts.reduce((total, size) => total + size, 0)
  if (sum !== extent || parts.length !== count || parts.some((size) => !(size >= 0))) {
    throw new InvalidNodeError(
      node,
      `parts [${parts}] do not make up ${count} outputs of an axis of ${extent}`,
    )
  }
  return parts
}
