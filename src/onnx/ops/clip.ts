/** Clip: bounds as attributes before opset 11, as inputs from then on; either may be absent. */
import { float } from '../attributes.js'
import { clamp, type Value } from '../builder.js'
import { InvalidNodeError, type OpNode, requireConstant, requireInput } from '../node.js'

export function lower(node: OpNode): Value {
  const lo = bound(node, 1, 'min', -Infinity)
  const hi = bound(node, 2, 'max', Infinity)
  return clamp(node.graph, requireInput(node, 0), lo, hi)
}

function bound(node: OpNode, at: number, name: 'min' | 'max', absent: number): number {
  if (node.opset < 11) return float(node.attributes, name, absent)
  if (node.inputs[at] === undefined) return absent
  const { data } = requireConstant(node, at, 'bounds')
  if (data.length !== 1) throw new InvalidNodeError(node, `its ${name} is not a single number`)
  return data[0]!
}
