/** What one row says of the wires that are open in it. */
import type { Matrix } from '../artifacts/iden3/r1cs.js'
import { mod, toSigned } from '../base/field.js'
import type { Felt } from '../circuit/cs/felt.js'
import { add, divide, equal, isZero, multiply, negate, normal, subtract } from '../circuit/cs/felt.js'
import { type BitSum, squareWays } from './square.js'
import type { State } from './state.js'
import { coefficientAt, isSlotRow, type System } from './system.js'
import { bitAssignments } from './weighted.js'

/** A value for each of some wires. */
export type Option = ReadonlyMap<number, Felt>

/** The ways in which a row can hold: none, one, several; or `unclear`, also where it holds whatever its wires are. */
export type Options = readonly Option[] | 'unclear'

/** A linear form in the open wires. */
export type Form = { readonly constant: Felt; readonly terms: ReadonlyMap<number, Felt> }

/** `guess` is a value worth trying as root of a wire that stands squared. */
export function optionsOf(system: System, state: State, row: number, guess: (wire: number) => Felt): Options {
  const { a, b, c } = system.r1cs
  if (isSlotRow(system, row)) return slotOptions(system, state, row)
  const [x, y, z] = [a, b, c].map((matrix) => formOf(system, state, matrix, row)) as [Form, Form, Form]
  if (x.terms.size === 0) return linearOptions(state, combine(scale(y, x.constant), z))
  if (y.terms.size === 0) return linearOptions(state, combine(scale(x, y.constant), z))
  const wires = new Set([x, y, z].flatMap(({ terms }) => [...terms.keys()]))
  if (wires.size === 1) return rootsOf([...wires][0]!, x, y, z, guess)
  if (z.terms.size === 0 && isZero(z.constant))
    return either(linearOptions(state, x), linearOptions(state, y))
  return squareOptions(state, x, y, z)
}

/** More ways than a search can follow. */
const MOST_ENTRIES_LISTED = 64

/** The ways in which a row with one open wire beside its slot has an entry there, of those that the wire's interval leaves. */
function slotOptions(system: System, state: State, row: number): Options {
  const form = formOf(system, state, system.r1cs.c, row)
  const { firstRow, firstWire, tables, tableOf } = system.slots!
  const slot = firstWire + row - firstRow
  const others = [...form.terms].filter(([wire]) => wire !== slot)
  if (others.length !== 1 || state.isKnown(slot)) return linearOptions(state, form)
  const [[wire, factor]] = others as [[number, Felt]]
  const range = state.ranges.get(wire)
  const { entries } = tables[tableOf[row - firstRow]!]!
  if (range === undefined) return 'unclear'
  const ways: Option[] = []
  const perFactor = divide(1, negate(factor))
  for (const entry of entries) {
    const value = normal(mod(BigInt(multiply(add(form.constant, entry), perFactor))))
    const integer = toSigned(mod(BigInt(value)))
    if (integer < range.lo || integer > range.hi) continue
    if (
      ways.push(
        new Map([
          [slot, entry],
          [wire, value],
        ]),
      ) > MOST_ENTRIES_LISTED
    )
      return 'unclear'
  }
  return ways
}

/** A row that is linear in its open wires, as the form that has to be zero. */
export function linearForm(system: System, state: State, row: number): Form | undefined {
  const { a, b, c } = system.r1cs
  const [x, y] = [formOf(system, state, a, row), formOf(system, state, b, row)]
  const z = () => formOf(system, state, c, row)
  if (x.terms.size === 0) return combine(scale(y, x.constant), z())
  return y.terms.size === 0 ? combine(scale(x, y.constant), z()) : undefined
}

function formOf({ r1cs }: System, state: State, matrix: Matrix, row: number): Form {
  const { rowStart, wire, coefficient } = matrix
  const terms = new Map<number, Felt>()
  let constant: Felt = 0
  for (let entry = rowStart[row]!; entry < rowStart[row + 1]!; entry++) {
    const [id, factor] = [wire[entry]!, coefficientAt(r1cs, coefficient[entry]!)]
    if (state.isKnown(id)) constant = add(constant, multiply(factor, state.values.get(id)))
    else terms.set(id, factor)
  }
  return { constant, terms }
}

