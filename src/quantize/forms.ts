/** Other forms of a tensor that exists in integers already: rescaled, saturated, brought to one scale. */
import { EXACT_LIMIT } from '../base/integers.js'
import { sizeOf } from '../base/tensor.js'
import type { TensorId } from '../model/graph.js'
import type { Linear } from '../model/ops/linear.js'
import { join } from '../model/ops/rearrange.js'
import { at } from '../model/quantized.js'
import { widestBits } from './cost.js'
import { isCounted } from './lower-round.js'
import { elementsOf, joinScales, type Lowering, wantedScale } from './lowering.js'
import { addNode, NO_COUNTERPART } from './program.js'
import { writeRows } from './rows.js'
import { shiftBetween } from './scheme.js'
import { scaleOfUneven } from './uneven.js'

/** Sums that could pass this are computed from rescaled, then from saturated inputs: 2^52 is the end, and leaves room. */
export const SUM_LIMIT = EXACT_LIMIT / 16

/** As it was computed. */
export function raw(state: Lowering, tensor: TensorId): TensorId {
  return state.forms[tensor]!.raw
}

/** Bits that a rescale to activation bits would take off; none of an input, whose bits were chosen, or of mixed scales. */
export function spareBits(state: Lowering, tensor: TensorId): number {
  const scale = state.program.scales[raw(state, tensor)]!
  if (scale.length > 1) return state.shifts.get(tensor) ?? 0
  if (state.producers[tensor] === undefined || isCounted(tensor, state)) return 0
  return shiftBetween(scale[0]!, wantedScale(state, tensor))
}

/** Rescaled to activation bits, where it has more; of mixed scales only where its integers are wide. */
export function narrow(state: Lowering, tensor: TensorId): TensorId {
  const forms = state.forms[tensor]!
  if (forms.narrow !== undefined) return forms.narrow
  const from = isWideMixture(state, tensor) ? evened(state, [forms.raw])[0]! : forms.raw
  const shift =
    from === forms.raw
      ? spareBits(state, tensor)
      : shiftBetween(state.program.scales[from]![0]!, wantedScale(state, tensor))
  if (shift === 0) return from
  forms.narrow = derive(state, tensor, from, 'rescale', { kind: 'rescale', shift, relu: false }, 2 ** shift)
  return forms.narrow
}

/** Products of inputs with scales of their own, say. */
function isWideMixture(state: Lowering, tensor: TensorId): boolean {
  const from = raw(state, tensor)
  if (state.producers[tensor] === undefined || state.program.scales[from]!.length === 1) return false
  if (state.shifts.has(tensor)) return false
  return widestBits(state.program.bounds[from]!) > 2 * state.bits.activation
}

/** Rescaled, and limited to the range seen in calibration where its bounds go beyond it. */
export function saturated(state: Lowering, tensor: TensorId): TensorId {
  const forms = state.forms[tensor]!
  forms.saturated ??= saturate(state, tensor, narrow(state, tensor))
  return forms.saturated
}

/** `from`, which stands for float tensor `tensor`, limited to the range seen in calibration. */
export function saturate(state: Lowering, tensor: TensorId, from: TensorId): TensorId {
  const { program } = state
  const scale = program.scales[from]!
  if (state.producers[tensor] === undefined || scale.length > 1) return from
  const range = state.ranges[tensor]!
  const bound = program.bounds[from]!
  const least = Math.floor(range.lo / scale[0]!)
  const greatest = Math.ceil(range.hi / scale[0]!)
  const lo = bound.lo.some((value) => value < least) ? least : -Infinity
  const hi = bound.hi.some((value) => value > greatest) ? greatest : Infinity
  if (lo === -Infinity && hi === Infinity) return from
  const name = state.producers[tensor].name
  state.notes.push(
    `Layer "${name}" saturates: values beyond those seen in calibration (${range.lo} to ${range.hi}) are cut.`,
  )
  return derive(state, tensor, from, 'saturate', { kind: 'clamp', lo, hi }, 1)
}

/** Whether rescaling before `rows` sums costs less than carrying the spare bits through them. */
export function rescalePays(state: Lowering, tensor: TensorId, rows: number): boolean {
  const shift = spareBits(state, tensor)
  if (shift === 0) return false
  if (state.forms[tensor]!.narrow !== undefined) return true
  const bits = widestBits(state.program.bounds[raw(state, tensor)]!)
  return elementsOf(state, tensor) * (bits + 1) < shift * rows
}

