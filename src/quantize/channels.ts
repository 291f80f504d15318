/**
 * A scale for each channel of a layer, where channels differ in range: each then uses all of its bits.
 *
 * Sums of one channel share weights, as those of a convolution's filter do; of a dense layer each sum is a channel. What
 * follows must keep channels apart: maxima within one, Relu, and layers that read them as columns with weights of their
 * own; a model's outputs keep one scale, which contracts hold as a constant. Sums of all channels are shifted by the same bits when they are rescaled, so that one rescale serves them all.
 */
import type { Node, TensorId } from '../model/graph.js'
import type { Interval } from '../model/interval.js'
import type { Groups } from '../model/ops/groups.js'
import type { Linear } from '../model/ops/linear.js'
import { at, type Scale } from '../model/quantized.js'
import { coarse } from './calibrate.js'
import { accumulatorsOf, bitsFor, type Lowering } from './lowering.js'
import { writeRows } from './rows.js'
import { activationScale, type Bits, quantizeLinear, shiftBetween } from './scheme.js'

/** A channel that hardly varies has no finer a scale than this part of the widest one's: others pay for its bits. */
const FINEST = 1 / 16

/** What becomes of a layer's sums until they are rescaled. */
type Path = {
  readonly maxima: readonly Groups[]
  readonly relu: boolean
  readonly settled: TensorId
}

/** For each sum the scale that it should have once it is rescaled; undefined where channels must share one, or do. */
export function channelScales(state: Lowering, { name, output }: Node, op: Linear): Scale | undefined {
  const path = state.bits.channels === true ? pathOf(state, output) : undefined
  if (path === undefined) return undefined
  const channelOf = channelsOf(op, path.maxima)
  const { lo, hi } = state.seen.channels(name, () => rangesOf(channelOf, state.extremes(output)))
  const bits = bitsFor(state, path.settled)
  const scales = Float64Array.from(channelOf, (channel) => {
    const least = path.relu ? Math.max(0, lo[channel]!) : lo[channel]!
    return activationScale({ lo: least, hi: Math.max(0, hi[channel]!) }, bits)
  })
  const varies = (row: number) => hi[channelOf[row]!]! > 0 || (!path.relu && lo[channelOf[row]!]! < 0)
  const widest = scales.reduce((most, scale, row) => (varies(row) ? Math.max(most, scale) : most), 0)
  if (widest === 0) return undefined
  const made = scales.map((scale, row) => (varies(row) ? Math.max(scale, FINEST * widest) : widest))
  return made.every((scale) => scale === made[0]) ? undefined : made
}

/** By channel, rounded outward as the ranges of whole tensors are; infinities where a number is no channel. */
function rangesOf(channelOf: ArrayLike<number> & Iterable<number>, sums: Interval): Interval {
  const lo = new Float64Array(channelOf.length).fill(Infinity)
  const hi = new Float64Array(channelOf.length).fill(-Infinity)
  Array.from(channelOf).forEach((channel, row) => {
    const range = coarse({ lo: sums.lo[row]!, hi: sums.hi[row]! })
    lo[channel] = Math.min(lo[channel]!, range.lo)
    hi[channel] = Math.max(hi[channel]!, range.hi)
  })
  return { lo, hi }
}

/** The layer in integers, with a scale for each sum; notes by how many bits the sums will be rescaled. */
export function quantizeChannels(
  state: Lowering,
  { output }: Node,
  op: Linear,
  inputScale: Scale,
  wanted: Scale,
  bits: Bits,
  sizes: Float64Array,
): { op: Linear; scale: Scale } {
  const quantized = quantizeLinear(inUnitsOf(op, wanted), inputScale, 1, bits, sizes)
  const shift = shiftBetween(quantized.scale, 1)
  state.shifts.set(output, shift)
  return { op: quantized.op, scale: wanted.map((scale) => scale * quantized.scale) }
}

