/**
 * Float programs only: a function of one variable, elementwise. The quantizer makes a `piecewise` of it (functions.ts
 * says which functions there are).
 */
import { compile, type Expression } from '../functions.js'

export type Smooth = {
  readonly kind: 'smooth'
  readonly expression: Expression
}

export function run(op: Smooth, inputs: readonly Float64Array[]): Float64Array {
  return inputs[0]!.map(compile(op.expression))
}
