/**
 * Numbers that stand in for a model's weights while its program is rewritten, where the weights are to be secret: they
 * are treated as the weights are, and decide in their place what is zero, what is equal, what may be merged. They depend
 * on the architecture alone, so the program's structure says nothing of the weights.
 *
 * Trap: what they say is equal must be equal. Numbers drawn at random meet by chance with no probability worth a thought,
 * as long as none is a simple function of the others; counters and their multiples would.
 */
import type { Graph, Node } from '../model/graph.js'
import type { Linear, StandIns } from '../model/ops/linear.js'

/** Operators whose weights are their own, and no model's. */
const ARCHITECTURE = ['AveragePool', 'GlobalAveragePool', 'Neg', 'ReduceMean', 'ReduceSum']

/** Operators whose biases are their own as well. */
const KNOWN = ['Cast', 'Equal', 'Hardmax', 'Not', 'Sign', 'TopK']

/** Operators whose weights are ones; with a single input, what they add is a constant of the model. */
const SUMS = ['Add', 'Sub', 'Sum']

/** Operators all of whose rows with one filter, or one channel, have one bias. */
const SHARE_BIAS = ['Conv', 'BatchNormalization']

/** The stand-ins of an operator; its own numbers where it has none. */
export function standInsOf(op: Linear): StandIns {
  return op.standIns ?? { weight: op.weights, bias: op.bias }
}

/** Every operator that holds numbers of the model gets stand-ins for them. */
export function withStandIns(graph: Graph): Graph {
  const draw = drawer()
  const nodes = graph.nodes.map((node) => {
    if (node.op.kind !== 'linear' || node.op.standIns !== undefined) return node
    const standIns = standInsFor(node, node.op, draw)
    return standIns === undefined ? node : { ...node, op: { ...node.op, standIns } }
  })
  return { ...graph, nodes }
}

function standInsFor({ source, inputs }: Node, op: Linear, draw: () => number): StandIns | undefined {
  if (KNOWN.includes(source)) return undefined
  const isSum = SUMS.includes(source)
  if (isSum || ARCHITECTURE.includes(source)) {
    const adds = (isSum && inputs.length === 1) || op.bias.some((bias) => bias !== 0)
    return adds ? { weight: op.weights, bias: op.bias.map(draw) } : undefined
  }
  const weight = op.weights.map(draw)
  return { weight, bias: SHARE_BIAS.includes(source) ? sharedBias(op, draw) : op.bias.map(draw) }
}

/** Rows that have a weight in common have a filter, and so a bias, in common. */
function sharedBias(op: Linear, draw: () => number): Float64Array {
  const ofWeight = new Map<number, number>()
  return op.bias.map((_, row) => {
    const weights = op.weight.subarray(op.rowStart[row]!, op.rowStart[row + 1]!)
    const known = weights.find((weight) => ofWeight.has(weight))
    const standIn = known === undefined ? draw() : ofWeight.get(known)!
    for (const weight of weights) ofWeight.set(weight, standIn)
    return standIn
  })
}

/** Numbers of [1, 2) with 52 random bits, the same in every run. */
function drawer(): () => number {
  let count = 0
  return () => 1 + (mixed(2 * count) & 0xfffff) / 2 ** 20 + mixed(2 * count++ + 1) / 2 ** 52
}

/** 32 bits that depend on every bit of the counter (the finaliser of MurmurHash3). */
function mixed(counter: number): number {
  let bits = Math.imul(counter ^ 0x9e3779b9, 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}
