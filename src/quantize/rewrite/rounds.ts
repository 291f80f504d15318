/**
 * Moves a clamp (a Relu, mostly) behind the rounding that follows it, with its limits rounded too: both never decrease, so
 * that the order does not matter, and what is rounded has fewer bits to compare. A scaling between them goes along, which
 * lets it meet the linear operator above the clamp: so are the activations of quantized models.
 */
import { execute } from '../../model/execute.js'
import type { Graph, Node, TensorInfo } from '../../model/graph.js'
import type { Clamp } from '../../model/ops/clamp.js'
import type { Linear } from '../../model/ops/linear.js'
import { type Uses, usesOf } from './uses.js'

export function sinkBehindRounds(graph: Graph): Graph {
  const uses = usesOf(graph)
  for (const round of graph.nodes) {
    if (round.op.kind !== 'round') continue
    const above = onlyReadBy(round, uses)
    if (above?.op.kind === 'clamp') return reorder(graph, above, [round])
    if (above === undefined || !isRisingLine(above.op)) continue
    const clamp = onlyReadBy(above, uses)
    if (clamp?.op.kind === 'clamp') return reorder(graph, clamp, [above, round])
  }
  return graph
}

/** The node that makes what this one reads, where nothing else reads it. */
function onlyReadBy({ inputs }: Node, { producer, count }: Uses): Node | undefined {
  return inputs.length === 1 && count[inputs[0]!] === 1 ? producer[inputs[0]!] : undefined
}

/** One positive factor and one constant for all elements. */
function isRisingLine(op: Node['op']): op is Linear {
  if (op.kind !== 'linear' || op.standIns !== undefined || op.bias.length === 0) return false
  const factor = op.weights[op.weight[0]!]!
  return (
    factor > 0 &&
    op.rowStart.every((start, row) => start === row) &&
    op.weight.every((weight) => op.weights[weight] === factor) &&
    op.bias.every((bias) => bias === op.bias[0])
  )
}

/** The steps that followed the clamp come before it: each reads and makes what the node before it in the new order did. */
function reorder(graph: Graph, clamp: Node, steps: readonly Node[]): Graph {
  const limits = mapLimits(clamp.op as Clamp, steps)
  const order = [...steps, { ...clamp, op: limits }]
  const outputs = [clamp, ...steps].map(({ output }) => output)
  const placed = order.map(
    (node, at): Node => ({
      ...node,
      inputs: at === 0 ? clamp.inputs : [outputs[at - 1]!],
      output: outputs[at]!,
    }),
  )
  const { shape } = graph.tensors[outputs.at(-1)!]!
  const isInner = (id: number) => outputs.slice(0, -1).includes(id)
  const tensors = graph.tensors.map((info, id): TensorInfo => (isInner(id) ? { ...info, shape } : info))
  const nodes = graph.nodes.flatMap((node) => {
    if (node === steps.at(-1)) return placed
    return node === clamp || steps.includes(node) ? [] : [node]
  })
  return { ...graph, tensors, nodes }
}

function mapLimits({ lo, hi }: Clamp, steps: readonly Node[]): Clamp {
  return { kind: 'clamp', lo: through(lo, steps), hi: through(hi, steps) }
}

/** A limit as the steps map it; infinities stay. */
function through(limit: number, steps: readonly Node[]): number {
  if (!Number.isFinite(limit)) return limit
  return steps.reduce((value, { op }) => {
    if (op.kind === 'linear') return op.weights[op.weight[0]!]! * value + op.bias[0]!
    const program = {
      inputs: [{ name: '', tensor: 0 }],
      tensors: [0, 1].map((id) => ({ name: `${id}`, shape: [1] })),
      nodes: [{ name: '', source: '', op, inputs: [0], output: 1 }],
    }
    return execute(program, [Float64Array.of(value)])[1]![0]!
  }, limit)
}
