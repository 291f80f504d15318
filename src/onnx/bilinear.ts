/**
 * Sums of products of two tensors' elements: what Mul, MatMul, Conv and Einsum have in common. With one side constant
 * they are linear, and cost a circuit nothing; of two computed sides each product is a constraint, and their sum is free.
 */
import { broadcastIndex, broadcastShapes, type Shape, sizeOf } from '../base/tensor.js'
import { scale } from './affine.js'
import { type Builder, checkSize, linear, product, type Value, within } from './builder.js'
import { range } from './layout.js'
import { isConstant } from './node.js'

/** result[row] is the sum of left[i] * right[i] over the row's places i; no row has a pair twice. */
export type Pairs = {
  /** rows + 1 offsets into `left` and `right`. */
  readonly rowStart: Int32Array
  /** Elements of the first tensor. */
  readonly left: Int32Array
  /** Elements of the second. */
  readonly right: Int32Array
}

/** `bias`, one number a row, is added. */
export function sumOfProducts(
  builder: Builder,
  a: Value,
  b: Value,
  { rowStart, left, right }: Pairs,
  shape: Shape,
  bias: Float64Array = new Float64Array(rowStart.length - 1),
): Value {
  if (isConstant(b))
    return linear(builder, [a], { rowStart, column: left, weight: right, weights: b.data, bias }, shape)
  if (isConstant(a))
    return linear(builder, [b], { rowStart, column: right, weight: left, weights: a.data, bias }, shape)
  const single = rowStart.every((start, row) => start === row) && bias.every((value) => value === 0)
  if (single) return pairwise(builder, a, b, left, right, shape)
  return sumRows(builder, pairwise(builder, a, b, left, right, [left.length]), rowStart, bias, shape)
}

/** a * b, elementwise with broadcasting. Throws `BroadcastError` where the shapes do not meet. */
export function times(builder: Builder, a: Value, b: Value): Value {
  if (isConstant(b)) return scale(builder, a, b)
  if (isConstant(a)) return scale(builder, b, a)
  const shape = broadcastShapes(a.shape, b.shape)
  checkSize(builder, sizeOf(shape), 'a product')
  return pairwise(builder, a, b, broadcastIndex(a.shape, shape), broadcastIndex(b.shape, shape), shape)
}

/** Of a tensor with itself, an element's product with itself is known as a square. */
function pairwise(
  builder: Builder,
  a: Value,
  b: Value,
  left: Int32Array,
  right: Int32Array,
  shape: Shape,
): Value {
  if (a === b) return product(builder, [a], left, right, shape)
  const start = sizeOf(a.shape)
  return product(
    builder,
    [a, b],
    left,
    right.map((element) => start + element),
    shape,
  )
}

/** The ones that it sums with are no weights of the model, whichever operator it is part of. */
function sumRows(
  builder: Builder,
  products: Value,
  rowStart: Int32Array,
  bias: Float64Array,
  shape: Shape,
): Value {
  const column = range(products.shape[0]!)
  const op = { rowStart, column, weight: new Int32Array(column.length), weights: Float64Array.of(1), bias }
  return within(builder, 'ReduceSum', () => linear(builder, [products], op, shape))
}
