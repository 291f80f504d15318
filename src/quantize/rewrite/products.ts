/**
 * Products that need not be: with a constant they are linear, which costs nothing and keeps the constant's digits; and of
 * equal ones, as a matrix times its own transpose has them, one serves for all.
 */
import type { Graph, Node, Op, TensorId, TensorInfo } from '../../model/graph.js'
import type { Linear } from '../../model/ops/linear.js'
import type { Product } from '../../model/ops/product.js'
import { elements, usesOf } from './uses.js'

export function simplifyProducts(graph: Graph): Graph {
  const { producer } = usesOf(graph)
  const tensors = [...graph.tensors]
  const nodes = graph.nodes.flatMap((node) => {
    const parts = node.op.kind === 'product' ? simplify(graph, node, node.op, producer) : undefined
    return parts === undefined ? [node] : written(node, parts, tensors)
  })
  return tensors.length === graph.tensors.length && nodes.every((node, at) => node === graph.nodes[at])
    ? graph
    : { ...graph, tensors, nodes }
}

/** Operators that together make all results, and where each stands in theirs. */
type Parts = {
  readonly makers: readonly { readonly op: Op; readonly inputs: readonly TensorId[]; readonly size: number }[]
  /** For each result its place among those of the makers, end to end. */
  readonly place: Int32Array
}

function simplify(
  graph: Graph,
  { inputs }: Node,
  op: Product,
  producer: readonly (Node | undefined)[],
): Parts | undefined {
  const known = inputs.flatMap((input): (number | undefined)[] => {
    const made = producer[input]?.op
    const size = elements(graph, input)
    return made?.kind === 'constant' ? [...made.data] : new Array<undefined>(size).fill(undefined)
  })
  const isLinear = Array.from(
    op.left,
    (left, i) => known[left] !== undefined || known[op.right[i]!] !== undefined,
  )
  const place = new Int32Array(op.left.length)
  const pairs = distinctPairs(op, isLinear, known.length, place)
  const scalings = [...isLinear.keys()].filter((i) => isLinear[i])
  if (scalings.length === 0 && pairs.left.length === op.left.length) return undefined
  scalings.forEach((i, at) => {
    place[i] = pairs.left.length + at
  })
  const makers = [
    { op: pairs, size: pairs.left.length },
    { op: scaling(op, scalings, known), size: scalings.length },
  ]
  const needed = makers.filter(({ size }) => size > 0)
  return { makers: needed.map((maker) => ({ ...maker, ...prune(graph, maker.op, inputs) })), place }
}

/** Without the inputs that nothing is read of. */
function prune(
  graph: Graph,
  op: Product | Linear,
  inputs: readonly TensorId[],
): { op: Op; inputs: TensorId[] } {
  const moved: number[] = []
  const read = new Set(op.kind === 'linear' ? op.column : [...op.left, ...op.right])
  let [start, columns] = [0, 0]
  const kept = inputs.filter((input) => {
    const all = Array.from({ length: elements(graph, input) }, (_, i) => start + i)
    start += all.length
    if (!all.some((column) => read.has(column))) return false
    for (const column of all) moved[column] = columns++
    return true
  })
  const move = (column: number) => moved[column]!
  return op.kind === 'linear'
    ? { op: { ...op, column: op.column.map(move) }, inputs: kept }
    : { op: { ...op, left: op.left.map(move), right: op.right.map(move) }, inputs: kept }
}

/** Those of computed elements, each pair once; sets the place of each. */
function distinctPairs(op: Product, skip: readonly boolean[], columns: number, place: Int32Array): Product {
  const seen = new Map<number, number>()
  const [left, right]: [number[], number[]] = [[], []]
  op.left.forEach((a, i) => {
    if (skip[i]) return
    const b = op.right[i]!
    const pair = Math.min(a, b) * columns + Math.max(a, b)
    if (!seen.has(pair)) {
      seen.set(pair, left.length)
      left.push(a)
      right.push(b)
    }
    place[i] = seen.get(pair)!
  })
  return { kind: 'product', left: Int32Array.from(left), right: Int32Array.from(right) }
}

/** Each weight stands for itself, even where two are equal: what is secret decides nothing. */
function scaling(op: Product, which: readonly number[], known: readonly (number | undefined)[]): Linear {
  const constant = which.map((i) => (known[op.right[i]!] === undefined ? op.left[i]! : op.right[i]!))
  return {
    kind: 'linear',
    rowStart: Int32Array.from({ length: which.length + 1 }, (_, row) => row),
    column: Int32Array.from(which, (i, at) => (constant[at] === op.left[i] ? op.right[i]! : op.left[i]!)),
    weight: Int32Array.from(which.keys()),
    weights: Float64Array.from(constant, (element) => known[element]!),
    bias: new Float64Array(which.length),
  }
}

function written(node: Node, { makers, place }: Parts, tensors: TensorInfo[]): Node[] {
  const [only] = makers
  if (makers.length === 1 && place.every((from, i) => from === i)) {
    return [{ ...node, op: only!.op, inputs: only!.inputs }]
  }
  const { name } = tensors[node.output]!
  const parts = makers.map(({ op, inputs, size }, part) => {
    const output = tensors.push({ name: `${name}/${op.kind}`, shape: [size] }) - 1
    return { ...node, name: part === 0 ? node.name : `${name}/${op.kind}`, op, inputs, output }
  })
  const layout = { kind: 'rearrange' as const, index: place, fill: 0 }
  const inputs = parts.map(({ output }) => output)
  return [...parts, { ...node, name: `${name}/layout`, op: layout, inputs }]
}
