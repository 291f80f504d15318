/** A model with inputs and the outputs that they must give: what every implementation is held to. */

import type { Values } from '../../src/model/execute.js'
import type { Constants } from '../../src/onnx/constants.js'
import type { Dims } from '../../src/onnx/dims.js'

export type Vector = {
  readonly name: string
  /** The operators that it is counted for, e.g. `Conv`, `ai.onnx.ml.Scaler`. */
  readonly operators: readonly string[]
  /** All operators in it: their tolerances are the model's. None of a whole model. */
  readonly uses: readonly string[]
  readonly source:
    | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
    | { readonly kind: 'file'; readonly path: string; readonly dims: Dims }
  /** Inputs that are constants of the circuit. */
  readonly constants: Constants
  readonly samples: readonly VectorSample[]
  /** The shapes of the inputs that hold whole numbers or flags, by name. */
  readonly whole?: ReadonlyMap<string, readonly number[]>
}

export type VectorSample = {
  /** The inputs that are computed with, by name. */
  readonly inputs: ReadonlyMap<string, Float64Array>
  readonly outputs: ReadonlyMap<string, Output>
}

export type Output = {
  /** Undefined where only the values are known. */
  readonly shape: readonly number[] | undefined
  readonly data: Float64Array
}

export type Verdict =
  /** `error`: the greatest difference of integers from floats, in parts of the output's greatest value. */
  | { readonly kind: 'passed'; readonly error: number; readonly constraints: number }
  /** A typed error said why: it is not wrong, but not supported. */
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string }

/** Arrays by their inputs' names, in the order in which a program has them. */
export function sampleFor(inputs: ReadonlyMap<string, Float64Array>, names: readonly string[]): Values {
  return names.map((name) => inputs.get(name)!)
}
