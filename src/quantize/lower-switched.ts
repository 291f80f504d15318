/**
 * Values that flags switch on or off, as branches of trees do: flag * value has the value's bits, whatever they are, so
 * nothing is rescaled before such a product; and sums of switched values keep their scale, or halve it, so that nothing
 * but the constants added to them is rounded.
 */
import { log2 } from '../base/elementary.js'
import type { TensorId } from '../model/graph.js'
import type { Linear } from '../model/ops/linear.js'
import { at, type Scale } from '../model/quantized.js'
import { joinScales, type Lowering } from './lowering.js'
import { writeRows } from './rows.js'
import { type Bits, type QuantizedLinear, quantizeLinear, roundWeights } from './scheme.js'

/**
 * A sum of constants that flags choose, and of values that flags switch; its biases are constants like the others.
 * Undefined where the values' scales have nothing to do with each other. `inputs` are the node's, as they were computed.
 */
export function quantizeSelection(
  state: Lowering,
  op: Linear,
  inputs: readonly TensorId[],
  outScale: number,
  bits: Bits,
): QuantizedLinear | undefined {
  const scales = joinScales(state.program, inputs)
  const steps = stepsOf(op, scales)
  const finest = Math.min(...steps)
  if ([...steps].some((step) => !isPower(step / finest))) return undefined
  const constants = constantsOf(op, scales)
  const ones = new Float64Array(constants.columns).fill(1)
  const own = quantizeLinear(constants.op, Float64Array.of(1), outScale, bits, ones).scale
  const scale = [...steps].every((step) => isWhole(step / own)) ? own : halved(constants.op, finest, bits)
  return { op: roundWeights(op, scales, scale), scale }
}

/** Whole numbers chosen by flags stay what they are: an index, a label, a code that no class has, however large. */
export function isWholeSelection({ weights, bias }: Linear, scales: Scale): boolean {
  const isCode = (value: number) => Number.isInteger(value) && Math.abs(value) <= LARGEST_CODE
  return scales.length === 1 && scales[0] === 1 && weights.every(isCode) && bias.every(isCode)
}

const LARGEST_CODE = 2 ** 31

const NEARLY = 1e-9

function isPower(ratio: number): boolean {
  return isWhole(log2(ratio))
}

function isWhole(value: number): boolean {
  return Math.abs(value - Math.round(value)) < NEARLY
}

/** A step halved so often that the largest constant has its bits. */
function halved({ weights }: Linear, step: number, bits: Bits): number {
  const largest = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0)
  const halvings = Math.ceil(log2((step * (2 ** (bits.weight - 1) - 1)) / largest))
  return largest === 0 ? step : step / 2 ** Math.max(0, halvings)
}

/** What a step of a switched value adds to the result, in magnitude. Flags have the scale 1. */
function stepsOf(op: Linear, scales: Scale): Set<number> {
  const steps = new Set<number>()
  for (const [entry, column] of op.column.entries()) {
    if (at(scales, column) !== 1) steps.add(Math.abs(op.weights[op.weight[entry]!]!) * at(scales, column))
  }
  return steps
}

/** The operator without its switched values, and with a further column, always 1, for the biases. */
function constantsOf(op: Linear, scales: Scale): { op: Linear; columns: number } {
  const last = op.column.reduce((most, column) => Math.max(most, column), 0) + 1
  const rows = writeRows(last + 1, op.bias.length, op.column.length)
  for (let row = 0; row < op.bias.length; row++) {
    for (let entry = op.rowStart[row]!; entry < op.rowStart[row + 1]!; entry++) {
      const column = op.column[entry]!
      if (at(scales, column) === 1) rows.add(column, op.weights[op.weight[entry]!]!)
    }
    rows.add(last, op.bias[row]!)
    rows.endRow(0)
  }
  return { op: rows.finish(), columns: last + 1 }
}
