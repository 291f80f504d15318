/** Sign: -1, 0 or 1. */
import { sizeOf } from '../../base/tensor.js'
import type { Value } from '../builder.js'
import { type OpNode, requireInput } from '../node.js'
import { staircase } from '../staircase.js'

const STEPS = [
  { at: 0, rise: 1 },
  { at: 0, strict: true, rise: 1 },
]

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const rows = Array.from({ length: sizeOf(x.shape) }, (_, element) => ({ element, base: -1, steps: STEPS }))
  const sign = staircase(node.graph, x, rows, x.shape)
  return { ...sign, type: x.type, range: { lo: -1, hi: 1 } }
}
