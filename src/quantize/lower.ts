/** One operator of the float program as operators of the integer program. */

import { log2 } from '../base/elementary.js'
import { InternalError } from '../base/errors.js'
import type { Node, TensorId } from '../model/graph.js'
import { hull } from '../model/interval.js'
import type { ArgMax } from '../model/ops/argmax.js'
import type { Clamp } from '../model/ops/clamp.js'
import type { Compare } from '../model/ops/compare.js'
import type { Constant } from '../model/ops/constant.js'
import type { Linear } from '../model/ops/linear.js'
import type { Max } from '../model/ops/max.js'
import type { Product } from '../model/ops/product.js'
import type { Rearrange } from '../model/ops/rearrange.js'
import { at, type Scale } from '../model/quantized.js'
import { channelScales, quantizeChannels, scalesOfGroups } from './channels.js'
import { compareCost, widestBits } from './cost.js'
import { emit } from './emit.js'
import {
  aligned,
  narrow,
  raw,
  rescalePays,
  SUM_LIMIT,
  saturate,
  saturated,
  sizesOf,
  spareBits,
} from './forms.js'
import { extremes, findGrid } from './grid.js'
import { integerThresholds, isFlagged, productScale } from './lower-compare.js'
import { factorsOf } from './lower-product.js'
import { isCounted, isRounded, lowerRound, quantizeRounded } from './lower-round.js'
import { lowerQuotient, lowerRoot, lowerSmooth } from './lower-smooth.js'
import { isWholeSelection, quantizeSelection } from './lower-switched.js'
import {
  accumulatorsOf,
  decompositionsAfter,
  elementsOf,
  extraBits,
  joinScales,
  type Lowering,
  wantedScale,
} from './lowering.js'
import { boundStep } from './program.js'
import { activationScale, bitsOf, quantizeLinear, quantizeSecret, shiftBetween } from './scheme.js'

/** Saturation is considered where bounds are this many times what calibration saw. */
const LOOSE = 8

export function lower(state: Lowering, node: Node): void {
  state.forms[node.output] = { raw: lowered(state, node) }
}

function lowered(state: Lowering, node: Node): TensorId {
  const { op } = node
  switch (op.kind) {
    case 'argmax':
      return lowerArgMax(state, node, op)
    case 'clamp':
      return lowerClamp(state, node, op)
    case 'compare':
      return lowerCompare(state, node, op)
    case 'constant':
      return lowerConstant(state, node, op)
    case 'linear':
      return lowerLinear(state, node, op)
    case 'max':
      return lowerMax(state, node, op)
    case 'product':
      return lowerProduct(state, node, op)
    case 'rearrange':
      return lowerRearrange(state, node, op)
    case 'round':
      return lowerRound(state, node, op)
    case 'rescale':
    case 'piecewise':
      throw new InternalError(
        `Layer "${node.name}" of a float program is a ${op.kind}, which only integers have.`,
      )
    case 'quotient':
      return lowerQuotient(state, node, op)
    case 'root':
      return lowerRoot(state, node)
    case 'smooth':
      return lowerSmooth(state, node, op)
  }
}

function lowerLinear(state: Lowering, node: Node, op: Linear): TensorId {
  if (op.standIns === undefined && isRounded(node.output, state)) return lowerRounded(state, node, op)
  const rows = accumulatorsOf(state, node.output)
  const selects = selectsConstants(state, node)
  const free = selects ? selectionBits(state, node) : extraBits(state, rows)
  // bits of secret weights are paid for, each one
  const extra = op.standIns === undefined ? free : 0
  const bits = { ...state.bits, weight: bitsOf(state.bits, 'weight', node.name, extra) }
  const cheapest = (_: Lowering, tensor: TensorId) =>
    rescalePays(state, tensor, rows) ? narrow(state, tensor) : raw(state, tensor)
  const wanted = wantedScale(state, node.output)
  if (selects && op.standIns === undefined) {
    const inputs = node.inputs.map((tensor) => raw(state, tensor))
    if (isWholeSelection(op, joinScales(state.program, inputs)))
      return emit(state, node, op, inputs, Float64Array.of(1))
    const quantized = quantizeSelection(state, op, inputs, wanted, bits)
    if (quantized !== undefined)
      return emit(state, node, quantized.op, inputs, Float64Array.of(quantized.scale))
  }
  const channels = op.standIns === undefined ? channelScales(state, node, op) : undefined
  const sum = (form: typeof raw) => {
    const inputs = node.inputs.map((tensor) => form(state, tensor))
    const scales = joinScales(state.program, inputs)
    const sizes = sizesOf(state, inputs)
    const quantized =
      channels !== undefined
        ? quantizeChannels(state, node, op, scales, channels, bits, sizes)
        : op.standIns === undefined
          ? quantizeLinear(op, scales, wanted, bits, sizes)
          : quantizeSecret(op, scales, wanted, bits, largestOf(state, inputs))
    const { scale } = quantized
    return {
      inputs,
      op: quantized.op,
      scale: typeof scale === 'number' ? Float64Array.of(scale) : scale,
      bound: boundStep(state.program, quantized.op, inputs),
    }
  }
  let made = sum(cheapest)
  for (const form of [narrow, saturated]) {
    const { lo, hi } = hull(made.bound)
    if (Math.max(-lo, hi) <= SUM_LIMIT) break
    made = sum(form)
  }
  return emit(state, node, made.op, made.inputs, made.scale, { bound: made.bound })
}

