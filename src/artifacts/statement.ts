/**
 * The statement of a proof: what its public signals are, in which order, and how they read back.
 *
 * Order: outputs, public inputs, context. Integers are packed, several to a field element: element i of a packing sits
 * in signal `first + floor(i / perSignal)`, at bit `width * (i mod perSignal)`, as the unsigned integer value - lo.
 */
import { BaseError } from '../base/errors.js'
import { CAPACITY_BITS } from '../base/field.js'
import { widthOf } from '../base/integers.js'

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

export type Statement = {
  readonly outputs: readonly Packing[]
  /** The public inputs; private ones are not in the statement. */
  readonly inputs: readonly Packing[]
  /** The place of the context, the last signal. */
  readonly context: number
}

type Extent = { readonly name: string; readonly count: number; readonly lo: number; readonly hi: number }

export function plan(outputs: readonly Extent[], publicInputs: readonly Extent[]): Statement {
  let first = 0
  const place = ({ name, count, lo, hi }: Extent): Packing => {
    const width = Math.max(1, widthOf(lo, hi))
    const perSignal = Math.floor(CAPACITY_BITS / width)
    const packing = { name, first, signals: Math.ceil(count / perSignal), width, perSignal, count, lo }
    first += packing.signals
    return packing
  }
  const packedOutputs = outputs.map(place)
  const packedInputs = publicInputs.map(place)
  return { outputs: packedOutputs, inputs: packedInputs, context: first }
}

/** Public signals of the whole statement. */
export function signalCount(statement: Statement): number {
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

export class SignalError extends BaseError {
  override name = 'Statement.SignalError'
  constructor(packing: Packing, signal: number, value: bigint) {
    super(`Public signal ${signal} does not hold ${packing.count} values of "${packing.name}".`, {
      details: [`value: ${value}`],
      hint: 'check that the signals belong to a proof of this model',
    })
  }
}
