/** Functions, quotients and roots of the float program in integers. */
import { log2 } from '../base/elementary.js'
import { BaseError } from '../base/errors.js'
import { EXACT_LIMIT } from '../base/integers.js'
import { compile } from '../model/functions.js'
import type { Node, TensorId } from '../model/graph.js'
import { hull } from '../model/interval.js'
import type { Quotient } from '../model/ops/quotient.js'
import type { Smooth } from '../model/ops/smooth.js'
import { widestBits } from './cost.js'
import { emit } from './emit.js'
import { aligned, multiplied, raw } from './forms.js'
import { type FunctionTable, tabulateFunction } from './function-table.js'
import { elementsOf, type FitNote, type Lowering, wantedScale } from './lowering.js'
import { type Fit, fitPieces } from './pieces.js'
import { shiftBetween } from './scheme.js'
import { spanOf } from './span.js'

/** Of a step of the result: how far the line may be from the function. */
const PART_OF_STEP = 0.5

/** Bits of a quotient or a root beyond those that its readers want: both are rounded, and rounded again. */
const RESULT_BITS = 2

/** Of the least divisor seen: what divisors are held to. */
const DIVISOR_PART = 0.5

/** Bits of a function's argument beyond the activation's: it is the result that is rounded, not the argument. */
const ARGUMENT_BITS = 4

/** Of an argument's and its result's bits together: slopes need a few more. */
const MOST_BITS = 44

/** A function of the values as they were computed, or where that is cheaper, of fewer bits of them. */
export function lowerSmooth(state: Lowering, node: Node, op: Smooth): TensorId {
  const given = uniform(state, node.inputs[0]!)
  const table = state.functions === 'tables' ? tableOf(state, node, op, given) : undefined
  if (table !== undefined) return lowerTable(state, node, given, table)
  const from = lighter(state, node, given)
  const fit = fitSmooth(state, node, op, from)
  state.fits.push(fit.note)
  return emit(state, node, fit.op, [from], Float64Array.of(fit.scale))
}

const MOST_ENTRIES = 2 ** 13

/** Rows of looking a value up; finding its piece takes about one a piece. */
const ROWS_OF_TABLE = 5

/** Of the step that readers want: a table's result is rounded, and rounded again. */
const TABLE_STEP = 1 / 16

/** Of no more entries than it saves rows; undefined where that is none, or lines are nearer. */
function tableOf(state: Lowering, node: Node, op: Smooth, given: TensorId): FunctionTable | undefined {
  const f = compile(op.expression)
  const reach = reachOf(state, node, given)
  const span = spanOf(f, reach)
  const lines = fitPieces(f, { ...reach, span })
  if (lines === undefined) return undefined
  const saved = (lines.op.slope.length - ROWS_OF_TABLE) * elementsOf(state, node.output)
  if (saved < 2) return undefined
  const unit = TABLE_STEP * wantedScale(state, node.output)
  const table = tabulateFunction(f, { ...reach, span, unit, most: Math.min(MOST_ENTRIES, saved) })
  return table !== undefined && table.error < lines.error ? table : undefined
}

function lowerTable(state: Lowering, node: Node, given: TensorId, table: FunctionTable): TensorId {
  const { op, shift, scale, error } = table
  const rescaled = Float64Array.of(scaleOf(state, given) * 2 ** shift)
  const rescale = { kind: 'rescale', shift, relu: false } as const
  const from = shift === 0 ? given : emit(state, node, rescale, [given], rescaled, { inner: 'argument' })
  state.fits.push({ node, pieces: op.slope.length, table: true, error })
  return emit(state, node, op, [from], Float64Array.of(scale))
}

/** What is known of an argument: its integers, those that calibration saw, and how far its function may be missed. */
function reachOf(state: Lowering, node: Node, from: TensorId) {
  const scale = scaleOf(state, from)
  const { lo, hi } = state.ranges[node.inputs[0]!]!
  const allowed = PART_OF_STEP * wantedScale(state, node.output)
  return {
    scale,
    bounds: hull(state.program.bounds[from]!),
    seen: { lo: Math.floor(lo / scale), hi: Math.ceil(hi / scale) },
    tolerance: () => allowed,
  }
}

function fitSmooth(state: Lowering, node: Node, op: Smooth, from: TensorId): Fit & { note: FitNote } {
  const reach = reachOf(state, node, from)
  const { scale } = reach
  const f = compile(op.expression)
  const span = spanOf(f, reach)
  const fit = fitPieces(f, { ...reach, span })
  if (fit === undefined) throw new FitError(node, span.lo * scale, span.hi * scale)
  const { lo: start, hi: end } = fit.span
  const isCut = start > reach.bounds.lo || end < reach.bounds.hi
  const cut = isCut ? { cut: { lo: start * scale, hi: end * scale } } : {}
  return { ...fit, note: { node, pieces: fit.op.slope.length, error: fit.error, ...cut } }
}

