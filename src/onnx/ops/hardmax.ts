/**
 * Hardmax: 1 for the first of the largest along one axis, 0 for the rest. Before opset 13 all axes from `axis` on (1 by
 * default) are one.
 */
import { sizeOf } from '../../base/tensor.js'
import { int } from '../attributes.js'
import { argmax, type Value } from '../builder.js'
import { type OpNode, requireInput, resolveAxis } from '../node.js'
import { reduction } from '../reduce.js'
import { spike, staircase } from '../staircase.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const flattens = node.opset < 13
  const axis = resolveAxis(node, int(node.attributes, 'axis', flattens ? 1 : -1), x.shape.length)
  const axes = flattens ? [...x.shape.keys()].slice(axis) : [axis]
  const groups = reduction(node, x.shape, axes, true)
  const place = argmax(node.graph, x, groups, groups.shape)
  const rows = new Array<{ element: number; base: number; steps: ReturnType<typeof spike> }>(sizeOf(x.shape))
  groups.member.forEach((member, at) => {
    const element = Math.floor(at / groups.count)
    rows[member] = { element, base: 0, steps: spike(at % groups.count, 1) }
  })
  return { ...staircase(node.graph, place, rows, x.shape), type: x.type, range: { lo: 0, hi: 1 } }
}
