/**
 * Two linear operators in a row become one, where that has no more entries than the two had: bias additions, batch
 * normalisation, scalar factors, a residual's addition, average pooling. It keeps the name of the larger.
 */
import type { Graph, Node } from '../../model/graph.js'
import type { Linear } from '../../model/ops/linear.js'
import { writeRows } from '../rows.js'
import { standInsOf } from '../stand-ins.js'
import { elements, usesOf } from './uses.js'

type LinearNode = Node & { readonly op: Linear }

/** One pass in order; a chain of several is composed from its head on. */
export function composeLinears(graph: Graph): Graph {
  const uses = usesOf(graph)
  const gone = new Set<Node>()
  const composed = new Map<number, LinearNode>()
  const nodes = graph.nodes.map((node) => {
    if (!isLinear(node)) return node
    let current = node
    for (const input of node.inputs) {
      const first = composed.get(input) ?? uses.producer[input]
      if (first === undefined || !isLinear(first) || uses.count[input] !== 1) continue
      const both = compose(graph, first, current)
      if (both === undefined) continue
      gone.add(first)
      current = both
    }
    composed.set(node.output, current)
    return current
  })
  return gone.size === 0 ? graph : { ...graph, nodes: nodes.filter((node) => !gone.has(node)) }
}

function isLinear(node: Node): node is LinearNode {
  return node.op.kind === 'linear'
}

/** `second` with its input from `first` replaced by that one's inputs; undefined where entries would grow. */
function compose(graph: Graph, first: LinearNode, second: LinearNode): LinearNode | undefined {
  const inputs = [...new Set([...second.inputs.filter((input) => input !== first.output), ...first.inputs])]
  const link = (own: readonly number[]) => placesOf(graph, own, inputs)
  const columns = inputs.reduce((sum, input) => sum + elements(graph, input), 0)
  const limit = first.op.column.length + second.op.column.length
  const op = product(first.op, second.op, {
    columns,
    limit,
    ofFirst: link(first.inputs),
    ofSecond: link(second.inputs),
    inner: innerStart(graph, second, first.output),
  })
  if (op === undefined) return undefined
  const larger = first.op.column.length > second.op.column.length ? first : second
  return { ...second, name: larger.name, source: larger.source, op, inputs }
}

type Plan = {
  readonly columns: number
  readonly limit: number
  /** Columns of each operator among the new ones. */
  readonly ofFirst: Int32Array
  readonly ofSecond: Int32Array
  /** The column of `second` at which the output of `first` starts. */
  readonly inner: number
}

function product(first: Linear, second: Linear, plan: Plan): Linear | undefined {
  const standIns = first.standIns !== undefined || second.standIns !== undefined
  const size = Math.min(plan.limit, 2 * second.column.length)
  const rows = writeRows(plan.columns, second.bias.length, size, standIns)
  const [inner, outer] = [standInsOf(first), standInsOf(second)]
  const innerEnd = plan.inner + first.bias.length
  for (let row = 0; row < second.bias.length; row++) {
    let bias = second.bias[row]!
    let biasStandIn = outer.bias[row]!
    for (let entry = second.rowStart[row]!; entry < second.rowStart[row + 1]!; entry++) {
      const column = second.column[entry]!
      const weight = second.weights[second.weight[entry]!]!
      const standIn = outer.weight[second.weight[entry]!]!
      if (column < plan.inner || column >= innerEnd) {
        rows.add(plan.ofSecond[column]!, weight, standIn)
        continue
      }
      const through = column - plan.inner
      bias += weight * first.bias[through]!
      biasStandIn += standIn * inner.bias[through]!
      for (let at = first.rowStart[through]!; at < first.rowStart[through + 1]!; at++) {
        const index = first.weight[at]!
        rows.add(
          plan.ofFirst[first.column[at]!]!,
          weight * first.weights[index]!,
          standIn * inner.weight[index]!,
        )
      }
    }
    rows.endRow(bias, biasStandIn)
    if (rows.entries() > plan.limit) return undefined
  }
  return rows.finish()
}

function innerStart(graph: Graph, node: Node, tensor: number): number {
  let start = 0
  for (const input of node.inputs) {
    if (input === tensor) break
    start += elements(graph, input)
  }
  return start
}

/** For each element of `own` inputs, joined, its place among `all` joined; -1 for an input that is not among them. */
function placesOf(graph: Graph, own: readonly number[], all: readonly number[]): Int32Array {
  const base = new Map<number, number>()
  let columns = 0
  for (const input of all) {
    base.set(input, columns)
    columns += elements(graph, input)
  }
  const places = new Int32Array(own.reduce((sum, input) => sum + elements(graph, input), 0)).fill(-1)
  let offset = 0
  for (const input of own) {
    const start = base.get(input)
    const length = elements(graph, input)
    if (start !== undefined) for (let i = 0; i < length; i++) places[offset + i] = start + i
    offset += length
  }
  return places
}
