/** CenterCropPad to a constant shape: crops or pads with zeros on both sides, an odd one at the end. */
import { sizeOf } from '../../base/tensor.js'
import { ints } from '../attributes.js'
import { checkSize, rearrange, type Value } from '../builder.js'
import { FILL, pickIndex } from '../layout.js'
import { InvalidNodeError, type OpNode, optionalList, requireInput, resolveAxis } from '../node.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const axes = ints(node.attributes, 'axes') ?? [...x.shape.keys()]
  const target = optionalList(node, 1, 'target shape') ?? []
  if (target.length !== axes.length || target.some((extent) => !(extent >= 0)))
    throw new InvalidNodeError(node, `it crops axes [${axes}] to [${target}]`)
  const shape = [...x.shape]
  axes.forEach((axis, at) => {
    shape[resolveAxis(node, axis, shape.length)] = target[at]!
  })
  checkSize(node.graph, sizeOf(shape), 'padding')
  const picks = shape.map((extent, axis) => centered(x.shape[axis]!, extent))
  return rearrange(node.graph, [x], pickIndex(x.shape, picks), shape)
}

function centered(from: number, to: number): number[] {
  const start = from >= to ? Math.floor((from - to) / 2) : -Math.floor((to - from) / 2)
  return Array.from({ length: to }, (_, at) => {
    const source = start + at
    return source >= 0 && source < from ? source : FILL
  })
}
