/** Elementwise sums, differences and scalings, with broadcasting: each a sparse linear map. */
import { broadcastIndex, broadcastShapes, type Shape, sizeOf } from '../base/tensor.js'
import { type Builder, checkSize, linear, type Value, within } from './builder.js'
import { range } from './layout.js'
import { type ConstantValue, isConstant } from './node.js'

/** sign * value, elementwise. */
export type Term = { readonly value: Value; readonly sign: 1 | -1 }

/** The sum of two terms. Constants become the bias. Throws `BroadcastError` where the shapes do not meet. */
export function addTerms(builder: Builder, a: Term, b: Term): Value {
  const shape = broadcastShapes(a.value.shape, b.value.shape)
  checkSize(builder, sizeOf(shape), 'a sum')
  const computed = [a, b].filter((term) => !isConstant(term.value))
  const terms = computed.length === 0 ? [a] : computed
  const bias = new Float64Array(sizeOf(shape))
  for (const term of [a, b]) {
    if (!terms.includes(term)) addBias(bias, term.value as ConstantValue, term.sign, shape)
  }
  return sumRows(builder, terms, bias, shape)
}

export function minus(builder: Builder, a: Value, b: Value): Value {
  return addTerms(builder, { value: a, sign: 1 }, { value: b, sign: -1 })
}

/** a - b as a part of another operator, whose weights its ones are not. */
export function difference(builder: Builder, a: Value, b: Value): Value {
  return within(builder, 'Sub', () => minus(builder, a, b))
}

/** The sum of one or more tensors. Throws `BroadcastError` where the shapes do not meet. */
export function sumOf(builder: Builder, values: readonly Value[]): Value {
  return values.reduce((sum, value) => addTerms(builder, { value: sum, sign: 1 }, { value, sign: 1 }))
}

function addBias(bias: Float64Array, { data, shape: from }: ConstantValue, sign: number, shape: Shape): void {
  const index = broadcastIndex(from, shape)
  for (let i = 0; i < bias.length; i++) bias[i]! += sign * data[index[i]!]!
}

function sumRows(builder: Builder, terms: readonly Term[], bias: Float64Array, shape: Shape): Value {
  const size = bias.length
  const column = new Int32Array(size * terms.length)
  const weight = new Int32Array(size * terms.length)
  let start = 0
  terms.forEach(({ value }, term) => {
    const index = broadcastIndex(value.shape, shape)
    for (let i = 0; i < size; i++) {
      column[i * terms.length + term] = start + index[i]!
      weight[i * terms.length + term] = term
    }
    start += sizeOf(value.shape)
  })
  const rowStart = Int32Array.from({ length: size + 1 }, (_, row) => row * terms.length)
  const weights = Float64Array.from(terms, (term) => term.sign)
  const op = { rowStart, column, weight, weights, bias }
  return linear(
    builder,
    terms.map((term) => term.value),
    op,
    shape,
  )
}

/** value * factor + bias, elementwise: the factors broadcast against the value, the bias has the result's shape. */
export function scale(
  builder: Builder,
  value: Value,
  factor: Omit<ConstantValue, 'type'>,
  bias?: Float64Array,
): Value {
  const shape = broadcastShapes(value.shape, factor.shape)
  checkSize(builder, sizeOf(shape), 'a product')
  const size = sizeOf(shape)
  const op = {
    rowStart: range(size + 1),
    column: broadcastIndex(value.shape, shape),
    weight: broadcastIndex(factor.shape, shape),
    weights: factor.data,
    bias: bias ?? new Float64Array(size),
  }
  return linear(builder, [value], op, shape)
}
