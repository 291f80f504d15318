/** Computes what depends on constants only, and moves constant inputs of linear operators into their bias. */
import { execute } from '../../model/execute.js'
import type { Graph, Node } from '../../model/graph.js'
import type { Linear } from '../../model/ops/linear.js'
import { join } from '../../model/ops/rearrange.js'
import { writeRows } from '../rows.js'
import { standInsOf } from '../stand-ins.js'
import { elements } from './uses.js'

export function foldConstants(graph: Graph): Graph {
  const known = new Map<number, Float64Array>()
  let changed = false
  const nodes = graph.nodes.map((node) => {
    const folded = fold(graph, node, known)
    changed ||= folded !== node
    if (folded.op.kind === 'constant') known.set(node.output, folded.op.data)
    return folded
  })
  return changed ? { ...graph, nodes } : graph
}

function fold(graph: Graph, node: Node, known: ReadonlyMap<number, Float64Array>): Node {
  const { op, inputs } = node
  if (op.kind === 'constant' || !inputs.some((input) => known.has(input))) return node
  if (inputs.every((input) => known.has(input))) {
    const program = {
      tensors: graph.tensors,
      inputs: inputs.map((tensor) => ({ name: '', tensor })),
      nodes: [node],
    }
    const values = execute(
      program,
      inputs.map((input) => known.get(input)!),
    )
    return { ...node, op: { kind: 'constant', data: values[node.output]! }, inputs: [] }
  }
  return op.kind === 'linear' ? foldIntoBias(graph, node, op, known) : node
}

function foldIntoBias(graph: Graph, node: Node, op: Linear, known: ReadonlyMap<number, Float64Array>): Node {
  const constant = join(
    node.inputs.map((input) => known.get(input) ?? new Float64Array(elements(graph, input)).fill(Number.NaN)),
  )
  // where each column of the computed inputs moves, once the constant ones are gone
  const moved = new Int32Array(constant.length)
  let columns = 0
  let base = 0
  for (const input of node.inputs) {
    const size = elements(graph, input)
    if (!known.has(input)) for (let i = 0; i < size; i++) moved[base + i] = columns++
    else moved.fill(-1, base, base + size)
    base += size
  }
  const rows = writeRows(columns, op.bias.length, op.column.length, op.standIns !== undefined)
  const standIns = standInsOf(op)
  for (let row = 0; row < op.bias.length; row++) {
    let bias = op.bias[row]!
    let biasStandIn = standIns.bias[row]!
    for (let entry = op.rowStart[row]!; entry < op.rowStart[row + 1]!; entry++) {
      const column = op.column[entry]!
      const weight = op.weights[op.weight[entry]!]!
      const standIn = standIns.weight[op.weight[entry]!]!
      if (moved[column]! < 0) {
        bias += weight * constant[column]!
        biasStandIn += standIn * (column + 1)
      } else rows.add(moved[column]!, weight, standIn)
    }
    rows.endRow(bias, biasStandIn)
  }
  return { ...node, op: rows.finish(), inputs: node.inputs.filter((input) => !known.has(input)) }
}
