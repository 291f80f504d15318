/**
 * Layout disappears into whoever reads it: a rearranged input of an operator that reads by index is replaced
 * by what was rearranged, and the reader's indices are composed with it. Inputs that a node reads twice become one.
 */
import type { Graph, Node, Op, TensorId } from '../../model/graph.js'
import type { Groups } from '../../model/ops/groups.js'
import type { Linear } from '../../model/ops/linear.js'
import type { Quotient } from '../../model/ops/quotient.js'
import type { Rearrange } from '../../model/ops/rearrange.js'
import { writeRows } from '../rows.js'
import { standInsOf } from '../stand-ins.js'
import { elements, usesOf } from './uses.js'

export function absorbRearranges(graph: Graph): Graph {
  const producer = [...usesOf(graph).producer]
  let changed = false
  const nodes = graph.nodes.map((node) => {
    const absorbed = absorb(graph, node, producer)
    changed ||= absorbed !== node
    producer[node.output] = absorbed
    return absorbed
  })
  return changed ? { ...graph, nodes } : graph
}

function absorb(graph: Graph, node: Node, producer: readonly (Node | undefined)[]): Node {
  if (node.op.kind === 'quotient') return absorbIntoQuotient(graph, node, node.op, producer)
  if (!['linear', 'max', 'argmax', 'rearrange', 'compare', 'product'].includes(node.op.kind)) return node
  const layouts = node.inputs.map((input) => {
    const made = producer[input]
    return made?.op.kind === 'rearrange' ? made : undefined
  })
  const repeated = new Set(node.inputs).size < node.inputs.length
  if (!repeated && layouts.every((layout) => layout === undefined)) return node
  const link = relink(graph, node.inputs, layouts)
  const op = relinkOp(node.op, link)
  return op === undefined ? node : { ...node, op, inputs: link.inputs }
}

/** Dividend and divisor stay two inputs, each of its own scale. */
function absorbIntoQuotient(
  graph: Graph,
  node: Node,
  op: Quotient,
  producer: readonly (Node | undefined)[],
): Node {
  const layouts = node.inputs.map((input) => {
    const made = producer[input]
    const movesOne = made?.op.kind === 'rearrange' && made.inputs.length === 1 && !made.op.index.includes(-1)
    return movesOne ? { from: made.inputs[0]!, index: (made.op as Rearrange).index } : undefined
  })
  if (layouts.every((layout) => layout === undefined)) return node
  const inputs = node.inputs.map((input, at) => layouts[at]?.from ?? input)
  const [before, after] = [elements(graph, node.inputs[0]!), elements(graph, inputs[0]!)]
  const left = op.left.map((at) => layouts[0]?.index[at] ?? at)
  const right = op.right.map((at) => after + (layouts[1]?.index[at - before] ?? at - before))
  return { ...node, op: { ...op, left, right }, inputs }
}

type Link = {
  readonly inputs: readonly TensorId[]
  /** Size of the new joined inputs. */
  readonly columns: number
  /** For each element of the old joined inputs its place among the new, or -1 where it was filled. */
  readonly column: Int32Array
  /** What it was filled with. */
  readonly fill: Float64Array
}

function relink(graph: Graph, inputs: readonly TensorId[], layouts: readonly (Node | undefined)[]): Link {
  const base = new Map<TensorId, number>()
  let columns = 0
  for (const tensor of inputs.flatMap((input, at) => layouts[at]?.inputs ?? [input])) {
    if (base.has(tensor)) continue
    base.set(tensor, columns)
    columns += elements(graph, tensor)
  }
  const size = inputs.reduce((sum, input) => sum + elements(graph, input), 0)
  const column = new Int32Array(size)
  const fill = new Float64Array(size)
  let offset = 0
  inputs.forEach((input, at) => {
    const layout = layouts[at]
    const length = elements(graph, input)
    if (layout === undefined) {
      for (let i = 0; i < length; i++) column[offset + i] = base.get(input)! + i
    } else {
      const { index, fill: filling } = layout.op as Rearrange
      const places = placesOf(graph, layout.inputs, base)
      for (let i = 0; i < length; i++) {
        column[offset + i] = index[i]! < 0 ? -1 : places[index[i]!]!
        fill[offset + i] = filling
      }
    }
    offset += length
  })
  return { inputs: [...base.keys()], columns, column, fill }
}

