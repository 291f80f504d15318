/**
 * The functions that recurrent operators name in their attribute `activations`, with parameters that are handed out in
 * the order of the functions that take any.
 */
import { sizeOf } from '../base/tensor.js'
import { scale } from './affine.js'
import { floats, strings } from './attributes.js'
import { times } from './bilinear.js'
import { type Builder, clamp, constant, smooth, type Value } from './builder.js'
import { isAtLeast } from './comparison.js'
import { leaky } from './leaky.js'
import type { OpNode } from './node.js'
import { UnsupportedNodeError } from './unsupported.js'

export type Activation = (builder: Builder, x: Value) => Value

type Entry = {
  /** Defaults of the parameters that it takes. */
  readonly alpha?: number | typeof UNSETTLED
  readonly beta?: number | typeof UNSETTLED
  readonly apply: (builder: Builder, x: Value, alpha: number, beta: number) => Value
}

/** The specification gives no default, or another than ONNX Runtime takes (0). */
const UNSETTLED = 'unsettled'

/** By the name in small letters: the specification writes them with capitals, and exporters as they like. */
const ACTIVATIONS: Readonly<Record<string, Entry>> = {
  affine: { alpha: UNSETTLED, beta: UNSETTLED, apply: line },
  elu: { alpha: 1, apply: (builder, x, alpha) => smooth(builder, x, 'elu', [alpha]) },
  hardsigmoid: {
    alpha: 0.2,
    beta: 0.5,
    apply: (builder, x, alpha, beta) => clamp(builder, line(builder, x, alpha, beta), 0, 1),
  },
  leakyrelu: {
    alpha: 0.01,
    apply: (builder, x, alpha) => leaky(builder, x, { shape: [], data: Float64Array.of(alpha) }),
  },
  relu: { apply: (builder, x) => clamp(builder, x, 0, Infinity) },
  scaledtanh: {
    alpha: UNSETTLED,
    beta: UNSETTLED,
    apply: (builder, x, alpha, beta) =>
      line(builder, smooth(builder, line(builder, x, beta, 0), 'tanh'), alpha, 0),
  },
  sigmoid: { apply: (builder, x) => smooth(builder, x, 'sigmoid') },
  softplus: { apply: (builder, x) => smooth(builder, x, 'softplus') },
  softsign: { apply: (builder, x) => smooth(builder, x, 'softsign') },
  tanh: { apply: (builder, x) => smooth(builder, x, 'tanh') },
  thresholdedrelu: {
    alpha: UNSETTLED,
    apply: (builder, x, alpha) =>
      times(builder, isAtLeast(builder, x, constant([], Float64Array.of(alpha)), true), x),
  },
}

/**
 * The functions of all directions, `defaults` for each where the node names none.
 * Throws `UnsupportedNodeError` for a name that is not known, and a parameter without a settled default.
 */
export function activationsOf(
  { attributes }: OpNode,
  defaults: readonly string[],
  directions: number,
): Activation[] {
  const named = strings(attributes, 'activations')
  const names = named.length > 0 ? named : Array.from({ length: directions }, () => defaults).flat()
  const alphas = [...(floats(attributes, 'activation_alpha') ?? [])]
  const betas = [...(floats(attributes, 'activation_beta') ?? [])]
  return names.map((name) => {
    const { alpha, beta, apply } = entryOf(name)
    const first = next(alphas, alpha, `activation_alpha of ${name}`)
    const second = next(betas, beta, `activation_beta of ${name}`)
    return (builder, x) => apply(builder, x, first, second)
  })
}

function entryOf(name: string): Entry {
  const known = Object.entries(ACTIVATIONS).find(([key]) => key === name.toLowerCase())
  if (known !== undefined) return known[1]
  throw new UnsupportedNodeError(
    `its activation "${name}" is not known`,
    `choose among ${Object.keys(ACTIVATIONS).join(', ')}`,
  )
}

/** A function that takes no such parameter (its default is undefined) leaves it to the next one that does. */
function next(given: number[], fallback: Entry['alpha'], what: string): number {
  if (fallback === undefined) return Number.NaN
  const value = given.shift() ?? fallback
  if (value !== UNSETTLED) return value
  throw new UnsupportedNodeError(`it leaves out the ${what}, for which runtimes differ`, `state the ${what}`)
}

function line(builder: Builder, x: Value, slope: number, offset: number): Value {
  if (slope === 1 && offset === 0) return x
  const bias = new Float64Array(sizeOf(x.shape)).fill(offset)
  return scale(builder, x, { shape: [], data: Float64Array.of(slope) }, bias)
}
