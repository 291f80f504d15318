/**
 * Whether a witness satisfies a constraint system, in plain TypeScript: slow code that anyone can read, and quick
 * enough to run after every witness.
 *
 * Trap: sums in float64 are surely exact only while the magnitudes of all their terms add up to less than 2^53. The
 * magnitude is summed along, and a row that leaves this range (or has a value that does) is computed again in the field.
 */
import { BaseError } from '../../base/errors.js'
import { fromBytesLE, mod, P, toSigned } from '../../base/field.js'
import { coefficientOf, LARGE, type Matrix, type R1cs } from './r1cs.js'
import { get, type Witness } from './wtns.js'

/**
 * The index of the first constraint that the witness does not satisfy; nothing when it satisfies all.
 * Throws `WitnessLengthError` when the witness is not as long as the system is wide.
 */
export function firstUnsatisfied(r1cs: R1cs, witness: Witness): number | undefined {
  if (witness.wires !== r1cs.wires) throw new WitnessLengthError(witness.wires, r1cs.wires)
  const small = smallValues(witness)
  for (let row = 0; row < r1cs.constraints; row++) {
    if (!holdsExactly(r1cs, row, small) && !holds(r1cs, row, witness)) return row
  }
  return undefined
}

/** Whether constraint `row` holds, computed in the field. */
export function holds(r1cs: R1cs, row: number, witness: Witness): boolean {
  const a = dot(r1cs, r1cs.a, row, witness)
  return (a * dot(r1cs, r1cs.b, row, witness) - dot(r1cs, r1cs.c, row, witness)) % P === 0n
}

/** The constraint as an equation with its wires' names and values, and what the three sides come to. */
export function describe(
  r1cs: R1cs,
  row: number,
  witness: Witness,
  nameOf: (wire: number) => string = (wire) => `wire ${wire}`,
): string {
  const sides = [r1cs.a, r1cs.b, r1cs.c]
  const [a, b, c] = sides.map((matrix) => format(r1cs, matrix, row, nameOf))
  const [x, y, z] = sides.map((matrix) => toSigned(dot(r1cs, matrix, row, witness)))
  const wires = new Set(
    sides.flatMap((matrix) => [...matrix.wire.subarray(matrix.rowStart[row], matrix.rowStart[row + 1])]),
  )
  wires.delete(0)
  const values = [...wires]
    .slice(0, MOST_TERMS)
    .map((wire) => `${nameOf(wire)} = ${toSigned(get(witness, wire))}`)
  const shown = wires.size > MOST_TERMS ? [...values, `and ${wires.size - MOST_TERMS} more`] : values
  return `constraint ${row}: (${a}) * (${b}) = ${c}\n  gives (${x}) * (${y}) = ${z}\n  with ${shown.join(', ')}`
}

const MOST_TERMS = 12
const EXACT = 2 ** 53

/** Each wire's value as a signed number; NaN where it is too large to be one. */
function smallValues({ wires, values }: Witness): Float64Array {
  const small = new Float64Array(wires)
  for (let wire = 0; wire < wires; wire++) {
    const value = toSigned(fromBytesLE(values, 32 * wire))
    small[wire] = value > -EXACT_INTEGER && value < EXACT_INTEGER ? Number(value) : Number.NaN
  }
  return small
}

const EXACT_INTEGER = BigInt(EXACT)

/** Whether constraint `row` holds and every step of saying so is exact in float64. */
function holdsExactly(r1cs: R1cs, row: number, small: Float64Array): boolean {
  const product = exactDot(r1cs.a, row, small) * exactDot(r1cs.b, row, small)
  return Math.abs(product) < EXACT && product === exactDot(r1cs.c, row, small)
}

/** The row's sum, or NaN where it may not be exact. */
function exactDot({ rowStart, wire, coefficient }: Matrix, row: number, small: Float64Array): number {
  let sum = 0
  let magnitude = 0
  const end = rowStart[row + 1]!
  for (let entry = rowStart[row]!; entry < end; entry++) {
    const code = coefficient[entry]!
    if (code >= LARGE) return Number.NaN
    const term = code * small[wire[entry]!]!
    sum += term
    magnitude += Math.abs(term)
  }
  return magnitude < EXACT ? sum : Number.NaN
}

function dot(r1cs: R1cs, { rowStart, wire, coefficient }: Matrix, row: number, witness: Witness): bigint {
  let sum = 0n
  for (let entry = rowStart[row]!; entry < rowStart[row + 1]!; entry++) {
    sum += coefficientOf(r1cs, coefficient[entry]!) * get(witness, wire[entry]!)
  }
  return mod(sum)
}

function format(
  r1cs: R1cs,
  { rowStart, wire, coefficient }: Matrix,
  row: number,
  nameOf: (wire: number) => string,
): string {
  const start = rowStart[row]!
  const end = rowStart[row + 1]!
  if (start === end) return '0'
  const terms: string[] = []
  for (let entry = start; entry < Math.min(end, start + MOST_TERMS); entry++) {
    const factor = toSigned(coefficientOf(r1cs, coefficient[entry]!))
    const id = wire[entry]!
    terms.push(id === 0 ? `${factor}` : factor === 1n ? nameOf(id) : `${factor}*${nameOf(id)}`)
  }
  if (end - start > MOST_TERMS) terms.push(`... ${end - start - MOST_TERMS} more terms`)
  return terms.join(' + ').replaceAll('+ -', '- ')
}

export class WitnessLengthError extends BaseError {
  override name = 'Iden3.WitnessLengthError'
  constructor(
    readonly values: number,
    readonly wires: number,
  ) {
    super(`A witness of ${values} values does not belong to a circuit of ${wires} wires.`, {
      hint: 'compute the witness with the same build that the circuit comes from',
    })
  }
}