/** Where each element of these tensors, joined, stands among the new joined inputs. */
function placesOf(
  graph: Graph,
  inputs: readonly TensorId[],
  base: ReadonlyMap<TensorId, number>,
): Int32Array {
  const places = new Int32Array(inputs.reduce((sum, input) => sum + elements(graph, input), 0))
  let offset = 0
  for (const input of inputs) {
    const length = elements(graph, input)
    for (let i = 0; i < length; i++) places[offset + i] = base.get(input)! + i
    offset += length
  }
  return places
}

/** Undefined where the operator cannot take the filling. */
function relinkOp(op: Op, link: Link): Op | undefined {
  switch (op.kind) {
    case 'linear':
      return relinkLinear(op, link)
    case 'rearrange':
      return relinkRearrange(op, link)
    case 'max': {
      const groups = relinkGroups(op, link)
      return groups && { kind: 'max', ...groups }
    }
    case 'argmax': {
      const groups = relinkGroups(op, link)
      // a member that goes missing would move the places of those behind it
      return groups?.member.length === op.member.length ? { kind: 'argmax', ...groups } : undefined
    }
    case 'compare': {
      const element = op.element.map((from) => link.column[from]!)
      return element.includes(-1) ? undefined : { ...op, element }
    }
    case 'product': {
      const [left, right] = [op.left, op.right].map((side) => side.map((from) => link.column[from]!))
      return left!.includes(-1) || right!.includes(-1)
        ? undefined
        : { kind: 'product', left: left!, right: right! }
    }
    default:
      return undefined
  }
}

function relinkLinear(op: Linear, { columns, column, fill }: Link): Linear | undefined {
  const rows = writeRows(columns, op.bias.length, op.column.length, op.standIns !== undefined)
  const standIns = standInsOf(op)
  for (let row = 0; row < op.bias.length; row++) {
    let bias = op.bias[row]!
    let biasStandIn = standIns.bias[row]!
    for (let entry = op.rowStart[row]!; entry < op.rowStart[row + 1]!; entry++) {
      const from = op.column[entry]!
      const weight = op.weights[op.weight[entry]!]!
      const standIn = standIns.weight[op.weight[entry]!]!
      if (column[from]! >= 0) {
        rows.add(column[from]!, weight, standIn)
        continue
      }
      bias += weight * fill[from]!
      biasStandIn += standIn * fill[from]!
    }
    if (!Number.isFinite(biasStandIn) || !Number.isFinite(bias)) return undefined
    rows.endRow(bias, biasStandIn)
  }
  return rows.finish()
}

function relinkRearrange(op: Rearrange, { column, fill }: Link): Rearrange | undefined {
  const index = new Int32Array(op.index.length)
  // one filling serves a whole rearrange: the outer one's holes and the inner one's must agree
  let filling = op.index.some((from) => from < 0) ? op.fill : undefined
  for (let i = 0; i < index.length; i++) {
    const from = op.index[i]!
    index[i] = from < 0 ? -1 : column[from]!
    if (from < 0 || index[i]! >= 0) continue
    if (filling !== undefined && filling !== fill[from]) return undefined
    filling = fill[from]!
  }
  return { kind: 'rearrange', index, fill: filling ?? 0 }
}

/** Elements filled with -Infinity are no members; another filling, or a group left empty, cannot be taken in. */
function relinkGroups(op: Groups, { column, fill }: Link): Groups | undefined {
  const groups = op.groupStart.length - 1
  const groupStart = new Int32Array(groups + 1)
  const member = new Int32Array(op.member.length)
  let end = 0
  for (let group = 0; group < groups; group++) {
    for (let at = op.groupStart[group]!; at < op.groupStart[group + 1]!; at++) {
      const from = op.member[at]!
      if (column[from]! >= 0) member[end++] = column[from]!
      else if (fill[from] !== -Infinity) return undefined
    }
    if (end === groupStart[group]) return undefined
    groupStart[group + 1] = end
  }
  return { groupStart, member: member.slice(0, end) }
}
