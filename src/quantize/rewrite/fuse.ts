/**
 * What is computed elementwise from one tensor becomes one function of it: x * sigmoid(x), the four nodes of a Gelu, a
 * Tanh of a Softplus. One function is one broken line, however many nodes it was written with, and its error is that of
 * one rounding.
 */
import type { Expression } from '../../model/functions.js'
import type { Graph, Node, TensorId } from '../../model/graph.js'
import type { Linear } from '../../model/ops/linear.js'
import { elements } from './uses.js'

/** A tensor as a function of another of the same size, element by element. */
type Unary = {
  readonly base: TensorId
  readonly expression: Expression
  /** Operators in it that cost something; and whether they are more than limits, or more than products: those are exact. */
  readonly paid: number
  readonly rounded: boolean
}

export function fuseElementwise(graph: Graph): Graph {
  const known = new Map<TensorId, Unary>()
  const of = (tensor: TensorId): Unary =>
    known.get(tensor) ?? { base: tensor, expression: 'x', paid: 0, rounded: false }
  let changed = false
  const nodes = graph.nodes.map((node) => {
    const unary = unaryOf(graph, node, of)
    if (unary === undefined) return node
    known.set(node.output, unary)
    if (unary.paid < 2 || !unary.rounded) return node
    if (node.op.kind === 'smooth' && node.inputs[0] === unary.base) return node
    if (isLine(node)) return node
    changed = true
    return { ...node, op: { kind: 'smooth' as const, expression: unary.expression }, inputs: [unary.base] }
  })
  return changed ? { ...graph, nodes } : graph
}

/** Lines after a function cost nothing: they are not a reason to make it another function. */
function isLine({ op, inputs }: Node): boolean {
  return op.kind === 'rearrange' || (op.kind === 'linear' && inputs.length === 1)
}

function unaryOf(graph: Graph, node: Node, of: (tensor: TensorId) => Unary): Unary | undefined {
  const parts = node.inputs.map(of)
  const [first] = parts
  if (first === undefined || parts.some(({ base }) => base !== first.base)) return undefined
  const { op } = node
  switch (op.kind) {
    case 'smooth':
      return { ...one(first, (x) => substitute(op.expression, x)), rounded: true }
    case 'clamp':
      return one(first, (x) => ({ fn: 'clamp', lo: op.lo, hi: op.hi, x }))
    case 'product':
    case 'quotient':
      return pairOf(graph, node, op, parts)
    case 'linear':
      return lineOf(graph, node, op, parts)
    case 'rearrange':
      return op.index.length === elements(graph, first.base) && op.index.every((from, i) => from === i)
        ? first
        : undefined
    default:
      return undefined
  }
}

function one(inner: Unary, wrap: (x: Expression) => Expression): Unary {
  return {
    base: inner.base,
    expression: wrap(inner.expression),
    paid: inner.paid + 1,
    rounded: inner.rounded,
  }
}

/** The expression with another in the place of x. */
function substitute(expression: Expression, x: Expression): Expression {
  if (expression === 'x') return x
  if ('left' in expression) {
    return {
      ...expression,
      left: substitute(expression.left, x),
      right: substitute(expression.right, x),
    }
  }
  return { ...expression, x: substitute(expression.x, x) }
}

function pairOf(
  graph: Graph,
  { inputs }: Node,
  { kind, left, right }: { kind: 'product' | 'quotient'; left: Int32Array; right: Int32Array },
  parts: readonly Unary[],
): Unary | undefined {
  const size = elements(graph, parts[0]!.base)
  const a = inputAt(graph, inputs, left, size)
  const b = inputAt(graph, inputs, right, size)
  if (a === undefined || b === undefined) return undefined
  const [first, second] = [parts[a]!, parts[b]!]
  return {
    base: first.base,
    expression: { fn: kind, left: first.expression, right: second.expression },
    paid: (a === b ? first.paid : first.paid + second.paid) + 1,
    rounded: first.rounded || second.rounded || kind === 'quotient' || limits(first) || limits(second),
  }
}

/** A product with what a limit made has as many pieces as it. */
function limits({ paid, expression }: Unary): boolean {
  return paid === 1 && JSON.stringify(expression).includes('"clamp"')
}

/** The one input whose elements these are, in order. */
function inputAt(
  graph: Graph,
  inputs: readonly TensorId[],
  elementsRead: Int32Array,
  size: number,
): number | undefined {
  if (elementsRead.length !== size) return undefined
  let start = 0
  for (const [at, input] of inputs.entries()) {
    const length = elements(graph, input)
    if (elementsRead[0] === start && length === size && elementsRead.every((from, i) => from === start + i))
      return at
    start += length
  }
  return undefined
}

/** The same weights and bias in every row, which reads the elements of its own place. */
function lineOf(graph: Graph, { inputs }: Node, op: Linear, parts: readonly Unary[]): Unary | undefined {
  const size = elements(graph, parts[0]!.base)
  if (
    op.standIns !== undefined ||
    op.bias.length !== size ||
    inputs.some((id) => elements(graph, id) !== size)
  )
    return undefined
  const slopes = slopesOf(op, inputs.length)
  if (slopes === undefined) return undefined
  const lines = parts.map(
    ({ expression }, i): Expression => ({
      fn: 'line',
      slope: slopes[i]!,
      offset: i === 0 ? op.bias[0]! : 0,
      x: expression,
    }),
  )
  return {
    base: parts[0]!.base,
    expression: lines.reduce((left, right) => ({ fn: 'sum', left, right })),
    paid: parts.reduce((sum, { paid }) => sum + paid, 0),
    rounded: parts.some(({ rounded }) => rounded),
  }
}

/** The weight of each input, where all rows agree on it. */
function slopesOf(
  { rowStart, column, weight, weights, bias }: Linear,
  inputs: number,
): Float64Array | undefined {
  const size = bias.length
  const slopes = new Float64Array(inputs)
  for (let row = 0; row < size; row++) {
    const own = new Float64Array(inputs)
    if (bias[row] !== bias[0]) return undefined
    for (let entry = rowStart[row]!; entry < rowStart[row + 1]!; entry++) {
      if (column[entry]! % size !== row) return undefined
      own[Math.floor(column[entry]! / size)] = weights[weight[entry]!]!
    }
    if (row === 0) slopes.set(own)
    else if (own.some((slope, i) => slope !== slopes[i])) return undefined
  }
  return slopes
}
