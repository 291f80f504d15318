/** What one row says of the wires that are open in it. */
import type { Matrix } from '../artifacts/iden3/r1cs.js'
import { mod } from '../base/field.js'
import type { Felt } from '../circuit/cs/felt.js'
import { add, divide, equal, isZero, multiply, negate, normal, subtract } from '../circuit/cs/felt.js'
import type { Side, Sides } from './sides.js'
import { type BitSum, squareWays } from './square.js'
import type { State } from './state.js'
import { coefficientAt, type System } from './system.js'
import { bitAssignments } from './weighted.js'

/** A value for each of some wires. */
export type Option = ReadonlyMap<number, Felt>

/** The ways in which a row can hold: none, one, several; or `unclear`, also where it holds whatever its wires are. */
export type Options = readonly Option[] | 'unclear'

/** A linear form in the open wires. */
export type Form = { readonly constant: Felt; readonly terms: ReadonlyMap<number, Felt> }

/** What a row is looked at with: its system, what is known so far, and the wires that name its factors. */
export type Scene = { readonly system: System; readonly state: State; readonly sides?: Sides | undefined }

/** The sides of a row; where one factor is known, the row as the form that has to be zero. */
export type Forms =
  | { readonly linear: Form }
  | { readonly linear: undefined; readonly x: Form; readonly y: Form; readonly z: Form }

export function formsOf({ system, state }: Scene, row: number): Forms {
  const { a, b, c } = system.r1cs
  const z = formOf(system, state, c, row)
  const x = formOf(system, state, a, row)
  if (x.terms.size === 0 && isZero(x.constant)) return { linear: z }
  const y = formOf(system, state, b, row)
  if (x.terms.size === 0) return { linear: combine(scale(y, x.constant), z) }
  if (y.terms.size === 0) return { linear: combine(scale(x, y.constant), z) }
  return { linear: undefined, x, y, z }
}

/** The ways that nothing else speaks against. `guess` is a value worth trying as root of a wire that stands squared. */
export function optionsOf(scene: Scene, row: number, forms: Forms, guess: (wire: number) => Felt): Options {
  const options = waysOf(scene, row, forms, guess)
  return options === 'unclear' ? options : allowed(scene, options)
}

function allowed({ state }: Scene, options: readonly Option[]): readonly Option[] {
  return options.filter((option) => {
    for (const [wire, value] of option) if (!state.allows(wire, value)) return false
    return true
  })
}

function waysOf(scene: Scene, row: number, forms: Forms, guess: (wire: number) => Felt): Options {
  const { state, sides } = scene
  if (forms.linear !== undefined) return linearOptions(state, forms.linear)
  const { x, y, z } = forms
  const wire = onlyWire(x, y, z)
  if (wire !== undefined) return rootsOf(wire, x, y, z, guess)
  if (z.terms.size === 0 && isZero(z.constant))
    return either(zeroOptions(scene, x, sides?.a.get(row)), zeroOptions(scene, y, sides?.b.get(row)))
  return squareOptions(state, x, y, z)
}

function onlyWire(...forms: readonly Form[]): number | undefined {
  let wire: number | undefined
  for (const { terms } of forms) {
    if (terms.size > 1) return undefined
    for (const id of terms.keys()) {
      if (wire !== undefined && wire !== id) return undefined
      wire = id
    }
  }
  return wire
}

/** The ways in which a factor is zero; of a sum that leaves many, the wire that names it is. */
function zeroOptions(scene: Scene, form: Form, side: Side | undefined): Options {
  const { state } = scene
  const options = linearOptions(state, form)
  if (options !== 'unclear') return allowed(scene, options)
  if (side === undefined) return 'unclear'
  return state.allows(side.wire, 0) ? [new Map([[side.wire, 0]])] : []
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

function scale(form: Form, factor: Felt): Form {
  const { constant, terms } = form
  if (factor === 1) return form
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
