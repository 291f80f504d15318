/**
 * Witnesses and iden3's `.wtns` files, version 2 (section 1: bytes of an element, prime, count; section 2: the values).
 *
 * Trap: values are canonical and little-endian, not in Montgomery form.
 */
import { BYTES, fromBytesLE, toBytesLE } from '../../base/field.js'
import {
  allocate,
  checkPrime,
  type Format,
  fromBytes,
  isCanonical,
  malformed,
  readSections,
  view,
  writePrime,
} from './binfile.js'

export type Witness = {
  readonly wires: number
  /** `wires` elements of 32 bytes each, little-endian and below P; the first is 1. */
  readonly values: Uint8Array
}

export function get(witness: Witness, wire: number): bigint {
  return fromBytesLE(witness.values, BYTES * wire)
}

/** A witness of the given values, each in [0, P). */
export function fromValues(values: readonly bigint[]): Witness {
  const bytes = new Uint8Array(BYTES * values.length)
  values.forEach((value, wire) => {
    toBytesLE(value, bytes, BYTES * wire)
  })
  return { wires: values.length, values: bytes }
}

/** The bytes of a `.wtns` file. */
export function encode(witness: Witness): Uint8Array {
  const { bytes, sections } = allocate(FORMAT, [
    [1, HEADER_BYTES],
    [2, BYTES * witness.wires],
  ])
  const [header, values] = sections as [Uint8Array, Uint8Array]
  writePrime(header)
  view(header).setUint32(36, witness.wires, true)
  values.set(witness.values)
  return bytes
}

/**
 * Reads a `.wtns` file; `name` stands in the errors. The values are a view into `bytes`.
 * Throws `MalformedFileError` on a value that is not below P, a first value other than 1, or counts that disagree.
 */
export function decode(bytes: Uint8Array, name = '.wtns'): Witness {
  const source = fromBytes(bytes, name)
  const sections = readSections(source, FORMAT)
  const header = sections.get(1)!
  checkPrime(source, header, HEADER_BYTES)
  const wires = view(header).getUint32(36, true)
  const values = sections.get(2)!
  if (values.length !== BYTES * wires) {
    throw malformed(source, `its ${wires} values take ${values.length} bytes instead of ${BYTES} each`)
  }
  const words = view(values)
  for (let wire = 0; wire < wires; wire++) {
    if (!isCanonical(words, BYTES * wire)) throw malformed(source, `value ${wire} is not below the prime`)
  }
  if (wires === 0 || fromBytesLE(values) !== 1n) throw malformed(source, 'its first value is not 1')
  return { wires, values }
}

const FORMAT: Format = { magic: 'wtns', version: 2, sections: [1, 2] }
const HEADER_BYTES = 40
