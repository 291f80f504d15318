/**
 * The functions of one variable that ONNX operators are made of, in float64.
 *
 * Sources: the ONNX operator pages of the same names; for erf, W. J. Cody's split into a series near zero and a continued
 * fraction beyond, both taken far enough for float64.
 */
import * as Elementary from '../base/elementary.js'

export type FunctionName = keyof typeof FUNCTIONS

/** A function of x, made of those below and of arithmetic. */
export type Expression =
  | 'x'
  /** Parameters in the order of the function's entry below; none for most. */
  | { readonly fn: FunctionName; readonly params: readonly number[]; readonly x: Expression }
  | { readonly fn: 'line'; readonly slope: number; readonly offset: number; readonly x: Expression }
  | { readonly fn: 'clamp'; readonly lo: number; readonly hi: number; readonly x: Expression }
  | { readonly fn: 'sum' | 'product' | 'quotient'; readonly left: Expression; readonly right: Expression }

const sigmoid = (x: number) => (x >= 0 ? 1 / (1 + Elementary.exp(-x)) : 1 - 1 / (1 + Elementary.exp(x)))
const softplus = (x: number) => Math.max(x, 0) + Elementary.log1p(Elementary.exp(-Math.abs(x)))

const FUNCTIONS = {
  celu: (x, alpha) => (x >= 0 ? x : alpha! * Elementary.expm1(x / alpha!)),
  elu: (x, alpha) => (x >= 0 ? x : alpha! * Elementary.expm1(x)),
  erf: erf,
  exp: Elementary.exp,
  gelu: (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2)),
  geluTanh: (x) => 0.5 * x * (1 + Elementary.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
  log: Elementary.log,
  mish: (x) => x * Elementary.tanh(softplus(x)),
  /** To a power that is no whole number: others are products and quotients. */
  pow: (x, exponent) => Elementary.power(x, exponent!),
  selu: (x, alpha, gamma) => gamma! * (x >= 0 ? x : alpha! * Elementary.expm1(x)),
  sigmoid: (x, alpha = 1) => sigmoid(alpha * x),
  softplus: softplus,
  softsign: (x) => x / (1 + Math.abs(x)),
  swish: (x, alpha = 1) => x * sigmoid(alpha * x),
  tanh: Elementary.tanh,
  acos: Elementary.acos,
  acosh: Elementary.acosh,
  asin: Elementary.asin,
  asinh: Elementary.asinh,
  atan: Elementary.atan,
  atanh: Elementary.atanh,
  cos: Elementary.cos,
  cosh: Elementary.cosh,
  sin: Elementary.sin,
  sinh: Elementary.sinh,
  tan: Elementary.tan,
} as const satisfies Readonly<Record<string, (x: number, ...params: number[]) => number>>

/** The expression as a function. */
export function compile(expression: Expression): (x: number) => number {
  if (expression === 'x') return (x) => x
  switch (expression.fn) {
    case 'line': {
      const { slope, offset } = expression
      const inner = compile(expression.x)
      return (x) => slope * inner(x) + offset
    }
    case 'clamp': {
      const { lo, hi } = expression
      const inner = compile(expression.x)
      return (x) => Math.min(Math.max(inner(x), lo), hi)
    }
    case 'sum':
    case 'product':
    case 'quotient': {
      const [left, right] = [compile(expression.left), compile(expression.right)]
      const { fn } = expression
      if (fn === 'sum') return (x) => left(x) + right(x)
      return fn === 'product' ? (x) => left(x) * right(x) : (x) => left(x) / right(x)
    }
    default: {
      const { fn, params, x: argument } = expression
      const at: (x: number, ...params: number[]) => number = FUNCTIONS[fn]
      const inner = compile(argument)
      return (x) => at(inner(x), ...params)
    }
  }
}

/** Relative error below 1e-14. */
export function erf(x: number): number {
  const size = Math.abs(x)
  if (size > 6) return Math.sign(x)
  return size < 2.5 ? series(x) : Math.sign(x) * (1 - complement(size))
}

/** 2 / sqrt(pi) * exp(-x^2) * sum of 2^n x^(2n+1) / (2n+1)!!, whose terms are all of one sign. */
function series(x: number): number {
  let term = x
  let sum = x
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1)
    sum += term
  }
  return (2 / Math.sqrt(Math.PI)) * Elementary.exp(-x * x) * sum
}

/** exp(-x^2) / sqrt(pi) / (x + 1/2 / (x + 1 / (x + 3/2 / (x + ...)))). */
function complement(x: number): number {
  let fraction = x
  for (let n = 120; n >= 1; n--) fraction = x + n / 2 / fraction
  return Elementary.exp(-x * x) / Math.sqrt(Math.PI) / fraction
}
