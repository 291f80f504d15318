/** Where two constraint systems first differ. */
import { coefficientOf, type Matrix, type R1cs } from './r1cs.js'

export type R1csDifference = {
  /** From 0; undefined where the systems differ in size. */
  readonly row: number | undefined
  readonly what: string
  readonly found: string
  readonly expected: string
}

/** Undefined where every constraint is the same. `nameOf` gives names to wires. */
export function r1csDifference(
  found: R1cs,
  expected: R1cs,
  nameOf: (wire: number) => string,
): R1csDifference | undefined {
  for (const size of ['wires', 'publicOutputs', 'publicInputs', 'privateInputs'] as const) {
    if (found[size] === expected[size]) continue
    return { row: undefined, what: size, found: `${found[size]}`, expected: `${expected[size]}` }
  }
  const rows = Math.min(found.constraints, expected.constraints)
  for (let row = 0; row < rows; row++) {
    for (const side of ['a', 'b', 'c'] as const) {
      const difference = sideDifference(found, expected, side, row, nameOf)
      if (difference !== undefined) return difference
    }
  }
  if (found.constraints === expected.constraints) return undefined
  const [own, other] = [found.constraints, expected.constraints]
  return { row: undefined, what: 'constraints', found: `${own}`, expected: `${other}` }
}

function sideDifference(
  found: R1cs,
  expected: R1cs,
  side: 'a' | 'b' | 'c',
  row: number,
  nameOf: (wire: number) => string,
): R1csDifference | undefined {
  const [own, other] = [found[side], expected[side]]
  const count = Math.max(lengthOf(own, row), lengthOf(other, row))
  for (let entry = 0; entry < count; entry++) {
    const [left, right] = [
      termOf(found, own, row, entry, nameOf),
      termOf(expected, other, row, entry, nameOf),
    ]
    if (left !== right)
      return { row, what: `term ${entry + 1} of side ${side.toUpperCase()}`, found: left, expected: right }
  }
  return undefined
}

function lengthOf({ rowStart }: Matrix, row: number): number {
  return rowStart[row + 1]! - rowStart[row]!
}

function termOf(
  r1cs: R1cs,
  matrix: Matrix,
  row: number,
  entry: number,
  nameOf: (wire: number) => string,
): string {
  if (entry >= lengthOf(matrix, row)) return 'nothing'
  const at = matrix.rowStart[row]! + entry
  return `${coefficientOf(r1cs, matrix.coefficient[at]!)} * ${nameOf(matrix.wire[at]!)}`
}
