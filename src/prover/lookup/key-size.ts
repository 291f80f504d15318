/** The bytes of a key before it is made: all that counts stands in the circuit. */
import { allocate } from '../../artifacts/iden3/binfile.js'
import type { R1cs } from '../../artifacts/iden3/r1cs.js'
import { encode as encodeLayout, type LookupLayout } from '../../artifacts/lookups.js'
import { InternalError } from '../../base/errors.js'
import { encodeCoefficients } from './coefficients.js'
import { CONTRIBUTIONS_HEAD, HEADER_BYTES, LKEY, SECTION } from './key-format.js'
import { shapeOf } from './shape.js'

/** Of a `.lkey` without contributions. Throws `TooLargeError` for a circuit that no key can be made for. */
export function keyBytesOf(r1cs: R1cs, layout: LookupLayout): number {
  const shape = shapeOf(r1cs, layout, r1cs.wires)
  if (typeof shape === 'string') throw new InternalError(`A circuit with lookups is none: ${shape}.`)
  const { publicSignals, secondRound, wires, rows, inA, inB } = shape
  const statement = publicSignals + 2
  const contents: Record<keyof typeof SECTION, number> = {
    header: HEADER_BYTES,
    ic: 64 * statement,
    coefficients: encodeCoefficients(r1cs).length,
    layout: encodeLayout(layout).length,
    ...{ a: 64 * inA.length, b1: 64 * inB.length, b2: 128 * inB.length },
    ...{ d: 64 * (secondRound - statement), c: 64 * (wires - secondRound), h: 64 * rows },
    contributions: CONTRIBUTIONS_HEAD,
  }
  const sizes = Object.values(contents)
  const empty = allocate(
    LKEY,
    Object.values(SECTION).map((id) => [id, 0]),
  )
  return sizes.reduce((sum, size) => sum + size, empty.bytes.length)
}
