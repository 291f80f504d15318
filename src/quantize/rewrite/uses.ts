/** Who makes and who reads each tensor of a program. */
import { sizeOf } from '../../base/tensor.js'
import type { Graph, Node, TensorId } from '../../model/graph.js'

export type Uses = {
  /** Undefined for a graph input. */
  readonly producer: readonly (Node | undefined)[]
  /** Readings by nodes and output ports. */
  readonly count: Int32Array
}

export function usesOf(graph: Graph): Uses {
  const producer = new Array<Node | undefined>(graph.tensors.length)
  const count = new Int32Array(graph.tensors.length)
  for (const node of graph.nodes) {
    producer[node.output] = node
    for (const input of node.inputs) count[input]!++
  }
  for (const port of graph.outputs) count[port.tensor]!++
  return { producer, count }
}

export function elements(graph: Graph, tensor: TensorId): number {
  return sizeOf(graph.tensors[tensor]!.shape)
}