/**
 * The same tensors with one scale for all elements. Those that have another are multiplied by whole numbers, to a scale
 * so fine that the ratios are met to `bits.weight` bits; a multiplication costs nothing.
 */
export function aligned(state: Lowering, tensors: readonly TensorId[]): TensorId[] {
  const { program } = state
  const scales = joinScales(program, tensors)
  if (scales.length === 1) return [...tensors]
  const finest = scales.reduce((least, scale) => Math.min(least, scale), Infinity)
  const whole = scales.every((scale) => Math.abs(scale / finest - Math.round(scale / finest)) < 1e-9)
  const common = whole ? finest : finest / 2 ** state.bits.weight
  const largest = tensors.reduce((most, tensor) => Math.max(most, largestReal(state, tensor)), 0)
  if (largest / common > SUM_LIMIT) return evened(state, tensors)
  return tensors.map((tensor) => multiplied(state, tensor, common))
}

/** The same at a scale that is only as fine as their greatest values need: smaller ones lose digits. */
function evened(state: Lowering, tensors: readonly TensorId[]): TensorId[] {
  const { program, bits } = state
  const scales = joinScales(program, tensors)
  const sizes = sizesOf(state, tensors)
  const greatest = sizes.reduce((most, size, i) => Math.max(most, size * at(scales, i)), 0)
  const outScale = greatest / 2 ** (bits.activation - 1) || 1
  const aim = { start: outScale, outScale, weightBits: bits.weight }
  const common = scaleOfUneven(identity(sizes.length), scales, sizes, aim)
  return tensors.map((tensor) => multiplied(state, tensor, common))
}

function largestReal({ program }: Lowering, tensor: TensorId): number {
  const { lo, hi } = program.bounds[tensor]!
  const own = program.scales[tensor]!
  return lo.reduce((most, least, i) => Math.max(most, at(own, i) * Math.max(-least, hi[i]!)), 0)
}

/** The greatest magnitude of each element of the joined tensors: by their bounds, or nearer by what calibration saw. */
export function sizesOf(state: Lowering, tensors: readonly TensorId[]): Float64Array {
  const { bounds, scales, counterpart } = state.program
  return join(
    tensors.map((tensor) => {
      const { lo, hi } = bounds[tensor]!
      const seen = state.ranges[counterpart[tensor]!]
      const largest = seen === undefined ? Infinity : Math.max(-seen.lo, seen.hi)
      return lo.map((least, i) => Math.min(Math.max(-least, hi[i]!), largest / at(scales[tensor]!, i)))
    }),
  )
}

function identity(size: number): Linear {
  const rows = writeRows(size, size, size)
  for (let i = 0; i < size; i++) {
    rows.add(i, 1)
    rows.endRow(0)
  }
  return rows.finish()
}

/** Multiplied by whole numbers, to another scale; a negative one negates the integers. */
export function multiplied(state: Lowering, tensor: TensorId, scale: number): TensorId {
  const { program } = state
  const { name, shape } = program.tensors[tensor]!
  const own = program.scales[tensor]!
  const size = sizeOf(shape)
  const rows = writeRows(size, size, size)
  for (let i = 0; i < size; i++) {
    rows.add(i, Math.round(at(own, i) / scale))
    rows.endRow(0)
  }
  return addNode(program, {
    name: `${name}/align`,
    source: 'Mul',
    op: rows.finish(),
    inputs: [tensor],
    output: {
      name: `${name}/aligned`,
      shape,
      scale: Float64Array.of(Math.abs(scale)),
      counterpart: scale > 0 ? program.counterpart[tensor]! : NO_COUNTERPART,
    },
  })
}

function derive(
  state: Lowering,
  tensor: TensorId,
  from: TensorId,
  what: 'rescale' | 'saturate',
  op: Parameters<typeof addNode>[1]['op'],
  factor: number,
): TensorId {
  const { name, source } = state.producers[tensor]!
  const info = state.graph.tensors[tensor]!
  return addNode(state.program, {
    name: `${name}/${what}`,
    source,
    op,
    inputs: [from],
    output: {
      name: `${info.name}/${what}d`,
      shape: info.shape,
      scale: state.program.scales[from]!.map((scale) => scale * factor),
      counterpart: tensor,
    },
  })
}
