/**
 * What a file may hold and ONNX Runtime stumbles over, though it is of no importance: nodes that no wanted output needs
 * (custom operators, above all), and names that several nodes share.
 */
import type { Model } from './decode.js'
import type { GraphProto, NodeProto } from './gen/onnx_pb.js'

/** Edits the model in place. `outputs` are outputs of the graph. */
export function tidy({ graph }: Model, outputs: readonly string[]): void {
  graph.output = graph.output.filter(({ name }) => outputs.includes(name))
  graph.node = neededNodes(graph, outputs).nodes
  nameApart(graph.node)
}

/**
 * The nodes that the outputs need, in the order of the file (which ONNX wants to be topological, but is not always), and
 * the values that they read, or that are outputs.
 */
export function neededNodes(
  graph: GraphProto,
  outputs: readonly string[],
): { nodes: NodeProto[]; read: ReadonlySet<string> } {
  const maker = new Map(graph.node.flatMap((node) => node.output.map((name) => [name, node] as const)))
  const needed = new Set<NodeProto>()
  const read = new Set(outputs)
  // a set's values come in the order in which they were added, those that are added meanwhile included
  for (const name of read) {
    const node = name === '' ? undefined : maker.get(name)
    if (node === undefined || needed.has(node)) continue
    needed.add(node)
    for (const input of readBy(node)) read.add(input)
  }
  return { nodes: graph.node.filter((node) => needed.has(node)), read }
}

/** A branch or a loop's body may read any value outside it, by its name alone. */
function readBy({ input, attribute }: NodeProto): string[] {
  const bodies = attribute.flatMap(({ g, graphs }) => (g === undefined ? graphs : [g, ...graphs]))
  const inside = bodies.flatMap(({ node, output }) => [
    ...node.flatMap(readBy),
    ...output.map(({ name }) => name),
  ])
  return [...input, ...inside].filter((name) => name !== '')
}

function nameApart(nodes: readonly NodeProto[]): void {
  const taken = new Set(nodes.map(({ name }) => name))
  const seen = new Set([''])
  for (const node of nodes) {
    if (seen.has(node.name)) {
      const own = node.name
      for (let count = 2; own !== '' && taken.has(node.name); count++) node.name = `${own}.${count}`
    }
    taken.add(node.name)
    seen.add(node.name)
  }
}
