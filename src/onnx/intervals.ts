/**
 * Where computed values lie, element by element, as far as their operators alone tell: flags lie between 0 and 1, and
 * what is added up from them has limits too. Of a model's inputs nothing is known. So an index that walks down one of
 * several trees is known to stay in its own tree.
 */
import { sizeOf } from '../base/tensor.js'
import { boundNode } from '../model/bounds.js'
import type { Node, TensorId } from '../model/graph.js'
import type { Interval } from '../model/interval.js'
import type { Builder, Value } from './builder.js'

const known = new WeakMap<Builder, Map<TensorId, Interval>>()

/** Infinite where nothing is known. */
export function intervalsOf(builder: Builder, value: Value): Interval {
  if (value.data !== undefined) return { lo: value.data, hi: value.data }
  const { lo, hi } = value.range ?? { lo: -Infinity, hi: Infinity }
  const made = value.tensor === undefined ? unknown(sizeOf(value.shape)) : ofTensor(builder, value.tensor)
  return { lo: made.lo.map((least) => Math.max(least, lo)), hi: made.hi.map((most) => Math.min(most, hi)) }
}

/** Walks back without recursion: nets are deeper than the stack. */
function ofTensor(builder: Builder, tensor: TensorId): Interval {
  const memo = known.get(builder) ?? new Map<TensorId, Interval>()
  known.set(builder, memo)
  const pending = [tensor]
  for (let id = pending.at(-1); id !== undefined; id = pending.at(-1)) {
    const node = makerOf(builder, id)
    const missing = node?.inputs.filter((input) => !memo.has(input)) ?? []
    if (missing.length > 0) {
      pending.push(...missing)
      continue
    }
    if (!memo.has(id)) memo.set(id, boundsOf(builder, node, id, memo))
    pending.pop()
  }
  return memo.get(tensor)!
}

const makers = new WeakMap<Builder, Map<TensorId, Node>>()

function makerOf(builder: Builder, tensor: TensorId): Node | undefined {
  const nodes = makers.get(builder) ?? new Map<TensorId, Node>()
  makers.set(builder, nodes)
  for (let at = nodes.size; at < builder.nodes.length; at++) {
    const node = builder.nodes[at]!
    nodes.set(node.output, node)
  }
  return nodes.get(tensor)
}

/** The rules of integer programs, where they make sense of reals; a wide bound or none is no knowledge. */
function boundsOf(
  builder: Builder,
  node: Node | undefined,
  tensor: TensorId,
  memo: ReadonlyMap<TensorId, Interval>,
): Interval {
  const size = sizeOf(builder.tensors[tensor]!.shape)
  if (node === undefined || ['smooth', 'quotient', 'root', 'round'].includes(node.op.kind))
    return unknown(size)
  const { lo, hi } = boundNode(
    node,
    node.inputs.map((input) => memo.get(input)!),
  )
  return {
    lo: lo.map((least, i) => (Number.isNaN(least + hi[i]!) ? -Infinity : least)),
    hi: hi.map((most, i) => (Number.isNaN(most + lo[i]!) ? Infinity : most)),
  }
}

function unknown(size: number): Interval {
  return { lo: new Float64Array(size).fill(-Infinity), hi: new Float64Array(size).fill(Infinity) }
}
