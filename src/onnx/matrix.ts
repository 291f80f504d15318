/**
 * Matrix products with one constant side, as MatMul and Gemm need them: batches broadcast as in NumPy, weights stay
 * where they are in the constant.
 */
import { broadcastIndex, broadcastShapes, type Shape, sizeOf } from '../base/tensor.js'
import { type Builder, checkSize, linear, type Value } from './builder.js'
import { InvalidNodeError, isConstant, type OpNode } from './node.js'
import { UnsupportedNodeError } from './unsupported.js'

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

/**
 * a * b, plus a bias of the result's shape. Throws `UnsupportedNodeError` where both sides are computed, and
 * `InvalidNodeError` where the extents do not meet.
 */
export function multiply(node: OpNode, a: Matrices, b: Matrices, bias?: Float64Array): Value {
  if (a.columns !== b.rows)
    throw new InvalidNodeError(node, `it multiplies ${a.columns} columns with ${b.rows} rows`)
  if (!isConstant(a.value) && !isConstant(b.value)) {
    throw new UnsupportedNodeError('it multiplies two computed tensors', 'make one side constant')
  }
  const batch = broadcastShapes(a.batch, b.batch)
  const shape = [...batch, a.rows, b.columns]
  checkSize(node.graph, sizeOf(shape) * a.columns, 'a matrix product')
  return productRows(node.graph, a, b, batch, shape, bias ?? new Float64Array(sizeOf(shape)))
}

function productRows(
  builder: Builder,
  a: Matrices,
  b: Matrices,
  batch: Shape,
  shape: Shape,
  bias: Float64Array,
): Value {
  const [weightsLeft, count] = [isConstant(a.value), a.columns]
  const left = new Int32Array(bias.length * count)
  const right = new Int32Array(bias.length * count)
  const [batchA, batchB] = [broadcastIndex(a.batch, batch), broadcastIndex(b.batch, batch)]
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
  const rowStart = Int32Array.from({ length: bias.length + 1 }, (_, row) => row * count)
  const [column, weight] = weightsLeft ? [right, left] : [left, right]
  const [variable, weights] = weightsLeft ? [b.value, a.value.data!] : [a.value, b.value.data!]
  return linear(builder, [variable], { rowStart, column, weight, weights, bias }, shape)
}
