/** IsInf: never, but of constants, since every input is checked to be finite. */
import { sizeOf } from '../../base/tensor.js'
import { int } from '../attributes.js'
import { constant, type Value } from '../builder.js'
import { isConstant, type OpNode, requireInput } from '../node.js'

export const tolerance = 'exact'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  if (!isConstant(x)) return constant(x.shape, new Float64Array(sizeOf(x.shape)), 'bool')
  const positive = int(node.attributes, 'detect_positive', 1) !== 0
  const negative = int(node.attributes, 'detect_negative', 1) !== 0
  const isFound = (value: number) => (positive && value === Infinity) || (negative && value === -Infinity)
  return constant(
    x.shape,
    x.data.map((value) => Number(isFound(value))),
    'bool',
  )
}
