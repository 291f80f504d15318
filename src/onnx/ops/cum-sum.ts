/** CumSum along a constant axis: of all elements up to each (without it if `exclusive`), or from each on (`reverse`). */
import { sizeOf, stridesOf } from '../../base/tensor.js'
import { int } from '../attributes.js'
import { checkSize, linear, type Value } from '../builder.js'
import { type OpNode, requireConstant, requireInput, resolveAxis } from '../node.js'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  const axis = resolveAxis(node, requireConstant(node, 1, 'axis').data[0] ?? 0, x.shape.length)
  const [extent, stride] = [x.shape[axis]!, stridesOf(x.shape)[axis]!]
  const reverse = int(node.attributes, 'reverse', 0) !== 0
  const skipped = int(node.attributes, 'exclusive', 0) !== 0 ? 1 : 0
  const size = sizeOf(x.shape)
  checkSize(node.graph, size * extent, 'a running sum')
  const rowStart = new Int32Array(size + 1)
  const column: number[] = []
  for (let row = 0; row < size; row++) {
    const place = Math.floor(row / stride) % extent
    const terms = (reverse ? extent - place : place + 1) - skipped
    const first = reverse ? row + skipped * stride : row - place * stride
    for (let term = 0; term < terms; term++) column.push(first + term * stride)
    rowStart[row + 1] = column.length
  }
  const weight = new Int32Array(column.length)
  const [weights, bias] = [Float64Array.of(1), new Float64Array(size)]
  return linear(
    node.graph,
    [x],
    { rowStart, column: Int32Array.from(column), weight, weights, bias },
    x.shape,
  )
}
