/** Gemm: alpha * A' * B' + beta * C. */
import { broadcastIndex } from '../../base/tensor.js'
import { addTerms, scale } from '../affine.js'
import { float, int } from '../attributes.js'
import { constant, type Value } from '../builder.js'
import { matricesOf, multiply } from '../matrix.js'
import { isConstant, type OpNode, requireInput, requireRank } from '../node.js'

export function lower(node: OpNode): Value {
  const { attributes, graph } = node
  const a = requireInput(node, 0)
  const b = requireInput(node, 1)
  requireRank(node, 'input A', a.shape, 2, 2)
  requireRank(node, 'input B', b.shape, 2, 2)
  const alpha = float(attributes, 'alpha', 1)
  const [left, right] = isConstant(b) ? [a, times(b, alpha)] : [times(a, alpha), b]
  const A = matricesOf(left, int(attributes, 'transA', 0) !== 0)
  const B = matricesOf(right, int(attributes, 'transB', 0) !== 0)
  const c = scaledAddend(node)
  // alpha is in the constant side where there is one
  const late = alpha !== 1 && !isConstant(a) && !isConstant(b)
  if (c !== undefined && isConstant(c) && !late) {
    const place = broadcastIndex(c.shape, [A.rows, B.columns])
    return multiply(
      node,
      A,
      B,
      Float64Array.from(place, (at) => c.data[at]!),
    )
  }
  const product = multiply(node, A, B)
  const scaled = late ? scale(graph, product, { shape: [], data: Float64Array.of(alpha) }) : product
  return c === undefined ? scaled : addTerms(graph, { value: scaled, sign: 1 }, { value: c, sign: 1 })
}

function scaledAddend(node: OpNode): Value | undefined {
  const c = node.inputs[2]
  const beta = float(node.attributes, 'beta', 1)
  if (c === undefined || beta === 1) return c
  return scale(node.graph, c, { shape: [], data: Float64Array.of(beta) })
}

function times(value: Value, factor: number): Value {
  if (factor === 1 || !isConstant(value)) return value
  return constant(
    value.shape,
    value.data.map((entry) => entry * factor),
    value.type,
  )
}
