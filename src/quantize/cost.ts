/**
 * What a circuit pays, in constraints, for plain Groth16: enough to choose between two ways of computing the same. The
 * circuit's own counter is the truth.
 */
import { bitLength } from '../base/integers.js'
import type { Bounds } from '../model/bounds.js'
import type { Node } from '../model/graph.js'
import { type Interval, joinIntervals } from '../model/interval.js'
import type { Groups } from '../model/ops/groups.js'
import type { Round } from '../model/ops/round.js'
import { at, type QuantizedInput } from '../model/quantized.js'

/** Bits of a signed decomposition of a value in [lo, hi]. */
export function signedBits(lo: number, hi: number): number {
  return Math.max(bitLength(Math.max(hi, 0)), bitLength(Math.max(-lo, 0))) + (lo < 0 ? 1 : 0)
}

/** Of the widest element. */
export function widestBits({ lo, hi }: Interval): number {
  let widest = 0
  for (let i = 0; i < lo.length; i++) widest = Math.max(widest, signedBits(lo[i]!, hi[i]!))
  return widest
}

export function rescaleCost(bits: number, relu: boolean): number {
  return bits + (relu ? 2 : 1)
}

export function roundCost(bits: number, { even, shift }: Pick<Round, 'even' | 'shift'>): number {
  if (shift === 0) return 0
  return bits + (even ? shift + 3 : 1)
}

/** The larger of two values, or one side of a clamp. */
export function compareCost(bits: number): number {
  return bits + 3
}

/** The range check of an input's values. */
export function inputCost(input: QuantizedInput, size: number): number {
  let cost = 0
  for (let i = 0; i < size; i++) cost += bitLength(at(input.hi, i) - at(input.lo, i))
  return cost
}

/** An estimate of a node's constraints, from the bounds of all tensors. */
export function nodeCost(node: Node, bounds: Bounds): number {
  const { op } = node
  const { lo, hi } = bounds[node.inputs[0] ?? node.output]!
  let cost = 0
  switch (op.kind) {
    case 'rescale':
      for (let i = 0; i < lo.length; i++) cost += rescaleCost(signedBits(lo[i]!, hi[i]!), op.relu)
      return cost
    case 'round':
      for (let i = 0; i < lo.length; i++) cost += roundCost(signedBits(lo[i]!, hi[i]!), op)
      return cost
    case 'clamp': {
      const sides = Number(op.lo > -Infinity) + Number(op.hi < Infinity)
      for (let i = 0; i < lo.length; i++) cost += sides * compareCost(signedBits(lo[i]!, hi[i]!))
      return cost
    }
    case 'max':
    case 'argmax':
      return groupsCost(op, joinIntervals(node.inputs.map((input) => bounds[input]!)))
    default:
      return 0
  }
}

/** Each group's comparisons are as wide as its widest member. */
function groupsCost(op: Groups, { lo, hi }: Interval): number {
  let cost = 0
  for (let group = 0; group < op.groupStart.length - 1; group++) {
    const members = op.member.subarray(op.groupStart[group], op.groupStart[group + 1])
    let widest = 0
    for (const at of members) widest = Math.max(widest, signedBits(lo[at]!, hi[at]!))
    cost += (members.length - 1) * compareCost(widest)
  }
  return cost
}
