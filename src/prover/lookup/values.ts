/**
 * Values of wires and rows as doubles where these hold them exactly, which is nearly everywhere, and as bigints elsewhere.
 * A negative integer stands for P + value.
 */
import { coefficientOf, LARGE, type Matrix, type R1cs } from '../../artifacts/iden3/r1cs.js'
import { BYTES, fromBytesLE, mod, P, toBytesLE, toSigned } from '../../base/field.js'

export type Values = {
  /** NaN where the value is not small. */
  readonly small: Float64Array
  /** Canonical elements. */
  readonly wide: Map<number, bigint>
}

/** The values of plain elements of 32 bytes. */
export function readValues(bytes: Uint8Array): Values {
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const count = bytes.length / BYTES
  const [small, wide] = [new Float64Array(count), new Map<number, bigint>()]
  for (let i = 0; i < count; i++) {
    const at = BYTES * i
    if (isBelow2To52(words, at)) {
      small[i] = words.getUint32(at, true) + 2 ** 32 * words.getUint32(at + 4, true)
      continue
    }
    const value = fromBytesLE(bytes, at)
    const signed = value > P - MOST ? Number(toSigned(value)) : Number.NaN
    small[i] = signed
    if (Number.isNaN(signed)) wide.set(i, value)
  }
  return { small, wide }
}

export function valueAt({ small, wide }: Values, i: number): bigint {
  return wide.get(i) ?? mod(BigInt(small[i]!))
}

/** A matrix times values, for the rows from `start` to `end`; the first of the result is row `start`. */
export function evaluate(
  { rowStart, wire, coefficient }: Matrix,
  large: R1cs['large'],
  values: Values,
  start: number,
  end: number,
): Values {
  const result: Values = { small: new Float64Array(end - start), wide: new Map() }
  for (let row = start; row < end; row++) {
    const [from, to] = [rowStart[row]!, rowStart[row + 1]!]
    let [sum, size] = [0, 0]
    for (let entry = from; entry < to; entry++) {
      const code = coefficient[entry]!
      const product = code < LARGE ? code * values.small[wire[entry]!]! : Number.NaN
      sum += product
      size += Math.abs(product)
    }
    // every partial sum, and every product, is then an integer that doubles hold
    if (size <= EXACT) result.small[row - start] = sum
    else {
      let exact = 0n
      for (let entry = from; entry < to; entry++)
        exact += coefficientOf({ large }, coefficient[entry]!) * valueAt(values, wire[entry]!)
      setValue(result, row - start, mod(exact))
    }
  }
  return result
}

/** Plain elements of 32 bytes. */
export function writeValues({ small, wide }: Values, out: Uint8Array, offset = 0): void {
  const words = new DataView(out.buffer, out.byteOffset, out.length)
  for (let i = 0; i < small.length; i++) {
    const [value, at] = [small[i]!, offset + BYTES * i]
    if (value >= 0) {
      words.setUint32(at, value % 2 ** 32, true)
      words.setUint32(at + 4, Math.floor(value / 2 ** 32), true)
    } else toBytesLE(Number.isNaN(value) ? wide.get(i)! : P + BigInt(value), out, at)
  }
}

/** Sums of magnitudes up to here, with room for their own rounding, are of integers that doubles hold. */
const EXACT = 2 ** 52
const MOST = 2n ** 52n

function setValue({ small, wide }: Values, i: number, value: bigint): void {
  const signed = toSigned(value)
  if (signed < MOST && signed > -MOST) small[i] = Number(signed)
  else {
    small[i] = Number.NaN
    wide.set(i, value)
  }
}

function isBelow2To52(words: DataView, at: number): boolean {
  if (words.getUint32(at + 4, true) >= 2 ** 20) return false
  for (let word = 8; word < BYTES; word += 4) if (words.getUint32(at + word, true) !== 0) return false
  return true
}
