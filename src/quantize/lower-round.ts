/**
 * Rounding of the float program in integers: a linear step to a scale of 2^-k, which costs nothing, then a division by 2^k.
 *
 * It is exact wherever the scale is a whole number times a power of two and the product fits the exact integers: of whole
 * numbers, of halves and quarters, of int8 products times a float32. Then ties are met as well. Other scales are
 * multiplied approximately, and values that lie on a whole number but for that are rounded to it; which way a tie goes is
 * then left to chance.
 */
import { log2 } from '../base/elementary.js'
import { EXACT_LIMIT } from '../base/integers.js'
import type { Node, TensorId } from '../model/graph.js'
import { hull, type Interval } from '../model/interval.js'
import type { Linear } from '../model/ops/linear.js'
import type { Round } from '../model/ops/round.js'
import { at, type Scale } from '../model/quantized.js'
import { widestBits } from './cost.js'
import { joinScales, type Lowering } from './lowering.js'
import { addNode, boundStep, NO_COUNTERPART, type Step } from './program.js'
import { writeRows } from './rows.js'
import { exactScale, type QuantizedLinear, roundWeights } from './scheme.js'

/** Values before a rounding stay below this: 2^52 is the end. */
const MOST = EXACT_LIMIT / 4

/** What may be lost before a rounding where a scale is not met exactly: so many bits of one. */
const KEPT_BITS = 16

/** Weights of this many bits may be small multiples of one base. */
const GRID_BITS = 14

/** Quantized tensors have at most so many bits, and a sign. */
const COUNTED_BITS = 17

/** Whether nothing but roundings reads a tensor, as it is or scaled: then each bit of it decides. */
export function isRounded(tensor: TensorId, state: Pick<Lowering, 'consumers' | 'isOutput'>): boolean {
  const readers = state.consumers[tensor]!
  if (readers.length === 0 || state.isOutput[tensor]) return false
  return readers.every(({ op, output }) => {
    if (op.kind === 'round') return true
    const passesOn = op.kind === 'clamp' || op.kind === 'rearrange' || isElementwise(op)
    return passesOn && isRounded(output, state)
  })
}

function isElementwise(op: Node['op']): boolean {
  return op.kind === 'linear' && op.rowStart.every((start, row) => start === row)
}

/**
 * Whether a tensor holds whole numbers that something counted or rounded to, and no more bits than quantized models have:
 * taking bits off such numbers would undo what their scale was chosen for.
 */
export function isCounted(
  tensor: TensorId,
  state: Pick<Lowering, 'producers' | 'forms' | 'program'>,
): boolean {
  const { forms, producers, program } = state
  const made = forms[tensor]!.raw
  const scales = program.scales[made]!
  const isUnit = scales.length === 1 && scales[0] === 1
  return isUnit && widestBits(program.bounds[made]!) <= COUNTED_BITS && counts(producers[tensor])

  function counts(node: Node | undefined): boolean {
    if (node === undefined) return false
    const { op, inputs } = node
    if (['round', 'compare', 'argmax'].includes(op.kind)) return true
    const keeps = ['clamp', 'max', 'rearrange'].includes(op.kind) || isElementwise(op)
    return keeps && inputs.every((input) => counts(producers[input]))
  }
}

/** A linear operator that is rounded next: exact where it can be, else with a small part of one lost. */
export function quantizeRounded(state: Lowering, op: Linear, inputs: readonly TensorId[]): QuantizedLinear {
  const scales = joinScales(state.program, inputs)
  for (const scale of [dyadicScale(op, scales), gridScale(state, op, scales)]) {
    if (scale === undefined) continue
    const made = roundWeights(op, scales, scale)
    if (fits(boundStep(state.program, made, inputs))) return { op: made, scale }
  }
  const scale = 2 ** -fineBits(state, op, inputs, scales)
  return { op: roundWeights(op, scales, scale), scale }
}

/** The base of which all weights are small multiples, and biases multiples. */
function gridScale(state: Lowering, op: Linear, scales: Scale): number | undefined {
  if (scales.length > 1) return undefined
  const scale = exactScale(op, scales[0]!, Infinity, { ...state.bits, weight: GRID_BITS })
  const isMultiple = (value: number) => Math.abs(value / scale! - Math.round(value / scale!)) < 1e-6
  return scale !== undefined && op.bias.every(isMultiple) ? scale : undefined
}

/** The coarsest power of two of which all weights and biases are multiples. */
function dyadicScale(op: Linear, scales: Scale): number | undefined {
  let bits = 0
  for (let entry = 0; entry < op.column.length; entry++) {
    bits = Math.max(bits, fractionBits(op.weights[op.weight[entry]!]! * at(scales, op.column[entry]!)))
  }
  for (const bias of op.bias) bits = Math.max(bits, fractionBits(bias))
  return Number.isFinite(bits) ? 2 ** -bits : undefined
}

/** The least k for which value * 2^k is whole; Infinity above 52. */
function fractionBits(value: number): number {
  for (let bits = 0; bits <= 52; bits++) if (Number.isInteger(value * 2 ** bits)) return bits
  return Infinity
}

function fits(bound: Interval): boolean {
  const { lo, hi } = hull(bound)
  return Math.max(-lo, hi) <= MOST
}

