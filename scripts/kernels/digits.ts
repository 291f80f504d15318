/** What the fields have in common, whatever their digits are kept in. */
import { type Expr, type Locals, type Operand, set, type V128 } from './code.js'
import type { Field } from './field.js'

/** Digits a and b, whose product belongs to position k. */
export type Product = { readonly k: number; readonly a: Operand; readonly b: Operand }

/** Writes the sum of products, in rows by a factor's digits, over the radix: after row i nothing comes to position i. */
type Montgomery = (out: readonly V128[], rows: readonly (readonly Product[])[], locals: Locals) => void

/** Products as rows; a square has each product of two digits once, of the one and twice the other. */
export function productsBy(
  digits: number,
  montgomery: Montgomery,
  add: (a: Operand, b: Operand) => Expr,
): Pick<Field, 'mulSum' | 'mul' | 'square'> {
  const rows = (of: (i: number) => Product[]) => Array.from({ length: digits }, (_, i) => of(i))
  const mulSum: Field['mulSum'] = (out, terms, locals) =>
    montgomery(
      out,
      rows((i) => terms.flatMap(([a, b]) => a.map((digit, j) => ({ k: i + j, a: digit, b: b[i]! })))),
      locals,
    )
  return {
    mulSum,
    mul: (out, a, b, locals) => mulSum(out, [[a, b]], locals),
    square(out, a, locals) {
      const doubled = locals.vector(digits)
      for (let j = 1; j < digits; j++) set(doubled[j]!, add(a[j]!, a[j]!))
      const factor = (i: number, j: number) => (i === j ? a[i]! : doubled[j]!)
      montgomery(
        out,
        rows((i) => a.slice(i).map((_, j) => ({ k: 2 * i + j, a: factor(i, i + j), b: a[i]! }))),
        locals,
      )
    },
  }
}

/** Balanced digits of so many bits, lowest first; the top one takes what is left. */
export function balancedDigits(value: bigint, width: number, count: number): number[] {
  const digits: number[] = []
  let rest = value
  for (let j = 0; j < count - 1; j++) {
    const digit = balanced(rest, width)
    digits.push(Number(digit))
    rest = (rest - digit) >> BigInt(width)
  }
  return [...digits, Number(rest)]
}

/** What is congruent to a value modulo 2^width, from half of that below zero on. */
export function balanced(value: bigint, width: number): bigint {
  return BigInt.asIntN(width, value)
}
