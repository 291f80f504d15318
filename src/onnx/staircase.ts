/**
 * Functions of one element that are constant but for steps: signs, bands around a number, tables. Each is a sum of flags
 * that say which steps the element has passed; a circuit ranks an element once among all of its steps.
 */
import type { Shape } from '../base/tensor.js'
import { type Builder, checkSize, compare, constant, linear, type Value } from './builder.js'
import { intervalsOf } from './intervals.js'

/** Adds `rise` where the element is at least `at`; above it, where `strict`. */
export type Step = { readonly at: number; readonly strict?: boolean; readonly rise: number }

export type Stairs = {
  /** The element of the value that is looked at. */
  readonly element: number
  /** The result before the first step. */
  readonly base: number
  readonly steps: readonly Step[]
}

/** One output for each of `stairs`. Its type is the value's: the caller knows better. */
export function staircase(builder: Builder, value: Value, stairs: readonly Stairs[], shape: Shape): Value {
  const { lo, hi } = intervalsOf(builder, value)
  const rows = stairs.map((row) =>
    decided({ ...row, steps: merged(row.steps) }, lo[row.element]!, hi[row.element]!),
  )
  const entries = rows.reduce((sum, { steps }) => sum + steps.length, 0)
  // a step takes as long as many weights, here as in the circuit
  checkSize(builder, 64 * entries, 'a table of steps')
  if (entries === 0)
    return constant(
      shape,
      Float64Array.from(rows, ({ base }) => base),
      value.type,
    )
  const flags = collectFlags(rows)
  const compared = compare(
    builder,
    value,
    Int32Array.from(flags.list, ({ element }) => element),
    Float64Array.from(flags.list, ({ at }) => at),
    [flags.list.length],
    Uint8Array.from(flags.list, ({ strict }) => (strict ? 1 : 0)),
  )
  const rises = [...new Set(rows.flatMap(({ steps }) => steps.map(({ rise }) => rise)))]
  const numberOf = new Map(rises.map((rise, at) => [rise, at]))
  const rowStart = new Int32Array(rows.length + 1)
  for (const [row, { steps }] of rows.entries()) rowStart[row + 1] = rowStart[row]! + steps.length
  const op = {
    rowStart,
    column: Int32Array.from(flags.columns),
    weight: Int32Array.from(rows.flatMap(({ steps }) => steps.map(({ rise }) => numberOf.get(rise)!))),
    weights: Float64Array.from(rises),
    bias: Float64Array.from(rows, ({ base }) => base),
  }
  return linear(builder, [compared], op, shape)
}

/** Steps that the element has surely passed, or surely never reaches, are no steps. */
function decided({ element, base, steps }: Stairs, lo: number, hi: number): Stairs {
  const passed = steps.filter(({ at, strict }) => (strict === true ? lo > at : lo >= at))
  const reached = steps.filter(({ at, strict }) => (strict === true ? hi > at : hi >= at))
  return {
    element,
    base: passed.reduce((sum, { rise }) => sum + rise, base),
    steps: reached.filter((step) => !passed.includes(step)),
  }
}

/** Several rises at one step are one. */
function merged(steps: readonly Step[]): Step[] {
  const rises = new Map<string, Step>()
  for (const step of steps) {
    const key = keyOf(0, step)
    rises.set(key, { ...step, rise: step.rise + (rises.get(key)?.rise ?? 0) })
  }
  return [...rises.values()].filter(({ rise }) => rise !== 0)
}

function keyOf(element: number, { at, strict }: Pick<Step, 'at' | 'strict'>): string {
  return `${element}/${at}/${strict === true}`
}

/** Each step of each element once, rising; and for each entry of the rows its place among them. */
function collectFlags(rows: readonly Stairs[]) {
  const known = new Map<string, { element: number; at: number; strict: boolean }>()
  for (const { element, steps } of rows) {
    for (const step of steps)
      known.set(keyOf(element, step), { element, at: step.at, strict: step.strict === true })
  }
  const list = [...known.values()].sort(
    (a, b) => a.element - b.element || a.at - b.at || Number(a.strict) - Number(b.strict),
  )
  const placeOf = new Map(list.map((flag, place) => [keyOf(flag.element, flag), place]))
  const columns = rows.flatMap(({ element, steps }) =>
    steps.map((step) => placeOf.get(keyOf(element, step))!),
  )
  return { list, columns }
}

/** `height` where a whole number is `at`, else nothing. */
export function spike(at: number, height: number): Step[] {
  return [
    { at: at - 0.5, rise: height },
    { at: at + 0.5, rise: -height },
  ]
}

/** `height` where any number is exactly `at`, else nothing. */
export function pin(at: number, height: number): Step[] {
  return [
    { at, rise: height },
    { at, strict: true, rise: -height },
  ]
}
