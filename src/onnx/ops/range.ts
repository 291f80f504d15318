/** Range of constants: from start, by steps of delta, up to but without the limit. */
import { checkSize, constant, type Value } from '../builder.js'
import { InvalidNodeError, type OpNode, requireConstant } from '../node.js'

export function lower(node: OpNode): Value {
  const [start, limit, delta] = ['start', 'limit', 'delta'].map(
    (what, at) => requireConstant(node, at, what).data[0] ?? Number.NaN,
  ) as [number, number, number]
  const count = Math.max(0, Math.ceil((limit - start) / delta))
  if (!Number.isFinite(count))
    throw new InvalidNodeError(node, `it counts from ${start} to ${limit} by ${delta}`)
  checkSize(node.graph, count, 'a range')
  const data = Float64Array.from({ length: count }, (_, at) => start + at * delta)
  return constant([count], data, requireConstant(node, 0, 'start').type)
}
