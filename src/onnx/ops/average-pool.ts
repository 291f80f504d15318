/**
 * AveragePool over one or more spatial axes. Padding counts as zeros where `count_include_pad` is set, and not at all
 * otherwise.
 */
import { sizeOf } from '../../base/tensor.js'
import { int, ints } from '../attributes.js'
import { checkSize, linear, type Value } from '../builder.js'
import { InvalidNodeError, type OpNode, requireInput, requireRank } from '../node.js'
import { type Windows, windowsOf } from '../windows.js'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  requireRank(node, 'input', x.shape, 3)
  const windows = windowsOf(node, x.shape.slice(2), ints(node.attributes, 'kernel_shape') ?? [])
  const shape = [...x.shape.slice(0, 2), ...windows.output]
  checkSize(node.graph, sizeOf(shape) * windows.kernelSize, 'a pooling')
  return linear(node.graph, [x], averageRows(node, x, windows), shape)
}

/** Weight n - 1 is 1/n: windows at the borders average fewer elements. */
function averageRows(node: OpNode, x: Value, { element, padded, outputSize, kernelSize }: Windows) {
  const countPadding = int(node.attributes, 'count_include_pad', 0) !== 0
  const rows = x.shape[0]! * x.shape[1]! * outputSize
  const plane = sizeOf(x.shape.slice(2))
  const rowStart = new Int32Array(rows + 1)
  const column = new Int32Array(rows * kernelSize)
  const weight = new Int32Array(rows * kernelSize)
  let at = 0
  for (let row = 0; row < rows; row++) {
    const window = row % outputSize
    const start = Math.floor(row / outputSize) * plane
    for (let place = 0; place < kernelSize; place++) {
      const source = element[window * kernelSize + place]!
      if (source >= 0) column[at++] = start + source
    }
    const count = countPadding ? padded[window]! : at - rowStart[row]!
    if (count === 0) throw new InvalidNodeError(node, `its window ${window} lies in the padding alone`)
    weight.fill(count - 1, rowStart[row], at)
    rowStart[row + 1] = at
  }
  const weights = Float64Array.from({ length: kernelSize }, (_, n) => 1 / (n + 1))
  const bias = new Float64Array(rows)
  return { rowStart, column: column.slice(0, at), weight: weight.slice(0, at), weights, bias }
}