/** As many bits behind the point as keep the errors of all weights small together, or as there is room for. */
function fineBits(state: Lowering, op: Linear, inputs: readonly TensorId[], scales: Scale): number {
  const magnitudes = inputs.flatMap((tensor) => {
    const { lo, hi } = state.program.bounds[tensor]!
    return Array.from(lo, (least, i) => Math.max(-least, hi[i]!))
  })
  let [error, largest] = [1, Number.MIN_VALUE]
  for (let row = 0; row < op.bias.length; row++) {
    let [sum, real] = [1, Math.abs(op.bias[row]!)]
    for (let entry = op.rowStart[row]!; entry < op.rowStart[row + 1]!; entry++) {
      const column = op.column[entry]!
      sum += magnitudes[column]!
      real += Math.abs(op.weights[op.weight[entry]!]!) * at(scales, column) * magnitudes[column]!
    }
    error = Math.max(error, sum)
    largest = Math.max(largest, real)
  }
  return Math.min(Math.ceil(log2(error)) + KEPT_BITS, Math.floor(log2(MOST / largest)))
}

export function lowerRound(state: Lowering, node: Node, op: Round): TensorId {
  const { program } = state
  const given = state.forms[node.inputs[0]!]!.raw
  const scales = program.scales[given]!
  if (scales.every(Number.isInteger)) return given
  const { shift, exact } = pointOf(scales, program.bounds[given]!)
  if (op.even && exact && mayTie(state, given, shift)) {
    const from = multiplied(state, node, given, shift, 0)
    return write(state, node, { kind: 'round', even: true, shift }, from, '', Float64Array.of(1))
  }
  const step = scales.reduce((least, scale) => Math.min(least, scale), Infinity)
  // a quarter of a step more, so that what should be whole is not just below it
  const lift = op.even ? 1 / 2 : exact ? 0 : step / 4
  const from = multiplied(state, node, given, shift, lift)
  return write(state, node, { kind: 'round', even: false, shift }, from, '', Float64Array.of(1))
}

/** How many bits the rounding takes off, and whether nothing is lost before it. */
function pointOf(scales: Scale, { lo, hi }: Interval): { shift: number; exact: boolean } {
  const bits = scales.reduce((most, scale) => Math.max(most, fractionBits(scale)), 0)
  const magnitude = (i: number) => Math.max(-lo[i]!, hi[i]!, 1)
  let [largest, error, real] = [0, 1, 1]
  for (let i = 0; i < lo.length; i++) {
    const scale = at(scales, i)
    largest = Math.max(largest, magnitude(i) * scale * 2 ** bits)
    error = Math.max(error, magnitude(i) / Math.max(scale, 2 ** -KEPT_BITS))
    real = Math.max(real, magnitude(i) * scale)
  }
  if (largest <= MOST) return { shift: bits, exact: true }
  // an eighth of a step, or of what is kept, may be lost in all
  const shift = Math.min(Math.ceil(log2(error)) + 2, Math.floor(log2(MOST / real)))
  return { shift, exact: false }
}

/** At a scale of 2^-shift, with a constant added. */
function multiplied(state: Lowering, node: Node, given: TensorId, shift: number, lift: number): TensorId {
  const scales = state.program.scales[given]!
  const point = 2 ** shift
  if (lift === 0 && scales.every((scale) => scale * point === 1)) return given
  const { length } = state.program.bounds[given]!.lo
  const rows = writeRows(length, length, length)
  for (let i = 0; i < length; i++) {
    rows.add(i, Math.round(at(scales, i) * point))
    rows.endRow(Math.round(lift * point))
  }
  return write(state, node, rows.finish(), given, '/scale', Float64Array.of(1 / point))
}

/**
 * Whether some value may lie halfway between two whole numbers, at a scale of m / 2^shift. Not where all that a row adds up
 * are multiples of a number of which no odd multiple of 2^(shift-1) is one, below the row's bounds.
 */
function mayTie(state: Lowering, tensor: TensorId, shift: number): boolean {
  const { program } = state
  const op = program.nodes.find(({ output }) => output === tensor)?.op
  const { lo, hi } = program.bounds[tensor]!
  const point = 2 ** shift
  return Array.from(lo).some((least, row) => {
    const factor = at(program.scales[tensor]!, row) * point
    const most = Math.max(-least, hi[row]!) * factor
    const divisor = (op?.kind === 'linear' && op.secret === undefined ? divisorOf(op, row) : 1) * factor
    // the least number that both divide
    return divisor !== 0 && (point / 2 / gcd(point / 2, divisor)) * divisor <= most
  })
}

/** The greatest number that divides whatever a row adds up; 0 where that is nothing. */
function divisorOf({ rowStart, weight, weights, bias }: Linear, row: number): number {
  let divisor = Math.abs(bias[row]!)
  for (let entry = rowStart[row]!; entry < rowStart[row + 1]! && divisor !== 1; entry++) {
    divisor = gcd(divisor, Math.abs(weights[weight[entry]!]!))
  }
  return divisor
}

function gcd(a: number, b: number): number {
  while (b > 0) [a, b] = [b, a % b]
  return a
}

function write(
  state: Lowering,
  node: Node,
  op: Step['op'],
  from: TensorId,
  suffix: string,
  scale: Scale,
): TensorId {
  const info = state.graph.tensors[node.output]!
  return addNode(state.program, {
    name: node.name + suffix,
    source: node.source,
    op,
    inputs: [from],
    output: {
      name: info.name + suffix,
      shape: info.shape,
      scale,
      counterpart: suffix === '' ? node.output : NO_COUNTERPART,
    },
  })
}