/** One sentence for each kind of function, and one for each layer that is cut. */
export function describeFits(fits: readonly FitNote[]): string[] {
  const sources = [...new Set(fits.map(({ node }) => node.source))]
  const kinds = sources.flatMap((source) =>
    [false, true].flatMap((table) => {
      const own = fits.filter((fit) => fit.node.source === source && (fit.table ?? false) === table)
      return own.length === 0 ? [] : describeKind(source, table, own)
    }),
  )
  const cuts = fits.flatMap(({ node, cut }) =>
    cut === undefined
      ? []
      : `Layer "${node.name}" (${node.source}) stays constant beyond ${digits(cut.lo)} to ${digits(cut.hi)}.`,
  )
  return [...kinds, ...cuts]
}

function describeKind(source: string, table: boolean, own: readonly FitNote[]): string {
  const pieces = own.reduce((most, fit) => Math.max(most, fit.pieces), 0)
  const error = own.reduce((most, fit) => Math.max(most, fit.error), 0)
  const layers = own.length === 1 ? `Layer "${own[0]!.node.name}"` : `${own.length} layers`
  const verb = own.length === 1 ? 'computes' : 'compute'
  const by = table ? `a table of up to ${pieces} entries` : `lines of up to ${pieces} pieces`
  return `${layers} ${verb} ${source} by ${by}, within ${digits(error)} of it.`
}

function digits(value: number): string {
  return `${Number(value.toPrecision(3))}`
}

/**
 * Rescaled where the range checks of finding its piece cost more bits than the rescale, or where the lines would go
 * beyond what is exact. Others that read the tensor then take it so as well: it is still finer than they ask for.
 */
function lighter(state: Lowering, node: Node, from: TensorId): TensorId {
  const { program } = state
  const input = node.inputs[0]!
  const spare = shiftBetween(scaleOf(state, from), wantedScale(state, input)) - ARGUMENT_BITS
  const bits = widestBits(program.bounds[from]!)
  const pays = 2 * spare > bits + 1 || bits + resultBits(state, node) > MOST_BITS
  if (state.producers[input] === undefined || spare <= 0 || !pays) return from
  const scale = Float64Array.of(scaleOf(state, from) * 2 ** spare)
  const made = emit(state, node, { kind: 'rescale', shift: spare, relu: false }, [from], scale, {
    inner: 'argument',
  })
  if (from === raw(state, input) && isOnlyRounded(state, input)) state.forms[input] = { raw: made }
  return made
}

/** Bits of the result that are not its error: what the slopes add to the bits of the argument. */
function resultBits(state: Lowering, { output }: Node): number {
  const { lo, hi } = state.ranges[output]!
  return log2(Math.max(-lo, hi) / (PART_OF_STEP * wantedScale(state, output)))
}

/** Whether nothing reads a tensor that wants it as it was computed. */
function isOnlyRounded(state: Lowering, tensor: TensorId): boolean {
  if (state.isOutput[tensor]) return false
  return state.consumers[tensor]!.every(({ op }) => ['smooth', 'product'].includes(op.kind))
}

/** The tensor with one scale for all its elements. */
function uniform(state: Lowering, tensor: TensorId): TensorId {
  return aligned(state, [raw(state, tensor)])[0]!
}

function scaleOf(state: Lowering, tensor: TensorId): number {
  return state.program.scales[tensor]![0]!
}

/** The dividend's width is free; the divisor's is paid for twice a quotient. */
export function lowerQuotient(state: Lowering, node: Node, op: Quotient): TensorId {
  const [dividend, divisor] = dividendAndDivisor(state, node)
  const shift = shiftFor(state, node, dividend, divisor)
  const scale = scaleOf(state, dividend) / scaleOf(state, divisor) / 2 ** shift
  return emit(
    state,
    node,
    { ...op, shift, whole: true },
    [dividend, divisor],
    Float64Array.of(Math.abs(scale)),
  )
}

/** Of one scale each, the divisor positive; where all divisors are negative, both are negated. */
function dividendAndDivisor(state: Lowering, node: Node): [TensorId, TensorId] {
  const [a, b] = node.inputs as [TensorId, TensorId]
  const { lo, hi } = state.ranges[b]!
  if (lo <= 0 && hi >= 0) throw new DivisorError(node, lo, hi)
  const sign = hi < 0 ? -1 : 1
  const dividend = signed(state, uniform(state, a), sign)
  return [
    dividend,
    held(state, node, signed(state, fewer(state, node, b), sign), Math.min(Math.abs(lo), Math.abs(hi))),
  ]
}

