/**
 * The statement of a proof: what its public signals are, in which order, and how they read back.
 *
 * Order: outputs, inputs, the model's commitment where its weights are secret, context. A part is packed integers, or a commitment to integers. Packed integers stand several
 * to a field element: element i of a part sits in signal `first + floor(i / perSignal)`, at bit
 * `width * (i mod perSignal)`, as the unsigned integer value - lo.
 */
import { BaseError } from '../base/errors.js'
import { CAPACITY_BITS } from '../base/field.js'
import { widthOf } from '../base/integers.js'
import type { CommitmentShape } from './commitment.js'
import type { Disclosure } from './disclosure.js'

export type Packing = {
  readonly name: string
  /** The first public signal. */
  readonly first: number
  /** Signals taken. */
  readonly signals: number
  readonly width: number
  readonly perSignal: number
  /** Elements packed, row-major. */
  readonly count: number
  /** The least value: added after unpacking. */
  readonly lo: number
}

/** What a part says of its port: its values, a commitment to them, or (a part of) a claim about them. */
export type Shows = 'values' | 'commitment' | 'class' | 'threshold' | 'margin'

export type Part = Packing & {
  readonly shows: Shows
  /** The port among the model's outputs, or among its inputs. */
  readonly port: number
  /** Of a commitment: what was committed to, and how. The part itself then packs one element of the field. */
  readonly commitment?: CommitmentShape | undefined
}

export type Statement = {
  readonly outputs: readonly Part[]
  /** The inputs that are shown or committed to; private ones are not in the statement. */
  readonly inputs: readonly Part[]
  /** The commitment to the model's weights, where they are secret. */
  readonly model?: Part | undefined
  /** The place of the context, the last signal. */
  readonly context: number
}

/** A port as the statement sees it: its elements and the integers that they can be. */
export type Extent = {
  readonly name: string
  readonly count: number
  readonly lo: number
  readonly hi: number
}

type Unplaced = Omit<Part, 'first' | 'port' | 'name'>

/** A field element as it is: any value below P. */
const ELEMENT = { signals: 1, width: CAPACITY_BITS + 1, perSignal: 1, count: 1, lo: 0 } as const

export function plan(
  outputs: readonly Extent[],
  inputs: readonly Extent[],
  disclosure: Disclosure = allPublic(outputs, inputs),
  model?: CommitmentShape,
): Statement {
  let first = 0
  const place = ({ name }: Extent, port: number, parts: readonly Unplaced[]): Part[] =>
    parts.map((part) => {
      first += part.signals
      return { ...part, name, port, first: first - part.signals }
    })
  const parts = {
    outputs: outputs.flatMap((extent, port) =>
      place(extent, port, outputParts(extent, disclosure.outputs[port]!)),
    ),
    inputs: inputs.flatMap((extent, port) =>
      place(extent, port, inputParts(extent, disclosure.inputs[port]!)),
    ),
  }
  if (model === undefined) return { ...parts, context: first }
  const part = { name: 'model', port: 0, first, shows: 'commitment', ...ELEMENT, commitment: model } as const
  return { ...parts, model: part, context: first + 1 }
}

function allPublic(outputs: readonly Extent[], inputs: readonly Extent[]): Disclosure {
  const shown = { visibility: 'public', salted: false } as const
  return { outputs: outputs.map(() => shown), inputs: inputs.map(() => shown) }
}

function outputParts(extent: Extent, { visibility, salted }: Disclosure['outputs'][number]): Unplaced[] {
  switch (visibility) {
    case 'public':
      return [{ shows: 'values', ...packed(extent) }]
    case 'hashed':
      return [committed('output', extent, salted)]
    case 'class':
      return [classOf(extent)]
    case 'threshold':
      return [{ shows: 'threshold', ...packed(extent) }]
    case 'margin':
      return [classOf(extent), { shows: 'margin', ...packed(marginOf(extent)) }]
  }
}

function inputParts(extent: Extent, { visibility, salted }: Disclosure['inputs'][number]): Unplaced[] {
  if (visibility === 'private') return []
  return visibility === 'public'
    ? [{ shows: 'values', ...packed(extent) }]
    : [committed('input', extent, salted)]
}

function packed({ count, lo, hi }: Omit<Extent, 'name'>): Omit<Unplaced, 'shows'> {
  const width = Math.max(1, widthOf(lo, hi))
  const perSignal = Math.floor(CAPACITY_BITS / width)
  return { signals: Math.ceil(count / perSignal), width, perSignal, count, lo }
}

function classOf({ count }: Extent): Unplaced {
  return { shows: 'class', ...packed({ count: 1, lo: 0, hi: count - 1 }) }
}

/** By how much the largest score can be above the next. */
export function marginOf({ lo, hi }: Pick<Extent, 'lo' | 'hi'>): Omit<Extent, 'name'> {
  return { count: 1, lo: 0, hi: hi - lo }
}

function committed(kind: 'input' | 'output', { count, lo, hi }: Extent, salted: boolean): Unplaced {
  const width = Math.max(1, widthOf(lo, hi))
  return { shows: 'commitment', ...ELEMENT, commitment: { kind, width, count, lo, salted } }
}

/** Public signals of the whole statement. */
export function signalCount(statement: Pick<Statement, 'context'>): number {
  return statement.context + 1
}

export function pack(packing: Packing, values: ArrayLike<number>): bigint[] {
  const signals = new Array<bigint>(packing.signals).fill(0n)
  for (let i = 0; i < packing.count; i++) {
    const signal = Math.floor(i / packing.perSignal)
    const shift = BigInt(packing.width * (i % packing.perSignal))
    signals[signal]! += BigInt(values[i]! - packing.lo) << shift
  }
  return signals
}

/** Reads integers back. Throws `SignalError` where a signal has bits that no value puts there. */
export function unpack(packing: Packing, signals: readonly bigint[]): Float64Array {
  const values = new Float64Array(packing.count)
  const mask = (1n << BigInt(packing.width)) - 1n
  for (let k = 0; k < packing.signals; k++) {
    let rest = signals[packing.first + k]!
    const end = Math.min(packing.count, (k + 1) * packing.perSignal)
    for (let i = k * packing.perSignal; i < end; i++) {
      values[i] = Number(rest & mask) + packing.lo
      rest >>= BigInt(packing.width)
    }
    if (rest !== 0n) throw new SignalError(packing, packing.first + k, signals[packing.first + k]!)
  }
  return values
}

/** What the signals say of one port. A commitment is a field element, in decimal. */
export type Said = { readonly name: string; readonly shows: Shows } & (
  | { readonly integers: readonly number[] }
  | { readonly commitment: string }
)

/** Reads one part back. Throws `SignalError` as `unpack` does. */
export function read(part: Part, signals: readonly bigint[]): Said {
  const { name, shows } = part
  if (shows === 'commitment') return { name, shows, commitment: signals[part.first]!.toString() }
  return { name, shows, integers: [...unpack(part, signals)] }
}

export class SignalError extends BaseError {
  override name = 'Statement.SignalError'
  constructor(packing: Packing, signal: number, value: bigint) {
    super(`Public signal ${signal} does not hold ${packing.count} values of "${packing.name}".`, {
      details: [`value: ${value}`],
      hint: 'check that the signals belong to a proof of this model',
    })
  }
}
