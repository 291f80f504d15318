/** The integer program: the specification that a proof is about. */
import type { Graph, TensorId } from './graph.js'

/**
 * A model in integers. Its nodes are core operators with integer weights; `execute` on integer inputs is its meaning.
 * Every tensor reads back as reals by `real = integer * scale`.
 */
export type QuantizedModel = Omit<Graph, 'inputs' | 'outputs'> & {
  readonly inputs: readonly QuantizedInput[]
  readonly outputs: readonly QuantizedOutput[]
  /** By tensor id. */
  readonly scales: readonly Scale[]
}

/** One for the whole tensor (length 1) or one an element. Positive, finite. */
export type Scale = Float64Array

export type QuantizedInput = {
  readonly name: string
  readonly tensor: TensorId
  /** The declared domain in integers, both ends included, one for all elements (length 1) or one each; range-checked. */
  readonly lo: Float64Array
  readonly hi: Float64Array
}

export type QuantizedOutput = {
  readonly name: string
  readonly tensor: TensorId
  /** `scores`: one real score a class, the largest wins. `label`: the place of the class. `values`: plain numbers. */
  readonly meaning: 'scores' | 'label' | 'values'
}

/** The element's own value, or the one that all elements share. */
export function at(values: Float64Array, element: number): number {
  return values.length === 1 ? values[0]! : values[element]!
}
