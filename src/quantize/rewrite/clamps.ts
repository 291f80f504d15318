/**
 * Moves clamps (Relu among them) to where they cost least: up through a permutation, to meet the linear operator above
 * it, and down behind a pooling, where fewer elements are left. Both keep the meaning: a clamp works element by element,
 * and never decreases.
 */
import type { Graph, Node, TensorInfo } from '../../model/graph.js'
import type { Max } from '../../model/ops/max.js'
import type { Rearrange } from '../../model/ops/rearrange.js'
import { elements, type Uses, usesOf } from './uses.js'

/** clamp(permute(x, y)) becomes permute(clamp(x), clamp(y)), which the next reader absorbs. */
export function liftClamps(graph: Graph): Graph {
  const found = findPair(graph, (node, above) => {
    if (node.op.kind !== 'clamp' || above.op.kind !== 'rearrange') return false
    return isPermutation(
      above.op,
      above.inputs.reduce((sum, input) => sum + elements(graph, input), 0),
    )
  })
  if (found === undefined) return graph
  return found.above.inputs.length === 1 ? swap(graph, found) : split(graph, found)
}

/** max(clamp(x)) becomes clamp(max(x)), where the windows overlap little enough for that to be cheaper. */
export function sinkClamps(graph: Graph): Graph {
  const found = findPair(graph, (node, above) => {
    if (node.op.kind !== 'max' || above.op.kind !== 'clamp' || node.inputs.length !== 1) return false
    return poolingFirstPays(node.op, elements(graph, above.output))
  })
  return found === undefined ? graph : swap(graph, found)
}

/**
 * Rescaling takes an accumulator of about 20 bits to about 10. Pooling first makes each of members - groups comparisons
 * 10 bits wider, and spares elements - groups decompositions of 20.
 */
function poolingFirstPays(op: Max, size: number): boolean {
  const groups = op.groupStart.length - 1
  return op.member.length - groups < 2 * (size - groups)
}

function isPermutation(op: Rearrange, size: number): boolean {
  if (op.index.length !== size) return false
  const taken = new Uint8Array(size)
  for (const from of op.index) {
    if (from < 0 || taken[from]) return false
    taken[from] = 1
  }
  return true
}

type Pair = { readonly node: Node; readonly above: Node }

/** The first node that is wanted together with the one above it, which only it may read. */
function findPair(graph: Graph, wanted: (node: Node, above: Node) => boolean): Pair | undefined {
  const uses = usesOf(graph)
  for (const node of graph.nodes) {
    const above = onlyReaderOf(node, uses)
    if (above !== undefined && wanted(node, above)) return { node, above }
  }
  return undefined
}

function onlyReaderOf(node: Node, { producer, count }: Uses): Node | undefined {
  const input = node.inputs[0]
  return input !== undefined && count[input] === 1 ? producer[input] : undefined
}

/** Each keeps its name; the tensor between them takes the shape that the other operator gives it. */
function swap(graph: Graph, { node, above }: Pair): Graph {
  const outer = { ...above, inputs: node.inputs, output: node.output }
  const inner = { ...node, inputs: above.inputs, output: above.output }
  const shape =
    node.op.kind === 'max' ? graph.tensors[node.output]!.shape : graph.tensors[above.inputs[0]!]!.shape
  const names = [graph.tensors[above.output]!.name, graph.tensors[node.output]!.name]
  // the graph's own output keeps its name; elsewhere a name goes with the operator that computes it
  const isOutput = graph.outputs.some((port) => port.tensor === node.output)
  const rename = (info: TensorInfo, id: number): TensorInfo => {
    if (id === above.output) return { name: isOutput ? names[0]! : names[1]!, shape }
    return id === node.output && !isOutput ? { ...info, name: names[0]! } : info
  }
  const order = graph.nodes.flatMap((other) =>
    other === above ? [] : other === node ? [inner, outer] : [other],
  )
  return { ...graph, tensors: graph.tensors.map(rename), nodes: order }
}

/** A clamp for each input of the layout above, which then makes the output itself. */
function split(graph: Graph, { node, above }: Pair): Graph {
  const tensors = [...graph.tensors]
  const parts = above.inputs.map((input, part) => {
    const { shape } = graph.tensors[input]!
    const output = tensors.push({ name: `${graph.tensors[node.output]!.name}/part${part}`, shape }) - 1
    return { ...node, name: `${node.name}/part${part}`, inputs: [input], output }
  })
  const outer = { ...above, inputs: parts.map((part) => part.output), output: node.output }
  const order = (other: Node) => (other === above ? [] : other === node ? [...parts, outer] : [other])
  return { ...graph, tensors, nodes: graph.nodes.flatMap(order) }
}