/** On values as they were computed, with all the precision there is: what is rounded next must not be rounded before. */
function lowerRounded(state: Lowering, node: Node, op: Linear): TensorId {
  const inputs = node.inputs.map((tensor) => raw(state, tensor))
  const made = quantizeRounded(state, op, inputs)
  return emit(state, node, made.op, inputs, Float64Array.of(made.scale))
}

/** The greatest magnitude of an element. */
function largestOf(state: Lowering, tensors: readonly TensorId[]): number {
  return tensors.reduce((most, tensor) => {
    const { lo, hi } = hull(state.program.bounds[tensor]!)
    return Math.max(most, -lo, hi)
  }, 0)
}

/** Bits that sums of chosen constants, as the leaves of trees, have beyond others: nobody pays for them. */
const SELECTION_BITS = 8

/** Where the final sums are compared, each bit is paid for once a sum: they are few. */
const COMPARED_SELECTION_BITS = 4

function selectionBits(state: Lowering, { output }: Node): number {
  return isCompared(state, output) ? COMPARED_SELECTION_BITS : SELECTION_BITS
}

/** Whether something other than sums and switches reads what is computed from a tensor. */
function isCompared(state: Lowering, tensor: TensorId): boolean {
  const seen = new Set([tensor])
  for (const at of seen) {
    for (const { op, output } of state.consumers[at]!) {
      if (!['linear', 'rearrange', 'product'].includes(op.kind)) return true
      seen.add(output)
    }
  }
  return false
}

/** Whether all inputs are flags, or values that flags switch: then the operator adds up constants. */
function selectsConstants(state: Lowering, node: Node): boolean {
  return node.inputs.every((tensor) => {
    const made = state.producers[tensor]
    if (made?.op.kind === 'product') return isFlagged(state, made, made.op)
    const { lo, hi } = state.ranges[tensor]!
    return made !== undefined && state.program.scales[raw(state, tensor)]![0] === 1 && lo >= 0 && hi <= 1
  })
}

/** Relu together with the rescale, since one decomposition gives both; other limits after the rescale. */
function lowerClamp(state: Lowering, node: Node, op: Clamp): TensorId {
  const { program } = state
  const isRelu = op.lo === 0
  const given = raw(state, node.inputs[0]!)
  const mixed = program.scales[given]!.length > 1
  const from = mixed && !(isRelu && op.hi === Infinity) ? aligned(state, [given])[0]! : given
  const scale = program.scales[from]!
  const wanted = wantedScale(state, node.output)
  const keeps = [isInput(state, node), isRounded(node.output, state), isCounted(node.inputs[0]!, state)]
  const own = scale.length > 1 ? (state.shifts.get(node.inputs[0]!) ?? 0) : shiftBetween(scale[0]!, wanted)
  const shift = keeps.includes(true) ? 0 : own
  const relu = isRelu && program.bounds[from]!.lo.some((lo) => lo < 0)
  const outScale = scale.map((value) => value * 2 ** shift)
  const least = isRelu ? -Infinity : limit(op.lo, outScale)
  const limits = { lo: least, hi: limit(op.hi, outScale) }
  const rescaled = shift > 0 || relu ? { kind: 'rescale' as const, shift, relu } : undefined
  const bound = rescaled === undefined ? program.bounds[from]! : boundStep(program, rescaled, [from])
  const { lo, hi } = hull(bound)
  const needed = { lo: lo < limits.lo ? limits.lo : -Infinity, hi: hi > limits.hi ? limits.hi : Infinity }
  const clamps = needed.lo > -Infinity || needed.hi < Infinity
  const first =
    rescaled === undefined ? from : emit(state, node, rescaled, [from], outScale, { bound, inner: clamps })
  if (clamps) return emit(state, node, { kind: 'clamp', ...needed }, [first], outScale)
  return saturationPays(state, node.output, first) ? saturate(state, node.output, first) : first
}

function isInput(state: Lowering, node: Node): boolean {
  return state.producers[node.inputs[0]!] === undefined
}