function signed(state: Lowering, tensor: TensorId, sign: 1 | -1): TensorId {
  return sign === 1 ? tensor : multiplied(state, tensor, -scaleOf(state, tensor))
}

/** The divisor with fewer bits, where that spares its quotients more than it costs. */
function fewer(state: Lowering, node: Node, tensor: TensorId): TensorId {
  const from = uniform(state, tensor)
  const bits = widestBits(state.program.bounds[from]!)
  const spare = shiftBetween(scaleOf(state, from), wantedScale(state, tensor)) - ARGUMENT_BITS
  const [quotients, divisors] = [elementsOf(state, node.output), elementsOf(state, tensor)]
  if (2 * spare * quotients <= divisors * (bits + 1)) return from
  const scale = Float64Array.of(scaleOf(state, from) * 2 ** spare)
  return emit(state, node, { kind: 'rescale', shift: spare, relu: false }, [from], scale, {
    inner: 'divisor',
  })
}

/** Held to half of the least value seen, so that it is positive, and quotients have bounds. */
function held(state: Lowering, node: Node, tensor: TensorId, least: number): TensorId {
  const scale = scaleOf(state, tensor)
  const lo = Math.max(1, Math.floor((least * DIVISOR_PART) / scale))
  if (hull(state.program.bounds[tensor]!).lo >= lo) return tensor
  state.notes.push(
    `Layer "${node.name}" (${node.source}) divides by ${digits(lo * scale)} where the divisor is less.`,
  )
  return emit(state, node, { kind: 'clamp', lo, hi: Infinity }, [tensor], Float64Array.of(scale), {
    inner: 'least',
  })
}

/** Doublings of the dividend that give the quotient the digits that its readers want, as far as integers stay exact. */
function shiftFor(state: Lowering, node: Node, dividend: TensorId, divisor: TensorId): number {
  const natural = scaleOf(state, dividend) / scaleOf(state, divisor)
  const needed = Math.ceil(log2(natural / wantedScale(state, node.output))) + RESULT_BITS
  return Math.max(
    0,
    Math.min(needed, room(state, dividend, EXACT_LIMIT / 2 - hull(state.program.bounds[divisor]!).hi)),
  )
}

/** Doublings of a tensor's values that stay within a limit. */
function room(state: Lowering, tensor: TensorId, limit: number): number {
  const { lo, hi } = hull(state.program.bounds[tensor]!)
  return Math.floor(log2(limit / Math.max(-lo, hi, 1)))
}

/** Of values held to zero and more, since rounding may take one below. */
export function lowerRoot(state: Lowering, node: Node): TensorId {
  const given = uniform(state, node.inputs[0]!)
  const scale = scaleOf(state, given)
  const from =
    hull(state.program.bounds[given]!).lo >= 0
      ? given
      : emit(state, node, { kind: 'clamp', lo: 0, hi: Infinity }, [given], Float64Array.of(scale), {
          inner: 'least',
        })
  const needed = Math.ceil(log2(Math.sqrt(scale) / wantedScale(state, node.output))) + RESULT_BITS
  const shift = Math.max(0, Math.min(needed, Math.floor(room(state, from, EXACT_LIMIT) / 2)))
  const result = Float64Array.of(Math.sqrt(scale) / 2 ** shift)
  return emit(state, node, { kind: 'root', shift, whole: true }, [from], result)
}

export class DivisorError extends BaseError {
  override name = 'Quantize.DivisorError'
  constructor(
    readonly node: Pick<Node, 'name' | 'source'>,
    readonly lo: number,
    readonly hi: number,
  ) {
    super(`Layer "${node.name}" (${node.source}) divides by values from ${lo} to ${hi}, zero among them.`, {
      hint: 'keep the divisor away from zero: add a constant to it, or clip it, in the model',
    })
  }
}

export class FitError extends BaseError {
  override name = 'Quantize.FitError'
  constructor(
    readonly node: Pick<Node, 'name' | 'source'>,
    readonly lo: number,
    readonly hi: number,
  ) {
    super(`Layer "${node.name}" (${node.source}) cannot be written as a broken line from ${lo} to ${hi}.`, {
      details: ['It takes too many pieces there, or is not finite.'],
      hint: 'declare a narrower domain (--domain), or normalize what the layer is given',
    })
  }
}
