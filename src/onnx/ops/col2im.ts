/**
 * Col2Im: columns of blocks (N x C * block x L) added up where they lie in the image; the opposite of the unfolding that
 * turns a convolution into a matrix product.
 */
import { sizeOf } from '../../base/tensor.js'
import { checkSize, linear, type Value } from '../builder.js'
import { InvalidNodeError, type OpNode, optionalList, requireInput, requireRank } from '../node.js'
import { invertWindows, windowsOf } from '../windows.js'

export function lower(node: OpNode): Value {
  const x = requireInput(node, 0)
  requireRank(node, 'input', x.shape, 3, 3)
  const image = optionalList(node, 1, 'image shape') ?? []
  const windows = windowsOf(node, image, optionalList(node, 2, 'block shape') ?? [])
  const { kernelSize, outputSize } = windows
  const [batch, rows, columns] = x.shape as [number, number, number]
  const channels = rows / kernelSize
  if (!Number.isInteger(channels) || columns !== outputSize) {
    const found = `${columns} columns of ${rows}`
    throw new InvalidNodeError(node, `it has ${found} for ${outputSize} blocks of ${kernelSize} elements`)
  }
  checkSize(node.graph, sizeOf(x.shape), 'blocks')
  const plane = sizeOf(image)
  const { start, entry } = invertWindows(windows, plane)
  const planes = batch * channels
  const rowStart = Int32Array.from(
    { length: planes * plane + 1 },
    (_, row) => Math.floor(row / plane) * entry.length + start[row % plane]!,
  )
  const column = Int32Array.from({ length: planes * entry.length }, (_, at) => {
    const place = entry[at % entry.length]!
    const [window, own] = [Math.floor(place / kernelSize), place % kernelSize]
    return (Math.floor(at / entry.length) * kernelSize + own) * columns + window
  })
  const weight = new Int32Array(column.length)
  const bias = new Float64Array(planes * plane)
  const op = { rowStart, column, weight, weights: Float64Array.of(1), bias }
  return linear(node.graph, [x], op, [batch, channels, ...image])
}
