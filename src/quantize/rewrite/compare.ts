/**
 * A comparison of a scaled and shifted value is one of the value itself: x * w + b >= t is x >= (t - b) / w for w > 0.
 * So that what a Scaler does before a tree is exact, and free.
 */
import type { Graph, Node } from '../../model/graph.js'
import type { Compare } from '../../model/ops/compare.js'
import type { Linear } from '../../model/ops/linear.js'
import { usesOf } from './uses.js'

export function compareUnscaled(graph: Graph): Graph {
  const { producer } = usesOf(graph)
  let changed = false
  const nodes = graph.nodes.map((node) => {
    const above = node.inputs.length === 1 ? producer[node.inputs[0]!] : undefined
    if (node.op.kind !== 'compare' || above?.op.kind !== 'linear') return node
    const op = unscaled(node.op, above.op)
    if (op === undefined) return node
    changed = true
    return { ...node, op, inputs: above.inputs } satisfies Node
  })
  return changed ? { ...graph, nodes } : graph
}

function unscaled(op: Compare, { rowStart, column, weight, weights, bias }: Linear): Compare | undefined {
  const element = new Int32Array(op.element.length)
  const threshold = new Float64Array(op.element.length)
  for (const [i, row] of op.element.entries()) {
    const entry = rowStart[row]!
    const scale = weights[weight[entry]!]!
    if (rowStart[row + 1] !== entry + 1 || !(scale > 0)) return undefined
    element[i] = column[entry]!
    threshold[i] = (op.threshold[i]! - bias[row]!) / scale
  }
  return { ...op, element, threshold }
}