/** A real limit in integers; adding zero turns -0 into 0. */
function limit(real: number, scale: Scale): number {
  return Number.isFinite(real) ? Math.round(real / scale[0]!) + 0 : real
}

/** A clamp an element against the bits that all later comparisons and rescales are spared. */
function saturationPays(state: Lowering, tensor: TensorId, made: TensorId): boolean {
  const bound = state.program.bounds[made]!
  const { lo, hi } = hull(bound)
  const seen = state.ranges[tensor]!
  const scale = state.program.scales[made]!
  const loose = Math.max(-lo, hi) / (Math.max(-seen.lo, seen.hi) / at(scale, 0))
  if (scale.length > 1 || !(loose > LOOSE) || !Number.isFinite(loose)) return false
  const sides = lo < 0 ? 2 : 1
  const cost = sides * elementsOf(state, tensor) * compareCost(widestBits(bound))
  return cost < Math.floor(log2(loose)) * decompositionsAfter(state, tensor)
}

/** On accumulators, since the largest of rescaled values is the rescaled largest: one rescale then serves a window. */
function lowerMax(state: Lowering, node: Node, op: Max): TensorId {
  const early = node.inputs.some((tensor) => maxAfterRescalePays(state, tensor, op))
  const forms = node.inputs.map((tensor) => (early ? narrow : raw)(state, tensor))
  const own = scalesOfGroups(op, joinScales(state.program, forms))
  if (own === undefined) {
    const inputs = aligned(state, forms)
    return emit(state, node, op, inputs, joinScales(state.program, inputs))
  }
  const shift = state.shifts.get(node.inputs[0]!)
  if (shift !== undefined && !early) state.shifts.set(node.output, shift)
  return emit(state, node, op, forms, own)
}

function maxAfterRescalePays(state: Lowering, tensor: TensorId, op: Max): boolean {
  const groups = op.groupStart.length - 1
  const bits = widestBits(state.program.bounds[raw(state, tensor)]!)
  const saved = (op.member.length - groups) * spareBits(state, tensor)
  return saved > (elementsOf(state, tensor) - groups) * (bits + 1)
}

function lowerArgMax(state: Lowering, node: Node, op: ArgMax): TensorId {
  return emit(state, node, op, comparable(state, node, false), Float64Array.of(1))
}

/** On values as they were computed: rounding them first would move the thresholds. */
function lowerCompare(state: Lowering, node: Node, op: Compare): TensorId {
  const inputs = node.inputs.map((tensor) => raw(state, tensor))
  const samples = node.inputs.length === 1 ? state.samples.get(node.inputs[0]!) : undefined
  const find = () => integerThresholds(op, joinScales(state.program, inputs), samples).threshold
  const threshold = samples === undefined ? find() : state.seen.thresholds(node.name, find)
  return emit(state, node, { kind: 'compare', element: op.element, threshold }, inputs, Float64Array.of(1))
}

function lowerProduct(state: Lowering, node: Node, op: Product): TensorId {
  const inputs = factorsOf(state, node, op)
  return emit(state, node, op, inputs, productScale(op, joinScales(state.program, inputs)))
}

/** A node's inputs with one scale, so that integers compare as the reals do. */
function comparable(state: Lowering, node: Node, early: boolean): TensorId[] {
  const form = early ? narrow : raw
  const inputs = node.inputs.map((tensor) => form(state, tensor))
  return aligned(state, inputs)
}

/** Joined tensors of several scales keep them, element by element; a filling other than 0 needs a common one. */
function lowerRearrange(state: Lowering, node: Node, op: Rearrange): TensorId {
  const { program } = state
  let inputs = node.inputs.map((tensor) => raw(state, tensor))
  if (joinScales(program, inputs).length > 1) {
    inputs = node.inputs.map((tensor) => (spareBits(state, tensor) > 0 ? narrow : raw)(state, tensor))
    if (op.fill !== 0) inputs = aligned(state, inputs)
  }
  const joined = joinScales(program, inputs)
  const moved =
    joined.length === 1 ? joined : Float64Array.from(op.index, (from) => joined[Math.max(from, 0)]!)
  return emit(state, node, { ...op, fill: limit(op.fill, joined) }, inputs, moved)
}

function lowerConstant(state: Lowering, node: Node, op: Constant): TensorId {
  const distinct = Float64Array.from(new Set([0, ...op.data]))
  const { least, greatest } = extremes(distinct)
  const grid =
    distinct.length <= 2 ** state.bits.activation ? findGrid(distinct, 2 ** state.bits.activation) : undefined
  const scale = grid?.step ?? activationScale({ lo: least, hi: greatest }, state.bits.activation)
  const data = op.data.map((value) => Math.round(value / scale) + 0)
  return emit(state, node, { kind: 'constant', data }, [], Float64Array.of(scale))
}
