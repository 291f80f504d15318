/** IsNaN: never, since every input is checked to be a finite number, and what is computed from them is one as well. */
import { sizeOf } from '../../base/tensor.js'
import { constant, type Value } from '../builder.js'
import { isConstant, type OpNode, requireInput } from '../node.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const flags = isConstant(x) ? x.data.map((value) => Number(Number.isNaN(value))) : undefined
  return constant(x.shape, flags ?? new Float64Array(sizeOf(x.shape)), 'bool')
}