/** Each row in parts of its own unit. */
function inUnitsOf(op: Linear, units: Scale): Linear {
  const columns = op.column.reduce((most, column) => Math.max(most, column + 1), 0)
  const rows = writeRows(columns, op.bias.length, op.column.length)
  for (let row = 0; row < op.bias.length; row++) {
    for (let entry = op.rowStart[row]!; entry < op.rowStart[row + 1]!; entry++)
      rows.add(op.column[entry]!, op.weights[op.weight[entry]!]! / units[row]!)
    rows.endRow(op.bias[row]! / units[row]!)
  }
  return rows.finish()
}

/** Undefined where something on the way, or after it, needs one scale. */
function pathOf(state: Lowering, output: TensorId): Path | undefined {
  const maxima: Groups[] = []
  for (let tensor = output; ; ) {
    const [next, ...others] = state.consumers[tensor]!
    if (state.isOutput[tensor] || next === undefined) return undefined
    if (next.op.kind === 'max' && others.length === 0 && next.inputs.length === 1) {
      maxima.push(next.op)
      tensor = next.output
      continue
    }
    const isRelu = next.op.kind === 'clamp' && next.op.lo === 0 && next.op.hi === Infinity
    const settled = isRelu && others.length === 0 ? next.output : tensor
    return readsColumns(state, settled) ? { maxima, relu: settled !== tensor, settled } : undefined
  }
}

/** Whether only linear layers read a tensor, other layout between them. */
function readsColumns(state: Lowering, tensor: TensorId): boolean {
  const readers = state.consumers[tensor]!
  if (state.isOutput[tensor] || readers.length === 0) return false
  return readers.every(({ op, output }) => {
    if (op.kind === 'rearrange') return op.fill === 0 && readsColumns(state, output)
    // a sum that nobody takes apart may go on as it is, and would have to be brought to one scale in the end
    return (
      op.kind === 'linear' && (accumulatorsOf(state, output) > 0 || state.consumers[output]!.length === 0)
    )
  })
}

/** For each row the number of its channel, which is the first row of it. */
function channelsOf(op: Linear, maxima: readonly Groups[]): Int32Array {
  const first = Int32Array.from(op.bias, (_, row) => row)
  const find = (row: number): number => {
    let root = row
    while (first[root] !== root) root = first[root] = first[first[root]!]!
    return root
  }
  const join = (a: number, b: number) => {
    const [low, high] = [find(a), find(b)].sort((x, y) => x - y)
    first[high!] = low!
  }
  const rowOfWeight = new Int32Array(op.weights.length).fill(-1)
  for (let row = 0; row < op.bias.length; row++) {
    for (let entry = op.rowStart[row]!; entry < op.rowStart[row + 1]!; entry++) {
      const weight = op.weight[entry]!
      if (op.weights[weight] === 0) continue
      if (rowOfWeight[weight]! < 0) rowOfWeight[weight] = row
      else join(rowOfWeight[weight]!, row)
    }
  }
  // a maximum of maxima: its members stand for all rows of their channels
  let rows = Array.from(first.keys())
  for (const { groupStart, member } of maxima) {
    rows = Array.from({ length: groupStart.length - 1 }, (_, group) => {
      const members = member.subarray(groupStart[group], groupStart[group + 1])
      for (const one of members) join(rows[members[0]!]!, rows[one]!)
      return rows[members[0]!]!
    })
  }
  return first.map((_, row) => find(row))
}

/** The scales of maxima: one each where the members of every group share theirs; undefined where they do not. */
export function scalesOfGroups({ groupStart, member }: Groups, scales: Scale): Scale | undefined {
  if (scales.length === 1) return scales
  const result = new Float64Array(groupStart.length - 1)
  for (let group = 0; group < result.length; group++) {
    const members = member.subarray(groupStart[group], groupStart[group + 1])
    result[group] = at(scales, members[0]!)
    if (members.some((one) => at(scales, one) !== result[group])) return undefined
  }
  return result
}