function scale({ constant, terms }: Form, factor: Felt): Form {
  if (isZero(factor)) return { constant: 0, terms: new Map() }
  const scaled = [...terms].map(([wire, value]) => [wire, multiply(value, factor)] as const)
  return { constant: multiply(constant, factor), terms: new Map(scaled) }
}

/** x - y */
function combine(x: Form, y: Form): Form {
  const terms = new Map(x.terms)
  for (const [wire, value] of y.terms) {
    const left = subtract(terms.get(wire) ?? 0, value)
    if (isZero(left)) terms.delete(wire)
    else terms.set(wire, left)
  }
  return { constant: subtract(x.constant, y.constant), terms }
}

/** The ways in which a linear form is zero. */
function linearOptions({ pairs }: State, { constant, terms }: Form): Options {
  if (terms.size === 0) return isZero(constant) ? 'unclear' : []
  if (terms.size === 1) {
    const [[wire, factor]] = [...terms] as [[number, Felt]]
    return [new Map([[wire, negate(divide(constant, factor))]])]
  }
  const sum = bitSumOf(pairs, { constant, terms })
  if (sum === undefined) return 'unclear'
  const wires = [...sum.weights.keys()]
  const found = bitAssignments([...sum.weights.values()], sum.constant)
  if (found === undefined) return 'unclear'
  return found.map((bits) => new Map(wires.map((wire, i) => [wire, pairs.get(wire)![bits[i] ? 1 : 0]])))
}

/** The form as a sum of bits, each of which says which of its two values a wire has. */
function bitSumOf(pairs: State['pairs'], { constant, terms }: Form): BitSum | undefined {
  let base = BigInt(constant)
  const weights = new Map<number, bigint>()
  for (const [wire, factor] of terms) {
    const pair = pairs.get(wire)
    if (pair === undefined) return undefined
    const [low, high] = pair
    base += BigInt(factor) * BigInt(low)
    weights.set(wire, mod(BigInt(factor) * (BigInt(high) - BigInt(low))))
  }
  return { constant: mod(base), weights }
}

/** The ways in which the square of one form is another, all wires with two values. */
function squareOptions({ pairs }: State, x: Form, y: Form, z: Form): Options {
  if (combine(x, y).terms.size > 0 || !equal(x.constant, y.constant)) return 'unclear'
  const [side, square] = [bitSumOf(pairs, x), bitSumOf(pairs, z)]
  if (side === undefined || square === undefined) return 'unclear'
  const ways = squareWays(side, square)
  if (ways === undefined) return 'unclear'
  return ways.map((taken) => new Map([...taken].map(([wire, is]) => [wire, pairs.get(wire)![is ? 1 : 0]])))
}

/** The ways in which one of two factors is zero. */
function either(first: Options, second: Options): Options {
  if (first === 'unclear' || second === 'unclear') return 'unclear'
  const fresh = second.filter((option) => !first.some((other) => sameOption(option, other)))
  return [...first, ...fresh]
}

export function sameOption(one: Option, other: Option): boolean {
  if (one.size !== other.size) return false
  return [...one].every(([wire, value]) => other.has(wire) && equal(value, other.get(wire)!))
}

/** The roots of x(w) y(w) = z(w) in the one open wire; of a square, only where one of them can be guessed. */
function rootsOf(wire: number, x: Form, y: Form, z: Form, guess: (wire: number) => Felt): Options {
  const [x1, y1, z1] = [x, y, z].map(({ terms }) => terms.get(wire) ?? 0) as [Felt, Felt, Felt]
  const square = multiply(x1, y1)
  const linear = subtract(add(multiply(x1, y.constant), multiply(x.constant, y1)), z1)
  const rest = subtract(multiply(x.constant, y.constant), z.constant)
  if (isZero(square)) {
    if (isZero(linear)) return isZero(rest) ? 'unclear' : []
    return [new Map([[wire, negate(divide(rest, linear))]])]
  }
  const at = (value: Felt) => add(multiply(add(multiply(square, value), linear), value), rest)
  const root = [0, 1, guess(wire)].find((value) => isZero(at(value)))
  if (root === undefined) return 'unclear'
  const other = normal(mod(BigInt(negate(add(divide(linear, square), root)))))
  return equal(root, other) ? [new Map([[wire, root]])] : [new Map([[wire, root]]), new Map([[wire, other]])]
}
