/**
 * Pad in all its modes: pads and value as attributes before opset 11, as inputs from then on, `axes` from opset 18 on.
 * Negative pads cut off.
 */
import { sizeOf } from '../../base/tensor.js'
import { choice, float, ints } from '../attributes.js'
import { checkSize, rearrange, type Value } from '../builder.js'
import { FILL, pickIndex } from '../layout.js'
import {
  InvalidNodeError,
  type OpNode,
  optionalList,
  requireConstant,
  requireInput,
  resolveAxis,
} from '../node.js'

const MODES = ['constant', 'edge', 'reflect', 'wrap'] as const

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const mode = choice(node.attributes, 'mode', MODES)
  const pads = padsOf(node, x.shape.length)
  const shape = x.shape.map((extent, axis) => extent + pads[axis]!.begin + pads[axis]!.end)
  if (shape.some((extent) => !(extent >= 0)))
    throw new InvalidNodeError(node, 'it cuts off more than there is')
  checkSize(node.graph, sizeOf(shape), 'padding')
  const picks = x.shape.map((extent, axis) => {
    if (mode === 'reflect' && extent === 1 && shape[axis]! > 1) {
      throw new InvalidNodeError(node, `it reflects axis ${axis}, which has a single element`)
    }
    return Array.from({ length: shape[axis]! }, (_, at) => place(mode, at - pads[axis]!.begin, extent))
  })
  return rearrange(node.graph, [x], pickIndex(x.shape, picks), shape, mode === 'constant' ? fillOf(node) : 0)
}

function padsOf(node: OpNode, rank: number): { begin: number; end: number }[] {
  const listed = (node.opset < 11 ? ints(node.attributes, 'pads') : optionalList(node, 1, 'pads')) ?? []
  const axes = (node.opset < 18 ? undefined : optionalList(node, 3, 'axes')) ?? [...new Array(rank).keys()]
  if (listed.length !== 2 * axes.length) {
    throw new InvalidNodeError(node, `it has ${listed.length} pads for ${axes.length} axes`)
  }
  const pads = Array.from({ length: rank }, () => ({ begin: 0, end: 0 }))
  axes.forEach((axis, at) => {
    pads[resolveAxis(node, axis, rank)] = { begin: listed[at]!, end: listed[at + axes.length]! }
  })
  return pads
}

function fillOf(node: OpNode): number {
  if (node.opset < 11) return float(node.attributes, 'value', 0)
  return node.inputs[2] === undefined ? 0 : (requireConstant(node, 2, 'padding values').data[0] ?? 0)
}

/** Where position `at` of the padded axis comes from, counted from the first element of the input. */
function place(mode: (typeof MODES)[number], at: number, extent: number): number {
  if (at >= 0 && at < extent) return at
  switch (mode) {
    case 'constant':
      return FILL
    case 'edge':
      return at < 0 ? 0 : extent - 1
    case 'wrap':
      return ((at % extent) + extent) % extent
    case 'reflect': {
      const period = 2 * (extent - 1)
      const folded = ((at % period) + period) % period
      return folded < extent ? folded : period - folded
    }
  }
}
