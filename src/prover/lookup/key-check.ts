/** What a proving key of a circuit with lookups shows of itself: that its matrices are a circuit's, its points points. */
import { withFile } from '../../artifacts/iden3/binfile-file.js'
import { coefficientOf, type Matrix, type R1cs } from '../../artifacts/iden3/r1cs.js'
import { decodeCoefficients, encodeCoefficients } from './coefficients.js'
import { findStray } from './key.js'
import { readBody, readHeader } from './key-format.js'

/** The first row of the key's matrices that is not the circuit's, in words; undefined where all are. */
export function coefficientDifference(path: string, r1cs: R1cs): string | undefined {
  return withFile(path, (source) => {
    const [found, { wires }] = [readBody(source).coefficients, readHeader(source)]
    if (Buffer.compare(found, encodeCoefficients(r1cs)) === 0) return undefined
    const own = decodeCoefficients({ name: path }, found, wires)
    if (own.constraints !== r1cs.constraints) return `its number of rows: ${own.constraints}`
    for (let row = 0; row < r1cs.constraints; row++)
      for (const side of ['a', 'b'] as const)
        if (rowText(own, own[side], row) !== rowText(r1cs, r1cs[side], row))
          return `matrix ${side.toUpperCase()}, constraint ${row}`
    return 'the form that it is written in'
  })
}

/** The first point of the key that is not on its curve, in words; undefined where all are. */
export function strayPoint(path: string): string | undefined {
  const points = withFile(path, readBody)
  const stray = findStray({ points })
  return stray === undefined ? undefined : `${stray} is not on its curve`
}

function rowText(of: Pick<R1cs, 'large'>, { rowStart, wire, coefficient }: Matrix, row: number): string {
  const [start, end] = [rowStart[row], rowStart[row + 1]]
  const values = Array.from(coefficient.subarray(start, end), (code) => coefficientOf(of, code))
  return `${wire.subarray(start, end)} ${values}`
}
