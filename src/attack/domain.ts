/**
 * Inputs outside the declared domain, and claims that are not true, with everything computed from them as an honest
 * prover would: the range checks must refuse every one of them.
 *
 * One walk takes every element out of its domain at once: the rows that end in an element's own bits see that element
 * alone. An element that they let pass, or that is checked where it is ranked, gets a walk of its own.
 */
import { P } from '../base/field.js'
import { bitLength } from '../base/integers.js'
import { sizeOf } from '../base/tensor.js'
import type { Assignment, Evaluator } from '../circuit/cs/evaluator.js'
import type { Felt } from '../circuit/cs/felt.js'
import { normal } from '../circuit/cs/felt.js'
import type { Blueprint } from '../circuit/synthesize.js'
import type { Values } from '../model/execute.js'
import { at } from '../model/quantized.js'
import { strongestClaims } from './inputs.js'
import { rowsOfInputs } from './own-rows.js'
import { firstBroken, holdsUnslotted, wiresOf } from './system.js'
import { breaksWithin, type Request, requestsOf, type Target } from './target.js'

export type Outside = {
  /** Elements times values tried. */
  readonly tries: number
  /** By place among the private inputs. */
  readonly accepted: readonly { readonly element: number; readonly value: Felt }[]
}

type Element = { readonly lo: number; readonly hi: number }
type Try = { readonly element: number; readonly value: Felt }

export function leaveDomain(target: Target, assignment: Assignment): Outside {
  const elements = elementsOf(target)
  const ways = elements.map(({ lo, hi }) => valuesOutside(lo, hi))
  const most = Math.max(0, ...ways.map((values) => values.length))
  const given = Array.from(assignment.privateInputs)
  const suspects: Try[] = falseClaims(target, given)
  const claims = suspects.length
  for (let way = 0; way < most; way++) {
    const values = ways.map((own) => own[way % own.length]!)
    const outside = { ...assignment, privateInputs: [...values, ...given.slice(values.length)] }
    for (const element of passing(target, outside, elements.length)) {
      suspects.push({ element, value: values[element]! })
    }
  }
  const accepted = suspects.filter(({ element, value }) => {
    const alone = { ...assignment, privateInputs: given.with(element, value) }
    return (
      firstBroken(target.system, wiresOf(target.system, requestsOf(target, alone).evaluator.wires)) ===
      undefined
    )
  })
  return { tries: most * elements.length + claims, accepted }
}

/** One more than the most that is true, and what the reader of the signal could not read. */
function falseClaims({ blueprint }: Target, given: readonly Felt[]): Try[] {
  const { extras, statement } = blueprint
  if (extras.every(({ kind }) => kind === 'salt')) return []
  const first = given.length - extras.length
  const strongest = strongestClaims(blueprint, inputsOf(blueprint, given))
  return extras.flatMap(({ kind, name }, i) => {
    const part = statement.outputs.find((output) => output.name === name && output.shows === kind)
    const most = strongest[i]
    if (part === undefined || most === undefined) return []
    const values: Felt[] = [most + 1, part.lo - 1, part.lo + 2 ** part.width, normal(P >> 1n)]
    return values.map((value) => ({ element: first + i, value }))
  })
}

/** The model's inputs among the private inputs, port by port. */
function inputsOf({ model }: Blueprint, given: readonly Felt[]): Values {
  let first = 0
  return model.inputs.map(({ tensor }) => {
    const size = sizeOf(model.tensors[tensor]!.shape)
    first += size
    return Float64Array.from(given.slice(first - size, first), Number)
  })
}

/** The elements that no range check of their own refuses. */
function passing(target: Target, assignment: Assignment, elements: number): number[] {
  const { requests, evaluator } = requestsOf(target, assignment)
  if (target.system.slots !== undefined) return passingLookups(target, requests, evaluator, elements)
  const own = requests.filter(({ hint }) => hint === 'input')
  const checked = checkedInputs(target.blueprint)
  const input = (element: number) => 1 + target.blueprint.layout.publicOutputs.length + 1 + element
  return Array.from({ length: elements }, (_, element) => element).filter((element) => {
    const request = own[checked.indexOf(element)]
    if (request === undefined || own.length !== checked.length) return true
    if (breaksWithin(target, evaluator, input(element), input(element) + 1)) return false
    return !breaksWithin(target, evaluator, request.first, endOf(request, requests, evaluator.wires.length))
  })
}

/** The same by lookups: the rows that see an element and its own words alone, wherever they stand. */
function passingLookups(
  { system }: Target,
  requests: readonly Request[],
  { wires }: Evaluator,
  elements: number,
): number[] {
  const first = 1 + system.r1cs.publicOutputs + system.r1cs.publicInputs
  const inputs = Array.from({ length: elements }, (_, element) => first + element)
  const words = requests
    .filter(({ hint }) => hint === 'input')
    .flatMap((request) => Array.from({ length: request.count }, (_, i) => request.first + i))
  const rows = rowsOfInputs(system, inputs, new Set(words))
  const passes = (own: readonly number[]) => own.every((row) => holdsUnslotted(system, row, wires))
  return rows.flatMap((own, element) => (passes(own) ? [element] : []))
}

/** The elements with a range check of their own, in the order of the checks. */
function checkedInputs({ model, ranked }: Blueprint): number[] {
  const isRanked = model.inputs.flatMap(({ tensor }) =>
    Array.from({ length: sizeOf(model.tensors[tensor]!.shape) }, (_, i) => ranked.get(tensor)?.[i] ?? false),
  )
  return [...isRanked.keys()].filter((element) => !isRanked[element])
}

/** An element's check has its bits and at most as many products. */
function endOf({ serial, first, count }: Request, requests: readonly Request[], wires: number): number {
  return Math.min(requests[serial + 1]?.first ?? wires, first + 2 * count)
}

function elementsOf({ blueprint }: Target): Element[] {
  const { model } = blueprint
  return model.inputs.flatMap(({ tensor, lo, hi }) =>
    Array.from({ length: sizeOf(model.tensors[tensor]!.shape) }, (_, i) => ({
      lo: at(lo, i),
      hi: at(hi, i),
    })),
  )
}

/**
 * Just outside, far outside, no integer at all; and for each bit that the greatest value leaves at zero, the least that
 * has the same bits above it and a one there: what a single row of the comparison with the greatest must refuse.
 */
function valuesOutside(lo: number, hi: number): Felt[] {
  const span = hi - lo
  const width = bitLength(span)
  const nearby = Array.from({ length: width }, (_, i) => {
    const step = 2 ** i
    return Math.floor(span / step) % 2 === 0 ? (Math.floor(span / step) + 1) * step : 2 ** width
  })
  const integers = [...new Set([span + 1, 2 ** width - 1, ...nearby, -1, -(2 ** width)])]
  const outside = integers.filter((value) => value < 0 || value > span).map((value) => lo + value)
  return [...outside, normal(P - (1n << 200n)), normal((P + 1n) / 2n)]
}
