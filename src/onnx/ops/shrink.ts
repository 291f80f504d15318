/** Shrink: x + bias below -lambd, x - bias above lambd, else 0. */
import { sizeOf } from '../../base/tensor.js'
import { addTerms, scale, sumOf } from '../affine.js'
import { float } from '../attributes.js'
import { times } from '../bilinear.js'
import { type Builder, clamp, type Value } from '../builder.js'
import { type OpNode, requireInput } from '../node.js'
import { type Step, staircase } from '../staircase.js'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const [lambd, bias] = [float(node.attributes, 'lambd', 0.5), float(node.attributes, 'bias', 0)]
  if (bias === lambd && lambd >= 0) {
    const middle = clamp(node.graph, x, -lambd, lambd)
    return { ...addTerms(node.graph, { value: x, sign: 1 }, { value: middle, sign: -1 }), type: x.type }
  }
  const below = (rise: number): Step => ({ at: -lambd, rise })
  const above = (rise: number): Step => ({ at: lambd, strict: true, rise })
  // 1 outside of the band; and there bias or -bias
  const outside = stairs(node.graph, x, 1, [below(-1), above(1)])
  const shift = scale(node.graph, stairs(node.graph, x, 1, [below(-1), above(-1)]), {
    shape: [],
    data: Float64Array.of(bias),
  })
  return { ...sumOf(node.graph, [times(node.graph, outside, x), shift]), type: x.type }
}

function stairs(builder: Builder, x: Value, base: number, steps: readonly Step[]): Value {
  const rows = Array.from({ length: sizeOf(x.shape) }, (_, element) => ({ element, base, steps }))
  return staircase(builder, x, rows, x.shape)
}
