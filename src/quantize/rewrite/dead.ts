/** Drops nodes that no output needs, and tensors that nobody makes or reads; input ports stay. */
import type { Graph, Port, TensorId } from '../../model/graph.js'

export function dropDead(graph: Graph): Graph {
  const live = new Set(graph.outputs.map((port) => port.tensor))
  for (let at = graph.nodes.length - 1; at >= 0; at--) {
    const { output, inputs } = graph.nodes[at]!
    if (live.has(output)) for (const input of inputs) live.add(input)
  }
  const nodes = graph.nodes.filter((node) => live.has(node.output))
  for (const port of graph.inputs) live.add(port.tensor)
  if (nodes.length === graph.nodes.length && live.size === graph.tensors.length) return graph

  const moved = new Map<TensorId, TensorId>()
  const tensors = graph.tensors.filter((_, id) => live.has(id) && moved.set(id, moved.size))
  const move = (port: Port) => ({ ...port, tensor: moved.get(port.tensor)! })
  return {
    ...graph,
    inputs: graph.inputs.map(move),
    outputs: graph.outputs.map(move),
    tensors,
    nodes: nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map((input) => moved.get(input)!),
      output: moved.get(node.output)!,
    })),
  }
}
