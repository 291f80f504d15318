/** Constant, in all forms that hold numbers. */
import { sizeOf } from '../../base/tensor.js'
import { float, floats, has, int, ints, tensor } from '../attributes.js'
import { checkSize, constant, type Value } from '../builder.js'
import type { OpNode } from '../node.js'
import { UnsupportedNodeError } from '../unsupported.js'

export function lower({ attributes, graph }: OpNode): Value {
  const value = tensor(attributes, 'value')
  if (value !== undefined) {
    checkSize(graph, sizeOf(value.shape), 'a constant')
    return constant(value.shape, value.data, value.type)
  }
  if (has(attributes, 'value_float'))
    return constant([], Float64Array.of(float(attributes, 'value_float', 0)))
  if (has(attributes, 'value_int'))
    return constant([], Float64Array.of(int(attributes, 'value_int', 0)), 'int64')
  const list = floats(attributes, 'value_floats')
  if (list !== undefined) return constant([list.length], Float64Array.from(list))
  const whole = ints(attributes, 'value_ints')
  if (whole !== undefined) return constant([whole.length], Float64Array.from(whole), 'int64')
  throw new UnsupportedNodeError(
    'it holds strings or a sparse tensor',
    'store the constant as a dense tensor of numbers',
  )
}
