/**
 * Matrix products as MatMul and Gemm need them: batches broadcast as in NumPy, and weights stay where they are in a
 * constant side.
 */
import { broadcastIndex, broadcastShapes, type Shape, sizeOf } from '../base/tensor.js'
import { type Pairs, sumOfProducts } from './bilinear.js'
import { checkSize, type Value } from './builder.js'
import { range } from './layout.js'
import { InvalidNodeError, type OpNode } from './node.js'

/** A stack of matrices: its batch shape, extents, and distances in elements along rows and columns. */
type Matrices = {
  readonly value: Value
  readonly batch: Shape
  readonly rows: number
  readonly columns: number
  readonly rowStride: number
  readonly columnStride: number
}

/** The matrices in the last two axes of a value of rank 2 or more. */
export function matricesOf(value: Value, transposed = false): Matrices {
  const batch = value.shape.slice(0, -2)
  const [rows, columns] = value.shape.slice(-2) as [number, number]
  return transposed
    ? { value, batch, rows: columns, columns: rows, rowStride: 1, columnStride: columns }
    : { value, batch, rows, columns, rowStride: columns, columnStride: 1 }
}

/** a * b, plus a bias of the result's shape. Throws `InvalidNodeError` where the extents do not meet. */
export function multiply(node: OpNode, a: Matrices, b: Matrices, bias?: Float64Array): Value {
  if (a.columns !== b.rows)
    throw new InvalidNodeError(node, `it multiplies ${a.columns} columns with ${b.rows} rows`)
  const batch = broadcastShapes(a.batch, b.batch)
  const shape = [...batch, a.rows, b.columns]
  checkSize(node.graph, sizeOf(shape) * a.columns, 'a matrix product')
  return sumOfProducts(node.graph, a.value, b.value, pairsOf(a, b, batch), shape, bias)
}

function pairsOf(a: Matrices, b: Matrices, batch: Shape): Pairs {
  const count = a.columns
  const [batchA, batchB] = [broadcastIndex(a.batch, batch), broadcastIndex(b.batch, batch)]
  const rows = batchA.length * a.rows * b.columns
  const left = new Int32Array(rows * count)
  const right = new Int32Array(rows * count)
  let at = 0
  for (let stack = 0; stack < batchA.length; stack++) {
    const [startA, startB] = [batchA[stack]! * a.rows * count, batchB[stack]! * count * b.columns]
    for (let row = 0; row < a.rows; row++) {
      for (let column = 0; column < b.columns; column++) {
        for (let k = 0; k < count; k++, at++) {
          left[at] = startA + row * a.rowStride + k * a.columnStride
          right[at] = startB + k * b.rowStride + column * b.columnStride
        }
      }
    }
  }
  return { rowStart: range(rows + 1).map((row) => row * count), left, right }
}
