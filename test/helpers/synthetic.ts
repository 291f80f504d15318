/** Constraint systems of any size, shaped like those of quantized nets: bits, and dense rows that recompose them. */
import type { R1cs } from '../../src/artifacts/iden3/r1cs.js'
import { fromValues, type Witness } from '../../src/artifacts/iden3/wtns.js'
import { mod } from '../../src/base/field.js'

/**
 * A system of `constraints` rows and a witness of it: in each `width` rows, all but the last hold a bit `b * b = b`, and
 * the last makes its wire a weighted sum of up to `density` bits before it, in C. The one public signal, closed by the
 * final row, is the sum of the first 16 wires after it.
 */
export function syntheticSystem(
  constraints: number,
  width = 16,
  density = 200,
): { r1cs: R1cs; witness: Witness } {
  const sides: Sides = { a: newSide(constraints), b: newSide(constraints), c: newSide(constraints) }
  const values = new Float64Array(constraints + 1)
  values[0] = 1
  for (let row = 0; row < constraints; row++) {
    if (row === constraints - 1) addStatement(sides, values)
    else if (row % width < width - 1) addBit(sides, values, row)
    else addSum(sides, values, row, width, density)
    for (const side of Object.values(sides)) side.rowStart[row + 1] = side.wire.length
  }
  const matrix = ({ rowStart, wire, coefficient }: Side) => ({
    rowStart,
    wire: Int32Array.from(wire),
    coefficient: Int32Array.from(coefficient),
  })
  const r1cs = {
    wires: constraints + 1,
    publicOutputs: 1,
    publicInputs: 0,
    privateInputs: 0,
    constraints,
    a: matrix(sides.a),
    b: matrix(sides.b),
    c: matrix(sides.c),
    large: [],
  }
  return { r1cs, witness: fromValues(Array.from(values, (value) => mod(BigInt(value)))) }
}

type Side = { readonly rowStart: Int32Array; readonly wire: number[]; readonly coefficient: number[] }
type Sides = { readonly a: Side; readonly b: Side; readonly c: Side }

function newSide(constraints: number): Side {
  return { rowStart: new Int32Array(constraints + 1), wire: [], coefficient: [] }
}

function put(side: Side, wire: number, coefficient: number): void {
  side.wire.push(wire)
  side.coefficient.push(coefficient)
}

function addBit({ a, b, c }: Sides, values: Float64Array, row: number): void {
  values[row + 2] = (Math.imul(row, 0x9e3779b1) >>> 16) & 1
  for (const side of [a, b, c]) put(side, row + 2, 1)
}

function addSum({ a, b, c }: Sides, values: Float64Array, row: number, width: number, density: number): void {
  const wire = row + 2
  for (let from = Math.max(2, wire - density); from < wire; from++) {
    if ((from - 2) % width === width - 1) continue
    const weight = (Math.imul(from, row) % 1000) + 0x400
    put(c, from, weight)
    values[wire]! += weight * values[from]!
  }
  put(a, wire, 1)
  put(b, 0, 1)
}

function addStatement({ a, b, c }: Sides, values: Float64Array): void {
  for (let wire = 2; wire < Math.min(18, values.length); wire++) {
    put(c, wire, 1)
    values[1]! += values[wire]!
  }
  put(a, 1, 1)
  put(b, 0, 1)
}
